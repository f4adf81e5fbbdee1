import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { MAX_MESSAGE_DELAY_SECONDS } from '../../contract/dispatch-limits.ts';
import { BY_DISPATCH_INDEX, dispatchShardKey, TASKS_TABLE } from '../../contract/tables.ts';
import { inSeconds } from '../../contract/task.ts';
import type { CallDynamoDB } from '../../shared/aws/dynamodb.ts';
import type { DelayedMessage } from '../../shared/dispatch/dispatch-queues.ts';

/** An entry of the index of tasks that are to be sent. Times are seconds since 1970. */
export interface QueuedTask {
  readonly taskId: string;
  /** When the next attempt is due. */
  readonly dispatchAt: number;
  readonly queuedAt: number;
  /** RFC 3339. */
  readonly expiresAt: string;
}

export interface QueuedPage {
  readonly tasks: readonly QueuedTask[];
  /** Beginning of the next page; absent on the last page. */
  readonly next?: Record<string, AttributeValue>;
}

/** The index of tasks that are to be sent. Methods reject if it is unavailable. */
export interface QueuedTasks {
  /** Returns tasks of one shard in the order of their next attempts. */
  page(processor: string, shard: number, from?: QueuedPage['next']): Promise<QueuedPage>;
  /**
   * Returns the messages about tasks as they are now. A task that is not queued any more gets none, and neither does one whose
   * attempt is under way. One that is due later gets a message for that time, if it has none because its wait was too long for a
   * message.
   * @param now seconds since 1970
   */
  messagesOf(tasks: readonly QueuedTask[], now: number): Promise<readonly DelayedMessage[]>;
}

/** Entries of one page. */
const PAGE_SIZE = 100;

/**
 * True if the dispatcher could not send a message when the wait of a task began.
 * @param begunAt seconds since 1970
 */
export const isWaitTooLong = ({ dispatchAt }: Pick<QueuedTask, 'dispatchAt'>, begunAt: number): boolean =>
  dispatchAt - begunAt > MAX_MESSAGE_DELAY_SECONDS;

export const createDynamoDBQueuedTasks = (
  dynamodb: CallDynamoDB,
  tasksTable: string,
  pageSize = PAGE_SIZE,
): QueuedTasks => {
  const messageOf = async (entry: QueuedTask, now: number): Promise<readonly DelayedMessage[]> => {
    const { dispatchAt, queuedAt, taskId } = entry;
    const { Item } = await dynamodb('GetItem', {
      TableName: tasksTable,
      Key: { [TASKS_TABLE.partitionKey]: { S: taskId } },
      ProjectionExpression: '#dispatch',
      ExpressionAttributeNames: { '#dispatch': 'dispatch' },
    });
    const { attempts, issue, lastAttemptAt, lease, state } = Item?.dispatch?.M ?? {};
    if (state?.S !== 'queued' || Number(lease?.N ?? 0) > now) return [];
    const message = { taskId, issue: Number(issue?.N), attempt: Number(attempts?.N) + 1 };
    if (dispatchAt <= now) return [message];
    const last = lastAttemptAt?.S === undefined ? 0 : inSeconds(Date.parse(lastAttemptAt.S));
    return isWaitTooLong(entry, Math.max(queuedAt, last)) ? [{ ...message, delaySeconds: dispatchAt - now }] : [];
  };

  return {
    page: async (processor, shard, from) => {
      const { Items = [], LastEvaluatedKey: next } = await dynamodb('Query', {
        TableName: tasksTable,
        IndexName: BY_DISPATCH_INDEX.name,
        KeyConditionExpression: '#shard = :shard',
        ExpressionAttributeNames: { '#shard': BY_DISPATCH_INDEX.partitionKey },
        ExpressionAttributeValues: { ':shard': { S: dispatchShardKey('queued', processor, shard) } },
        Limit: pageSize,
        ...(from && { ExclusiveStartKey: from }),
      });
      return { tasks: Items.map(readEntry), ...(next && { next }) };
    },
    messagesOf: async (tasks, now) => (await Promise.all(tasks.map((task) => messageOf(task, now)))).flat(),
  };
};

const readEntry = (item: Readonly<Record<string, AttributeValue>>): QueuedTask => {
  const dispatchAt = Number(item[BY_DISPATCH_INDEX.sortKey]?.N);
  return {
    taskId: item[TASKS_TABLE.partitionKey]?.S ?? '',
    dispatchAt,
    queuedAt: Number(item.queuedAt?.N ?? dispatchAt),
    expiresAt: item.expiresAt?.S ?? '',
  };
};
