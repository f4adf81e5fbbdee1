import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  type DynamoDBClient,
  ResourceNotFoundException,
  type TableDescription,
  UpdateTableCommand,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import * as v from 'valibot';
import type { ResolvedResource } from '../resource.ts';

const WAIT = { maxWaitTime: 30, minDelay: 0.05, maxDelay: 0.5 };

const KeySchema = v.array(v.object({ AttributeName: v.string(), KeyType: v.picklist(['HASH', 'RANGE']) }));
const Index = v.object({
  IndexName: v.string(),
  KeySchema,
  Projection: v.object({
    ProjectionType: v.optional(v.picklist(['ALL', 'KEYS_ONLY', 'INCLUDE']), 'ALL'),
    NonKeyAttributes: v.optional(v.array(v.string())),
  }),
});

/** Table properties that an engine on one machine supports. Backups, encryption and capacity do not exist here. */
const TableProperties = v.object({
  TableName: v.optional(v.string()),
  AttributeDefinitions: v.array(v.object({ AttributeName: v.string(), AttributeType: v.picklist(['S', 'N', 'B']) })),
  KeySchema,
  GlobalSecondaryIndexes: v.optional(v.array(Index)),
  LocalSecondaryIndexes: v.optional(v.array(Index)),
  StreamSpecification: v.optional(
    v.object({
      StreamViewType: v.optional(v.picklist(['NEW_IMAGE', 'OLD_IMAGE', 'NEW_AND_OLD_IMAGES', 'KEYS_ONLY'])),
    }),
  ),
  TimeToLiveSpecification: v.optional(v.object({ AttributeName: v.optional(v.string()), Enabled: v.boolean() })),
});
type TableProperties = v.InferOutput<typeof TableProperties>;

export const TABLE_TYPES = ['AWS::DynamoDB::GlobalTable', 'AWS::DynamoDB::Table'] as const;

export interface Table {
  readonly logicalId: string;
  readonly tableName: string;
  readonly tableArn: string;
  /** ARN of the current stream; `undefined` for a table without a stream. */
  readonly streamArn: string | undefined;
}

/** The table's name in the template, or its logical id where CloudFormation would make one up. */
const tableNameOf = ({ logicalId, properties }: ResolvedResource): string => {
  const name = properties.TableName;
  return typeof name === 'string' ? name : logicalId;
};

/**
 * Brings a table of the template into being. On a restart it is left as it is; indexes, a stream or a time to live that
 * came into the template since are added.
 *
 * @throws {Error} naming the table when its keys are no longer those of the template
 */
export const ensureTable = async (client: DynamoDBClient, resource: ResolvedResource): Promise<Table> => {
  const parsed = v.safeParse(TableProperties, resource.properties);
  if (!parsed.success) {
    const issue = parsed.issues[0];
    throw new Error(`Table ${resource.logicalId}: ${v.getDotPath(issue) ?? 'properties'}: ${issue.message}`);
  }
  const tableName = tableNameOf(resource);
  const existing = await describe(client, tableName);
  if (existing === undefined) {
    await client.send(new CreateTableCommand(creation(tableName, parsed.output)));
    await waitUntilTableExists({ client, ...WAIT }, { TableName: tableName });
  } else {
    await update(client, tableName, parsed.output, existing);
  }
  await ensureTimeToLive(client, tableName, parsed.output);
  const table = await describe(client, tableName);
  if (table?.TableArn === undefined) throw new Error(`Table ${tableName}: the engine does not know it after creation.`);
  return {
    logicalId: resource.logicalId,
    tableName,
    tableArn: table.TableArn,
    streamArn: table.StreamSpecification?.StreamEnabled ? table.LatestStreamArn : undefined,
  };
};

const describe = async (client: DynamoDBClient, tableName: string): Promise<TableDescription | undefined> => {
  try {
    return (await client.send(new DescribeTableCommand({ TableName: tableName }))).Table;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
};

const creation = (tableName: string, properties: TableProperties): CreateTableCommandInput => ({
  TableName: tableName,
  AttributeDefinitions: properties.AttributeDefinitions,
  KeySchema: properties.KeySchema,
  BillingMode: 'PAY_PER_REQUEST',
  ...(properties.GlobalSecondaryIndexes?.length && { GlobalSecondaryIndexes: properties.GlobalSecondaryIndexes }),
  ...(properties.LocalSecondaryIndexes?.length && { LocalSecondaryIndexes: properties.LocalSecondaryIndexes }),
  ...streamOf(properties),
});

const streamOf = ({ StreamSpecification }: TableProperties) =>
  StreamSpecification?.StreamViewType === undefined
    ? {}
    : { StreamSpecification: { StreamEnabled: true, StreamViewType: StreamSpecification.StreamViewType } };

const update = async (
  client: DynamoDBClient,
  tableName: string,
  properties: TableProperties,
  existing: TableDescription,
): Promise<void> => {
  const types = new Map(existing.AttributeDefinitions?.map((entry) => [entry.AttributeName, entry.AttributeType]));
  const now = existing.KeySchema?.map((key) => `${key.KeyType} ${key.AttributeName} ${types.get(key.AttributeName)}`);
  const wanted = properties.KeySchema.map((key) => {
    const definition = properties.AttributeDefinitions.find((entry) => entry.AttributeName === key.AttributeName);
    return `${key.KeyType} ${key.AttributeName} ${definition?.AttributeType}`;
  });
  if (now?.join() !== wanted.join()) {
    throw new Error(
      `Table ${tableName} has the key (${now?.join(', ')}), the template says (${wanted.join(', ')}): ` +
        'keys of a table cannot be changed. Use another data folder, or delete this one.',
    );
  }
  for (const index of properties.GlobalSecondaryIndexes ?? []) {
    if (existing.GlobalSecondaryIndexes?.some(({ IndexName }) => IndexName === index.IndexName)) continue;
    await client.send(
      new UpdateTableCommand({
        TableName: tableName,
        AttributeDefinitions: properties.AttributeDefinitions,
        GlobalSecondaryIndexUpdates: [{ Create: index }],
      }),
    );
    await waitUntilTableExists({ client, ...WAIT }, { TableName: tableName });
  }
  const stream = streamOf(properties);
  if (stream.StreamSpecification !== undefined && !existing.StreamSpecification?.StreamEnabled) {
    await client.send(new UpdateTableCommand({ TableName: tableName, ...stream }));
    await waitUntilTableExists({ client, ...WAIT }, { TableName: tableName });
  }
};

const ensureTimeToLive = async (
  client: DynamoDBClient,
  tableName: string,
  { TimeToLiveSpecification: wanted }: TableProperties,
): Promise<void> => {
  if (!wanted?.Enabled || wanted.AttributeName === undefined) return;
  const { TimeToLiveDescription: now } = await client.send(new DescribeTimeToLiveCommand({ TableName: tableName }));
  if (now?.AttributeName === wanted.AttributeName) return;
  await client.send(
    new UpdateTimeToLiveCommand({
      TableName: tableName,
      TimeToLiveSpecification: { Enabled: true, AttributeName: wanted.AttributeName },
    }),
  );
};
