import { type AttributeValue, type DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { OperatorReadAttribute } from '../../contract/operator-attributes.ts';
import { PENDING_INDEX, TASKS_TABLE } from '../../contract/tables.ts';
import type { TaskItem } from '../../contract/task.ts';
import { concurrently } from '../concurrently.ts';
import { type BatchReads, readBatches } from '../tables/batch-read.ts';
import type { PendingEntry, PendingTask, PendingTasks } from './pending-tasks.ts';

export interface DynamoDBPendingTasksOptions extends BatchReads {
  readonly client: Pick<DynamoDBClient, 'send'>;
  readonly tasksTable: string;
  /** Number of shards of the index. */
  readonly indexShards: number;
  /** Entries of one page. @default as many as DynamoDB returns: 1 MB */
  readonly pageSize?: number;
}

/** Shards that are read at the same time. */
const CONCURRENT_SHARDS = 16;

/** Attributes of an entry of the index. */
const ENTRY = ['taskId', 'processor', 'due', 'createdAt'] as const satisfies readonly (keyof TaskItem)[];

const PENDING_TASK = [
  'taskId',
  'status',
  'processor',
  'createdAt',
  'deadline',
  'heartbeatDeadline',
  'callbacks',
  'reissuedAt',
] as const satisfies readonly (keyof PendingTask & OperatorReadAttribute)[];

/** Pending tasks in the tasks table and its index. */
export const createDynamoDBPendingTasks = (options: DynamoDBPendingTasksOptions): PendingTasks => {
  const { client, indexShards, pageSize, tasksTable } = options;

  const scanShard = async (
    shard: number,
    see: (page: readonly PendingEntry[]) => void,
    processor: string | undefined,
  ): Promise<void> => {
    let from: Record<string, AttributeValue> | undefined;
    do {
      const { Items = [], LastEvaluatedKey: next } = await client.send(
        new QueryCommand({
          TableName: tasksTable,
          IndexName: PENDING_INDEX.name,
          KeyConditionExpression: '#shard = :shard',
          ProjectionExpression: ENTRY.map((name) => `#${name}`).join(', '),
          ...(processor !== undefined && { FilterExpression: '#processor = :processor' }),
          ExpressionAttributeNames: {
            '#shard': PENDING_INDEX.partitionKey,
            ...Object.fromEntries(ENTRY.map((name) => [`#${name}`, name])),
          },
          ExpressionAttributeValues: {
            ':shard': { N: `${shard}` },
            ...(processor !== undefined && { ':processor': { S: processor } }),
          },
          ...(pageSize !== undefined && { Limit: pageSize }),
          ...(from && { ExclusiveStartKey: from }),
        }),
      );
      if (Items.length > 0) see(Items.map((item) => unmarshall(item) as PendingEntry));
      from = next;
    } while (from !== undefined);
  };

  return {
    scan: async (see, processor) => {
      const shards = Array.from({ length: indexShards }, (_, shard) => shard);
      await concurrently(shards, CONCURRENT_SHARDS, (shard) => scanShard(shard, see, processor));
    },

    read: async (taskIds) => {
      const keys = taskIds.map((taskId) => ({ [TASKS_TABLE.partitionKey]: { S: taskId } }));
      const items = await readBatches(options, tasksTable, keys, PENDING_TASK);
      return items.map((item) => unmarshall(item) as PendingTask);
    },
  };
};
