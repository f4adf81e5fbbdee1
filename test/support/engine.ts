import { randomUUID } from 'node:crypto';
import { DeleteTableCommand, DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { inject } from 'vitest';
import {
  AUDIT_TABLE,
  FORMER_TASK_INDEXES,
  JTI_TABLE,
  LOOKUPS_TABLE,
  TASK_INDEXES,
  TASKS_TABLE,
  type TaskIndex,
} from '../../lambda/contract/tables.ts';
import { ensureTable, type Table } from '../../local/dynamodb/tables.ts';
import type { ResolvedResource } from '../../local/resource.ts';

/** What every client of a stand-in or engine needs; any region and credentials will do. */
export const LOCAL_CLIENT = {
  region: 'eu-west-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
} as const;

/** The same as environment variables, as Lambda sets them. */
export const LOCAL_ENVIRONMENT = {
  AWS_REGION: LOCAL_CLIENT.region,
  AWS_ACCESS_KEY_ID: LOCAL_CLIENT.credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: LOCAL_CLIENT.credentials.secretAccessKey,
} as const;

export interface TestStore {
  /** Of the engine. */
  readonly endpoint: string;
  readonly engine: string;
  /** Straight to the engine, with the SDK's own retries. */
  readonly client: DynamoDBClient;
  readonly tasksTable: string;
  readonly jtiTable: string;
  readonly lookupsTable: string;
  readonly auditTable: string;
  readonly streamArn: string;
  /** A client of its own: another endpoint (a fault proxy's), other retries. Closed with the store. */
  connect(configuration?: DynamoDBClientConfig): DynamoDBClient;
  /** Drops the tables. */
  close(): Promise<void>;
}

/** Empty tables with names of their own, in the engine of this test run. Close it in `afterAll`. */
export const openStore = async (): Promise<TestStore> => {
  const engine = inject('engine');
  if (engine === undefined)
    throw new Error('This project has no engine: see test/kinds.ts for the kind of a test file.');
  if ('unavailable' in engine) throw new Error(engine.unavailable);
  const clients: DynamoDBClient[] = [];
  const connect = (configuration: DynamoDBClientConfig = {}): DynamoDBClient => {
    const client = new DynamoDBClient({ ...LOCAL_CLIENT, endpoint: engine.endpoint, ...configuration });
    clients.push(client);
    return client;
  };
  const client = connect();
  const [tasks, jti, lookups, audit] = await Promise.all([
    ensureTable(client, aTasksTable()),
    ensureTable(client, aJtiTable()),
    ensureTable(client, aLookupsTable()),
    ensureTable(client, anAuditTable()),
  ]);
  return {
    endpoint: engine.endpoint,
    engine: engine.name,
    client,
    tasksTable: tasks.tableName,
    jtiTable: jti.tableName,
    lookupsTable: lookups.tableName,
    auditTable: audit.tableName,
    streamArn: streamOf(tasks),
    connect,
    close: async () => {
      await Promise.all(
        [tasks, jti, lookups, audit].map(({ tableName }) =>
          client.send(new DeleteTableCommand({ TableName: tableName })),
        ),
      );
      for (const each of clients) each.destroy();
    },
  };
};

const streamOf = ({ tableName, streamArn }: Table): string => {
  if (streamArn === undefined) throw new Error(`Table ${tableName} has no stream.`);
  return streamArn;
};

const aTable = (
  kind: string,
  definition: { readonly partitionKey: string; readonly timeToLive: string },
  more: Readonly<Record<string, unknown>> = {},
): ResolvedResource => ({
  logicalId: kind,
  type: 'AWS::DynamoDB::GlobalTable',
  properties: {
    TableName: `${kind}-${randomUUID()}`,
    AttributeDefinitions: [{ AttributeName: definition.partitionKey, AttributeType: 'S' }],
    KeySchema: [{ AttributeName: definition.partitionKey, KeyType: 'HASH' }],
    TimeToLiveSpecification: { AttributeName: definition.timeToLive, Enabled: true },
    ...more,
  },
});

/** The tasks table as the state stack defines it, under a name of its own. */
export const aTasksTable = (): ResolvedResource =>
  aTable('tasks', TASKS_TABLE, {
    AttributeDefinitions: [
      { AttributeName: TASKS_TABLE.partitionKey, AttributeType: 'S' },
      ...keyAttributes(ALL_INDEXES),
    ],
    GlobalSecondaryIndexes: ALL_INDEXES.map(anIndex),
    StreamSpecification: { StreamViewType: 'NEW_IMAGE' },
  });

const ALL_INDEXES = [...FORMER_TASK_INDEXES, ...TASK_INDEXES];

/** Definitions of the key attributes of indexes, each once: some indexes share one. */
const keyAttributes = (indexes: readonly TaskIndex[]) =>
  Array.from(
    new Map(
      indexes.flatMap(
        ({ partitionKey, sortKey, types }) =>
          [
            [partitionKey, types[0]],
            [sortKey, types[1]],
          ] as const,
      ),
    ),
    ([AttributeName, AttributeType]) => ({ AttributeName, AttributeType }),
  );

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

const aJtiTable = (): ResolvedResource => aTable('jti', JTI_TABLE);

const aLookupsTable = (): ResolvedResource => aTable('lookups', LOOKUPS_TABLE);

const anAuditTable = (): ResolvedResource =>
  aTable('audit', AUDIT_TABLE, {
    AttributeDefinitions: [
      { AttributeName: AUDIT_TABLE.partitionKey, AttributeType: 'S' },
      { AttributeName: AUDIT_TABLE.sortKey, AttributeType: 'S' },
    ],
    KeySchema: [
      { AttributeName: AUDIT_TABLE.partitionKey, KeyType: 'HASH' },
      { AttributeName: AUDIT_TABLE.sortKey, KeyType: 'RANGE' },
    ],
  });
