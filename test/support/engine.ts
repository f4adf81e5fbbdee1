import { randomUUID } from 'node:crypto';
import { DeleteTableCommand, DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { inject } from 'vitest';
import type { CallLimits } from '../../lambda/contract/call-limits.ts';
import { type CallDynamoDB, createDynamoDBClient } from '../../lambda/shared/aws/dynamodb.ts';
import {
  auditTable,
  jtiTable,
  lookupsTable,
  signingKeysTable,
  tasksTable,
} from '../../local/dynamodb/gateway-tables.ts';
import { ensureTable, type Table } from '../../local/dynamodb/tables.ts';
import type { ResolvedResource } from '../../local/resource.ts';
import { PATIENT_CALLS } from './patience.ts';

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
  readonly signingKeysTable: string;
  readonly streamArn: string;
  /** A separate client: another endpoint (a fault proxy's), other retries. Closed with the store. */
  connect(configuration?: DynamoDBClientConfig): DynamoDBClient;
  /** The functions' own client. @param limits @default more time than the functions have */
  createCall(endpoint?: string, limits?: CallLimits): CallDynamoDB;
  /** Drops the tables. */
  close(): Promise<void>;
}

/** Empty tables with new names, in the engine of this test run. `close` ends it. */
export const openStore = async (tasksDefinition = aTasksTable()): Promise<TestStore> => {
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
  const [tasks, jti, lookups, audit, signingKeys] = await Promise.all([
    ensureTable(client, tasksDefinition),
    ensureTable(client, jtiTable(`jti-${randomUUID()}`)),
    ensureTable(client, lookupsTable(`lookups-${randomUUID()}`)),
    ensureTable(client, auditTable(`audit-${randomUUID()}`)),
    ensureTable(client, signingKeysTable(`signing-keys-${randomUUID()}`)),
  ]);
  return {
    endpoint: engine.endpoint,
    engine: engine.name,
    client,
    tasksTable: tasks.tableName,
    jtiTable: jti.tableName,
    lookupsTable: lookups.tableName,
    auditTable: audit.tableName,
    signingKeysTable: signingKeys.tableName,
    streamArn: streamOf(tasks),
    connect,
    createCall: (endpoint = engine.endpoint, limits = PATIENT_CALLS) =>
      createDynamoDBClient({ environment: { ...LOCAL_ENVIRONMENT, AWS_ENDPOINT_URL_DYNAMODB: endpoint }, limits }),
    close: async () => {
      await Promise.all(
        [tasks, jti, lookups, audit, signingKeys].map(({ tableName }) =>
          client.send(new DeleteTableCommand({ TableName: tableName })),
        ),
      );
      for (const each of clients) each.destroy();
    },
  };
};

declare global {
  /** Tables of the thread. Not a variable of this module, because mutation testing evaluates modules again. */
  var posternTestStore: Promise<TestStore> | undefined;
}

/**
 * Tables of a test file: new and empty ones, or those of the thread. Mutation testing shares tables by an environment
 * variable: each mutant is a run of several files, and a third of the time would go into new tables.
 */
export const openFileStore = async (): Promise<TestStore> => {
  if (process.env.POSTERN_SHARED_TABLES === undefined) return openStore();
  globalThis.posternTestStore ??= openStore();
  return { ...(await globalThis.posternTestStore), close: async () => {} };
};

const streamOf = ({ tableName, streamArn }: Table): string => {
  if (streamArn === undefined) throw new Error(`Table ${tableName} has no stream.`);
  return streamArn;
};

/** The tasks table as the state stack defines it, under a new name. */
export const aTasksTable = (): ResolvedResource => tasksTable(`tasks-${randomUUID()}`);
