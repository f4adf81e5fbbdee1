import { SIGNING_KEYS_TABLE } from '../../lambda/contract/signing-keys.ts';
import {
  AUDIT_TABLE,
  JTI_TABLE,
  LOOKUPS_TABLE,
  TASK_INDEXES,
  TASKS_TABLE,
  type TaskIndex,
} from '../../lambda/contract/tables.ts';
import type { ResolvedResource } from '../resource.ts';

/** The tables of a gateway as its template defines them, for tests and benchmarks that synthesize none. */

/** Types of the indexes' keys, each once: some indexes share one. */
const indexKeys = (indexes: readonly TaskIndex[]) =>
  new Map(
    indexes.flatMap(({ partitionKey, sortKey, types }) => [
      [partitionKey, types[0]] as const,
      [sortKey, types[1]] as const,
    ]),
  );

export const tasksTable = (name: string, indexes: readonly TaskIndex[] = TASK_INDEXES): ResolvedResource =>
  aTable(name, TASKS_TABLE, {
    AttributeDefinitions: [
      { AttributeName: TASKS_TABLE.partitionKey, AttributeType: 'S' },
      ...Array.from(indexKeys(indexes), ([AttributeName, AttributeType]) => ({ AttributeName, AttributeType })),
    ],
    GlobalSecondaryIndexes: indexes.map(anIndex),
    StreamSpecification: { StreamViewType: 'NEW_IMAGE' },
  });

export const jtiTable = (name: string): ResolvedResource => aTable(name, JTI_TABLE);

export const lookupsTable = (name: string): ResolvedResource => aTable(name, LOOKUPS_TABLE);

export const auditTable = (name: string): ResolvedResource =>
  aTable(name, AUDIT_TABLE, {
    AttributeDefinitions: [
      { AttributeName: AUDIT_TABLE.partitionKey, AttributeType: 'S' },
      { AttributeName: AUDIT_TABLE.sortKey, AttributeType: 'S' },
    ],
    KeySchema: [
      { AttributeName: AUDIT_TABLE.partitionKey, KeyType: 'HASH' },
      { AttributeName: AUDIT_TABLE.sortKey, KeyType: 'RANGE' },
    ],
  });

export const signingKeysTable = (name: string): ResolvedResource =>
  aTable(name, SIGNING_KEYS_TABLE, {
    AttributeDefinitions: [
      { AttributeName: SIGNING_KEYS_TABLE.partitionKey, AttributeType: 'S' },
      { AttributeName: SIGNING_KEYS_TABLE.sortKey, AttributeType: 'N' },
    ],
    KeySchema: [
      { AttributeName: SIGNING_KEYS_TABLE.partitionKey, KeyType: 'HASH' },
      { AttributeName: SIGNING_KEYS_TABLE.sortKey, KeyType: 'RANGE' },
    ],
  });

const aTable = (
  name: string,
  definition: { readonly partitionKey: string; readonly timeToLive: string },
  more: Readonly<Record<string, unknown>> = {},
): ResolvedResource => ({
  logicalId: name,
  type: 'AWS::DynamoDB::GlobalTable',
  properties: {
    TableName: name,
    AttributeDefinitions: [{ AttributeName: definition.partitionKey, AttributeType: 'S' }],
    KeySchema: [{ AttributeName: definition.partitionKey, KeyType: 'HASH' }],
    TimeToLiveSpecification: { AttributeName: definition.timeToLive, Enabled: true },
    ...more,
  },
});

const anIndex = ({ name, partitionKey, projected, sortKey }: TaskIndex) => ({
  IndexName: name,
  KeySchema: [
    { AttributeName: partitionKey, KeyType: 'HASH' },
    { AttributeName: sortKey, KeyType: 'RANGE' },
  ],
  Projection:
    projected.length === 0
      ? { ProjectionType: 'KEYS_ONLY' }
      : { ProjectionType: 'INCLUDE', NonKeyAttributes: projected },
});
