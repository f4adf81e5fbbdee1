import { type AttributeValue, QueryCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { OperatorReadAttribute } from '../../contract/operator-attributes.ts';
import { BY_DUE_INDEX, TASKS_TABLE } from '../../contract/tables.ts';
import { concurrently } from '../concurrently.ts';
import { type BatchReads, readBatches } from '../tables/batch-read.ts';
import { completeTask } from '../tables/complete-task.ts';
import { type DueProgressTables, readDueProgress } from '../tables/due-progress.ts';
import type { PendingTask, PendingTasks } from './pending-tasks.ts';

export interface DynamoDBPendingTasksOptions extends BatchReads, DueProgressTables {
  /** Number of shards of the index. */
  readonly indexShards: number;
  /** Entries of one page. @default as many as DynamoDB returns: 1 MB */
  readonly pageSize?: number;
}

/** Shards that are read at the same time. */
const CONCURRENT_SHARDS = 16;

/** Tasks that are read and shown together, so that memory has few of them at a time. */
const TASKS_AT_A_TIME = 10_000;

const PENDING_TASK = [
  'taskId',
  'status',
  'processor',
  'createdAt',
  'deadline',
  'heartbeatDeadline',
  'callbacks',
  'reissuedAt',
  'dispatch',
] as const satisfies readonly (keyof PendingTask & OperatorReadAttribute)[];

/**
 * Pending tasks in the tasks table. Every pending task is in the index of deadlines after the times that `expire` has finished.
 * The index has closed tasks too.
 */
export const createDynamoDBPendingTasks = (options: DynamoDBPendingTasksOptions): PendingTasks => {
  const { client, indexShards, pageSize, tasksTable } = options;

  /** Returns the ids of the tasks of a shard that are due after a time. */
  const idsOf = async (shard: number, after: number, processor: string | undefined): Promise<readonly string[]> => {
    const ids: string[] = [];
    let from: Record<string, AttributeValue> | undefined;
    do {
      const { Items = [], LastEvaluatedKey: next } = await client.send(
        new QueryCommand({
          TableName: tasksTable,
          IndexName: BY_DUE_INDEX.name,
          KeyConditionExpression: '#shard = :shard AND #due > :after',
          ProjectionExpression: '#taskId',
          ...(processor !== undefined && { FilterExpression: '#processor = :processor' }),
          ExpressionAttributeNames: {
            '#shard': BY_DUE_INDEX.partitionKey,
            '#due': BY_DUE_INDEX.sortKey,
            '#taskId': TASKS_TABLE.partitionKey,
            ...(processor !== undefined && { '#processor': 'processor' }),
          },
          ExpressionAttributeValues: {
            ':shard': { N: `${shard}` },
            ':after': { N: `${after}` },
            ...(processor !== undefined && { ':processor': { S: processor } }),
          },
          ...(pageSize !== undefined && { Limit: pageSize }),
          ...(from && { ExclusiveStartKey: from }),
        }),
      );
      for (const item of Items) ids.push(item[TASKS_TABLE.partitionKey]?.S ?? '');
      from = next;
    } while (from !== undefined);
    return ids;
  };

  const read = async (taskIds: readonly string[]): Promise<readonly PendingTask[]> => {
    const keys = taskIds.map((taskId) => ({ [TASKS_TABLE.partitionKey]: { S: taskId } }));
    const items = await readBatches(options, tasksTable, keys, PENDING_TASK);
    return items
      .map((item) => completeTask(unmarshall(item), PENDING_TASK))
      .filter(({ status }) => status === 'pending');
  };

  return {
    scan: async (see, processor) => {
      const progresses = await readDueProgress(options);
      const found = new Set<string>();
      const shards = Array.from({ length: indexShards }, (_, shard) => shard);
      await concurrently(shards, CONCURRENT_SHARDS, async (shard) => {
        const after = progresses.get(shard)?.late ?? 0;
        for (const id of await idsOf(shard, after, processor)) found.add(id);
      });
      const ids = [...found];
      for (let begin = 0; begin < ids.length; begin += TASKS_AT_A_TIME) {
        const tasks = await read(ids.slice(begin, begin + TASKS_AT_A_TIME));
        if (tasks.length > 0) see(tasks);
      }
    },
  };
};
