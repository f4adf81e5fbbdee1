import { BatchWriteItemCommand, DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { NEVER } from '../../lambda/contract/limits.ts';
import { SIGNING_KEY_PURPOSE, type SigningKeyItem } from '../../lambda/contract/signing-keys.ts';
import type { PublicKey } from '../../lambda/shared/callback-token/public-keys.ts';
import type { StoredTask } from '../../lambda/shared/tables/complete-task.ts';
import {
  auditTable,
  jtiTable,
  lookupsTable,
  signingKeysTable,
  tasksTable,
} from '../../local/dynamodb/gateway-tables.ts';
import { ensureTable } from '../../local/dynamodb/tables.ts';

/** The tables of a gateway. Only the peer uses `idempotency`. */
export const TABLES = [
  tasksTable('tasks'),
  jtiTable('jti'),
  lookupsTable('lookups'),
  signingKeysTable('signing-keys'),
  auditTable('audit'),
  {
    logicalId: 'idempotency',
    type: 'AWS::DynamoDB::Table',
    properties: {
      TableName: 'idempotency',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    },
  },
] as const;

/** A client of an engine on this machine. */
export const localClient = (endpoint: string): DynamoDBClient =>
  new DynamoDBClient({
    region: 'eu-west-1',
    endpoint,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });

export const createTables = async (client: DynamoDBClient): Promise<void> => {
  for (const table of TABLES) await ensureTable(client, table);
};

/** Puts a key that signs at any time. @param privateHalf @default none, which is enough to verify */
export const putSigningKey = async (
  client: DynamoDBClient,
  { alg, jwk, kid }: PublicKey,
  privateHalf: Pick<SigningKeyItem, 'id' | 'encryptedPrivateKey'> = {},
): Promise<void> => {
  const { alg: _alg, kid: _kid, use: _use, ...members } = jwk;
  const item: SigningKeyItem = {
    purpose: SIGNING_KEY_PURPOSE,
    generation: 1,
    kid,
    alg,
    publicJwk: JSON.stringify(members),
    publishedAt: 0,
    signFrom: 0,
    signUntil: NEVER,
    verifyUntil: NEVER,
    expiresAt: NEVER,
    ...privateHalf,
  };
  await client.send(new PutItemCommand({ TableName: 'signing-keys', Item: marshall(item) }));
};

/** Most writes of one `BatchWriteItem`. */
const MAX_WRITES = 25;

export const putTasks = async (client: DynamoDBClient, tasks: readonly StoredTask[]): Promise<void> => {
  const puts = tasks.map((task) => ({ PutRequest: { Item: marshall(task) } }));
  const starts = Array.from({ length: Math.ceil(puts.length / MAX_WRITES) }, (_, i) => i * MAX_WRITES);
  await Promise.all(
    starts.map((start) =>
      client.send(new BatchWriteItemCommand({ RequestItems: { tasks: puts.slice(start, start + MAX_WRITES) } })),
    ),
  );
};
