import {
  type AttributeValue,
  BatchWriteItemCommand,
  CreateTableCommand,
  type CreateTableCommandInput,
  DynamoDBClient,
  type GlobalSecondaryIndex,
} from '@aws-sdk/client-dynamodb';
import {
  FORMER_TASK_INDEXES,
  JTI_TABLE,
  LOOKUPS_TABLE,
  TASK_INDEXES,
  TASKS_TABLE,
  type TaskIndex,
} from '../../lambda/contract/tables.ts';

const tableInput = (TableName: string, partitionKey: string) =>
  ({
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [{ AttributeName: partitionKey, AttributeType: 'S' }],
    KeySchema: [{ AttributeName: partitionKey, KeyType: 'HASH' }],
  }) as const satisfies CreateTableCommandInput;

const INDEXES = [...FORMER_TASK_INDEXES, ...TASK_INDEXES];

const indexInput = ({ name, partitionKey, projected, sortKey }: TaskIndex): GlobalSecondaryIndex => ({
  IndexName: name,
  KeySchema: [
    { AttributeName: partitionKey, KeyType: 'HASH' },
    { AttributeName: sortKey, KeyType: 'RANGE' },
  ],
  Projection:
    projected.length === 0
      ? { ProjectionType: 'KEYS_ONLY' }
      : { ProjectionType: 'INCLUDE', NonKeyAttributes: [...projected] },
});

/** Types of the indexes' keys, each once: some indexes share one. */
const KEY_TYPES = new Map(
  INDEXES.flatMap(({ partitionKey, sortKey, types }) => [
    [partitionKey, types[0]] as const,
    [sortKey, types[1]] as const,
  ]),
);

/** Tables without indexes. Only the peer uses `idempotency`. */
const PLAIN_TABLES: readonly CreateTableCommandInput[] = [
  tableInput('tasks', TASKS_TABLE.partitionKey),
  tableInput('jti', JTI_TABLE.partitionKey),
  tableInput('lookups', LOOKUPS_TABLE.partitionKey),
  tableInput('idempotency', 'id'),
];

/** The same tables with the indexes of the tasks. */
export const INDEXED_TABLES: readonly CreateTableCommandInput[] = PLAIN_TABLES.map((table) =>
  table.TableName === 'tasks'
    ? {
        ...table,
        AttributeDefinitions: [
          ...(table.AttributeDefinitions ?? []),
          ...Array.from(KEY_TYPES, ([AttributeName, AttributeType]) => ({ AttributeName, AttributeType })),
        ],
        GlobalSecondaryIndexes: INDEXES.map(indexInput),
      }
    : table,
);

/** A client of an engine on this machine. */
export const localClient = (endpoint: string): DynamoDBClient =>
  new DynamoDBClient({
    region: 'eu-west-1',
    endpoint,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });

export const createTables = async (client: DynamoDBClient, indexed: boolean): Promise<void> => {
  for (const table of indexed ? INDEXED_TABLES : PLAIN_TABLES) await client.send(new CreateTableCommand(table));
};

export type Item = Readonly<Record<string, AttributeValue>>;

/** Most writes of one `BatchWriteItem`. */
const MAX_WRITES = 25;
const WRITERS = 8;

/** Puts items into a table, 25 per request and eight requests at a time. */
export const putItems = async (client: DynamoDBClient, table: string, items: readonly Item[]): Promise<void> => {
  const batches = Array.from({ length: Math.ceil(items.length / MAX_WRITES) }, (_, i) =>
    items.slice(i * MAX_WRITES, (i + 1) * MAX_WRITES).map((Item) => ({ PutRequest: { Item } })),
  );
  const next = batches.values();
  const write = async () => {
    for (const puts of next) await client.send(new BatchWriteItemCommand({ RequestItems: { [table]: puts } }));
  };
  await Promise.all(Array.from({ length: WRITERS }, write));
};
