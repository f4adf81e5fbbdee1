import type { CreateTableCommandInput, GlobalSecondaryIndex } from '@aws-sdk/client-dynamodb';
import {
  BY_CREATION_INDEX,
  BY_DEADLINE_INDEX,
  JTI_TABLE,
  LOOKUPS_TABLE,
  TASKS_TABLE,
} from '../../lambda/contract/tables.ts';

const aTable = (TableName: string, partitionKey: string) =>
  ({
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [{ AttributeName: partitionKey, AttributeType: 'S' }],
    KeySchema: [{ AttributeName: partitionKey, KeyType: 'HASH' }],
  }) as const satisfies CreateTableCommandInput;

const anIndex = (
  { name, partitionKey, sortKey }: { readonly name: string; readonly partitionKey: string; readonly sortKey: string },
  Projection: GlobalSecondaryIndex['Projection'],
): GlobalSecondaryIndex => ({
  IndexName: name,
  KeySchema: [
    { AttributeName: partitionKey, KeyType: 'HASH' },
    { AttributeName: sortKey, KeyType: 'RANGE' },
  ],
  Projection,
});

/** Tables without indexes: a callback and its peers do the same in them. `idempotency` is a peer's. */
export const PLAIN_TABLES: readonly CreateTableCommandInput[] = [
  aTable('tasks', TASKS_TABLE.partitionKey),
  aTable('jti', JTI_TABLE.partitionKey),
  aTable('lookups', LOOKUPS_TABLE.partitionKey),
  aTable('idempotency', 'id'),
];

/** The same, with the indexes of the tasks. */
export const INDEXED_TABLES: readonly CreateTableCommandInput[] = PLAIN_TABLES.map((table) =>
  table.TableName === 'tasks'
    ? {
        ...table,
        AttributeDefinitions: [
          ...(table.AttributeDefinitions ?? []),
          { AttributeName: BY_CREATION_INDEX.partitionKey, AttributeType: 'N' },
          { AttributeName: BY_CREATION_INDEX.sortKey, AttributeType: 'S' },
          { AttributeName: BY_DEADLINE_INDEX.partitionKey, AttributeType: 'N' },
          { AttributeName: BY_DEADLINE_INDEX.sortKey, AttributeType: 'N' },
        ],
        GlobalSecondaryIndexes: [
          anIndex(BY_CREATION_INDEX, {
            ProjectionType: 'INCLUDE',
            NonKeyAttributes: [...BY_CREATION_INDEX.projected],
          }),
          anIndex(BY_DEADLINE_INDEX, { ProjectionType: 'KEYS_ONLY' }),
        ],
      }
    : table,
);
