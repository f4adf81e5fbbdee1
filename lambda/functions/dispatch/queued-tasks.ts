import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { DispatchMessage } from '../../contract/dispatch.ts';
import { BY_DISPATCH_INDEX, dispatchShardKey, TASKS_TABLE } from '../../contract/tables.ts';
import type { CallDynamoDB } from '../../shared/aws/dynamodb.ts';

/** An entry of the index of tasks that are to be sent. */
export interface QueuedTask {
  readonly taskId: string;
  /** RFC 3339. */
  readonly expiresAt: string;
}

/** The index of tasks that are to be sent. Methods reject if it is unavailable. */
export interface QueuedTasks {
  /** Returns tasks of one shard whose attempt was due at a time, the earliest first. @param until seconds since 1970 */
  due(
    processor: string,
    shard: number,
    until: number,
    from: Record<string, AttributeValue> | undefined,
  ): Promise<{ readonly tasks: readonly QueuedTask[]; readonly next?: Record<string, AttributeValue> }>;
  /** Returns when the task of one shard was queued whose attempt is due first, in seconds since 1970. */
  oldest(processor: string, shard: number): Promise<number | undefined>;
  /** Returns the messages about tasks as they are now. A task that is not queued any more gets none. */
  messagesOf(tasks: readonly QueuedTask[]): Promise<readonly DispatchMessage[]>;
}

/** Entries of one page. */
const PAGE_SIZE = 100;

export const createDynamoDBQueuedTasks = (dynamodb: CallDynamoDB, tasksTable: string): QueuedTasks => {
  const query = (processor: string, shard: number, range: string, values: Record<string, AttributeValue>) => ({
    TableName: tasksTable,
    IndexName: BY_DISPATCH_INDEX.name,
    KeyConditionExpression: `#shard = :shard${range}`,
    ExpressionAttributeNames: {
      '#shard': BY_DISPATCH_INDEX.partitionKey,
      ...(range !== '' && { '#at': BY_DISPATCH_INDEX.sortKey }),
    },
    ExpressionAttributeValues: { ':shard': { S: dispatchShardKey('queued', processor, shard) }, ...values },
  });

  const messageOf = async ({ taskId }: QueuedTask): Promise<readonly DispatchMessage[]> => {
    const { Item } = await dynamodb('GetItem', {
      TableName: tasksTable,
      Key: { [TASKS_TABLE.partitionKey]: { S: taskId } },
      ProjectionExpression: '#dispatch',
      ExpressionAttributeNames: { '#dispatch': 'dispatch' },
    });
    const { attempts, issue, state } = Item?.dispatch?.M ?? {};
    if (state?.S !== 'queued') return [];
    return [{ taskId, issue: Number(issue?.N), attempt: Number(attempts?.N) + 1 }];
  };

  return {
    due: async (processor, shard, until, from) => {
      const { Items = [], LastEvaluatedKey: next } = await dynamodb('Query', {
        ...query(processor, shard, ' AND #at <= :until', { ':until': { N: `${until}` } }),
        Limit: PAGE_SIZE,
        ...(from && { ExclusiveStartKey: from }),
      });
      const tasks = Items.map((item) => ({
        taskId: item[TASKS_TABLE.partitionKey]?.S ?? '',
        expiresAt: item.expiresAt?.S ?? '',
      }));
      return { tasks, ...(next && { next }) };
    },
    oldest: async (processor, shard) => {
      const { Items: [item] = [] } = await dynamodb('Query', { ...query(processor, shard, '', {}), Limit: 1 });
      const queuedAt = Number(item?.queuedAt?.N);
      return Number.isFinite(queuedAt) ? queuedAt : undefined;
    },
    messagesOf: async (tasks) => (await Promise.all(tasks.map(messageOf))).flat(),
  };
};
