import { DeleteItemCommand, type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { HANDSHAKE } from '../../contract/proof-limits.ts';
import { LOOKUPS_TABLE } from '../../contract/tables.ts';
import { inSeconds } from '../../contract/task.ts';
import { callBySdk } from '../../shared/aws/dynamodb-sdk.ts';
import { acceptedHashKey, ownCallKey } from '../../shared/tables/hashed-keys.ts';
import { recordOnce } from '../../shared/tables/record-once.ts';
import type { HandshakeStore } from './handshake-store.ts';

/** Records of handshakes in the lookups table. */
export const createDynamoDBHandshakeStore = (
  client: Pick<DynamoDBClient, 'send'>,
  lookupsTable: string,
  /** Milliseconds since 1970. */
  now: () => number,
): HandshakeStore => {
  const keyOf = (key: string) => ({ [LOOKUPS_TABLE.partitionKey]: { S: key } });
  return {
    storeCall: async ({ expiresAt, hash, secret, url }) => {
      const Item = {
        ...keyOf(ownCallKey(hash)),
        secret: { S: secret },
        url: { S: url },
        expiresAt: { N: `${expiresAt}` },
      };
      await client.send(new PutItemCommand({ TableName: lookupsTable, Item }));
    },

    takeCall: async (hash) => {
      const { Attributes } = await client.send(
        new DeleteItemCommand({ TableName: lookupsTable, Key: keyOf(ownCallKey(hash)), ReturnValues: 'ALL_OLD' }),
      );
      const { expiresAt, secret, url } = Attributes ?? {};
      if (secret?.S === undefined || url?.S === undefined) return undefined;
      return { secret: secret.S, url: url.S, expiresAt: Number(expiresAt?.N ?? 0) };
    },

    acceptOnce: (hash) =>
      recordOnce(
        callBySdk(client),
        lookupsTable,
        acceptedHashKey(hash),
        inSeconds(now()) + HANDSHAKE.rememberedSeconds,
      ),
  };
};
