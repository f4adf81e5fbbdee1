import { type DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { dueKey, LOOKUPS_TABLE } from '../../contract/tables.ts';

/**
 * How far `expire` has come in one shard of the index of deadlines. Both are seconds since 1970. Each is a fact that stays
 * true, so an older value never loses a task: it only repeats work.
 */
export interface DueProgress {
  /** Every entry up to here was looked at, except entries that the index showed later. */
  readonly recent: number;
  /** Every entry up to here was looked at when it was at least `LOOK_BACK_SECONDS.late` old. */
  readonly late: number;
}

/** Progress by shard. A shard that no run has worked on is absent. */
export type DueProgresses = ReadonlyMap<number, DueProgress>;

export interface DueProgressTables {
  readonly client: Pick<DynamoDBClient, 'send'>;
  readonly tasksTable: string;
  readonly lookupsTable: string;
}

const SHARDS = 'shards';

/** Reads the progress of all shards, consistently. */
export const readDueProgress = async ({
  client,
  lookupsTable,
  tasksTable,
}: DueProgressTables): Promise<DueProgresses> => {
  const { Item } = await client.send(
    new GetItemCommand({
      TableName: lookupsTable,
      Key: { [LOOKUPS_TABLE.partitionKey]: { S: dueKey(tasksTable) } },
      ConsistentRead: true,
    }),
  );
  const { [SHARDS]: shards = {} } = (Item === undefined ? {} : unmarshall(Item)) as StoredProgress;
  return new Map(Object.entries(shards).map(([shard, progress]) => [Number(shard), progress]));
};

interface StoredProgress {
  readonly [SHARDS]?: Readonly<Record<string, DueProgress>>;
}

/** Replaces the progress of all shards. The item has no time to live, so it stays. */
export const writeDueProgress = async (
  { client, lookupsTable, tasksTable }: DueProgressTables,
  progresses: DueProgresses,
): Promise<void> => {
  const shards = Object.fromEntries(Array.from(progresses, ([shard, { late, recent }]) => [shard, { late, recent }]));
  const item = { [LOOKUPS_TABLE.partitionKey]: dueKey(tasksTable), [SHARDS]: shards };
  await client.send(new PutItemCommand({ TableName: lookupsTable, Item: marshall(item) }));
};
