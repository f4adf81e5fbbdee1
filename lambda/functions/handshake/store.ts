import { randomUUID } from 'node:crypto';
import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { HANDSHAKE } from '../../contract/limits.ts';
import { LOOKUPS_TABLE } from '../../contract/tables.ts';
import { acceptedHashKey, ownCallKey } from '../../shared/tables/hashed-keys.ts';

/** A call that we started. */
export interface OwnCall {
  readonly hash: string;
  readonly secret: string;
  readonly url: string;
  /** Seconds since 1970. */
  readonly expiresAt: number;
}

/** What is remembered of handshakes, shared by all instances. Every method rejects when the store does not answer. */
export interface HandshakeStore {
  rememberCall(call: OwnCall): Promise<void>;
  /** Takes a call out: whoever asks first has it. */
  forgetCall(hash: string): Promise<Omit<OwnCall, 'hash'> | undefined>;
  /** @returns false where the hash was accepted before */
  acceptOnce(hash: string): Promise<boolean>;
}

export const createDynamoDBHandshakeStore = (
  client: Pick<DynamoDBClient, 'send'>,
  lookupsTable: string,
  /** Milliseconds since 1970. */
  now: () => number,
): HandshakeStore => {
  const keyOf = (key: string) => ({ [LOOKUPS_TABLE.partitionKey]: { S: key } });
  return {
    rememberCall: async ({ expiresAt, hash, secret, url }) => {
      const Item = {
        ...keyOf(ownCallKey(hash)),
        secret: { S: secret },
        url: { S: url },
        expiresAt: { N: `${expiresAt}` },
      };
      await client.send(new PutItemCommand({ TableName: lookupsTable, Item }));
    },

    forgetCall: async (hash) => {
      const { Attributes } = await client.send(
        new DeleteItemCommand({ TableName: lookupsTable, Key: keyOf(ownCallKey(hash)), ReturnValues: 'ALL_OLD' }),
      );
      const { expiresAt, secret, url } = Attributes ?? {};
      if (secret?.S === undefined || url?.S === undefined) return undefined;
      return { secret: secret.S, url: url.S, expiresAt: Number(expiresAt?.N ?? 0) };
    },

    acceptOnce: async (hash) => {
      const use = randomUUID();
      try {
        await client.send(
          new PutItemCommand({
            TableName: lookupsTable,
            Item: {
              ...keyOf(acceptedHashKey(hash)),
              use: { S: use },
              expiresAt: { N: `${Math.floor(now() / 1000) + HANDSHAKE.rememberedSeconds}` },
            },
            ConditionExpression: `attribute_not_exists(${LOOKUPS_TABLE.partitionKey})`,
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          }),
        );
        return true;
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        // When an answer is lost, the SDK's own retry finds what its first attempt recorded.
        return error.Item?.use?.S === use;
      }
    },
  };
};
