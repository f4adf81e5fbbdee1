import { type AttributeValue, type DynamoDBClient, QueryCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { PENDING_INDEX, TASKS_TABLE } from '../../contract/tables.ts';
import { effectiveDeadline, type TaskChange, type TaskStatus } from '../../contract/task.ts';
import { writeConditionally } from '../../shared/aws/conditional-write.ts';
import { type ConflictRetries, retryConflicts } from '../../shared/aws/transaction-conflicts.ts';
import type { DueTask, DueTaskStore } from './due-task-store.ts';

export interface DynamoDBDueTaskStoreOptions extends ConflictRetries {
  readonly client: Pick<DynamoDBClient, 'send'>;
  readonly tasksTable: string;
  /** Tasks of one page. @default 200 */
  readonly pageSize?: number;
}

/**
 * The task is pending and its effective deadline is exactly `:effective`. A heartbeat or re-issue in between changes one of
 * the deadlines, and then the task does not expire.
 */
const IS_OVER =
  '#status = :pending AND deadline >= :effective AND heartbeatDeadline >= :effective AND (deadline = :effective OR heartbeatDeadline = :effective)';

const EXPIRE =
  'SET #status = :expired, #change = :expired, closedAt = :at, changedAt = :at, history = list_append(history, :history) REMOVE dueShard, due ADD #sequence :one, revision :one';

/** The index entry is unchanged, and the task is not due earlier: the index may have a task too early, never too late. */
const MAY_RESCHEDULE =
  '#status = :pending AND due = :due AND deadline >= :effective AND heartbeatDeadline >= :effective';

const RESCHEDULE = 'SET due = :effective, #change = :rescheduled, changedAt = :at';

/** Attempts for a task whose deadline changes meanwhile. The next run is a minute later. */
const MAX_ATTEMPTS = 4;

const rfc3339 = (seconds: number): string => new Date(seconds * 1000).toISOString();

/** Due tasks in the tasks table and its index. */
export const createDynamoDBDueTaskStore = (options: DynamoDBDueTaskStoreOptions): DueTaskStore => {
  const { client, pageSize = 200, tasksTable } = options;

  const update = (command: UpdateItemCommand) =>
    writeConditionally(() => retryConflicts(() => client.send(command), options));

  return {
    findDue: async (shard, now, from) => {
      const { Items = [], LastEvaluatedKey: next } = await client.send(
        new QueryCommand({
          TableName: tasksTable,
          IndexName: PENDING_INDEX.name,
          KeyConditionExpression: '#shard = :shard AND #due <= :now',
          ExpressionAttributeNames: { '#shard': PENDING_INDEX.partitionKey, '#due': PENDING_INDEX.sortKey },
          ExpressionAttributeValues: { ':shard': { N: `${shard}` }, ':now': { N: `${now}` } },
          Limit: pageSize,
          ...(from && { ExclusiveStartKey: from as Record<string, AttributeValue> }),
        }),
      );
      return { tasks: Items.map(readDueTask), ...(next && { next }) };
    },

    expire: async (task, now) => {
      // Without a heartbeat since, the deadline is the one of the index: one write and no read.
      let deadline = task.due;
      for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
        const expiry = await update(expireCommand(tasksTable, task.taskId, deadline));
        if (expiry.written) return 'expired';
        const current = pendingDeadlineOf(expiry.item);
        if (current === undefined) return 'missing';
        if (current > now) {
          const reschedule = await update(rescheduleCommand(tasksTable, task, current, now));
          return reschedule.written ? 'rescheduled' : 'missing';
        }
        deadline = current;
      }
      throw new Error('The deadline of the task changed in every attempt.');
    },
  };
};

const expireCommand = (table: string, taskId: string, effective: number): UpdateItemCommand => {
  const expired = 'expired' satisfies TaskStatus & TaskChange;
  // The deadline, not the time of this write: readers have shown the task as expired since then.
  const at = { S: rfc3339(effective) };
  return new UpdateItemCommand({
    TableName: table,
    Key: { [TASKS_TABLE.partitionKey]: { S: taskId } },
    UpdateExpression: EXPIRE,
    ConditionExpression: IS_OVER,
    ExpressionAttributeNames: { '#status': 'status', '#change': 'change', '#sequence': 'sequence' },
    ExpressionAttributeValues: {
      ':pending': { S: 'pending' satisfies TaskStatus },
      ':effective': { N: `${effective}` },
      ':expired': { S: expired },
      ':at': at,
      ':history': { L: [{ M: { at, status: { S: expired } } }] },
      ':one': { N: '1' },
    },
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  });
};

const rescheduleCommand = (
  table: string,
  { due, taskId }: DueTask,
  effective: number,
  now: number,
): UpdateItemCommand =>
  new UpdateItemCommand({
    TableName: table,
    Key: { [TASKS_TABLE.partitionKey]: { S: taskId } },
    UpdateExpression: RESCHEDULE,
    ConditionExpression: MAY_RESCHEDULE,
    ExpressionAttributeNames: { '#status': 'status', '#change': 'change' },
    ExpressionAttributeValues: {
      ':pending': { S: 'pending' satisfies TaskStatus },
      ':due': { N: `${due}` },
      ':effective': { N: `${effective}` },
      ':rescheduled': { S: 'rescheduled' satisfies TaskChange },
      ':at': { S: rfc3339(now) },
    },
  });

const readDueTask = (item: Readonly<Record<string, AttributeValue>>): DueTask => ({
  taskId: item[TASKS_TABLE.partitionKey]?.S ?? '',
  due: Number(item[PENDING_INDEX.sortKey]?.N),
});

/** Returns the effective deadline of a pending task; undefined if the task is closed or does not exist. */
const pendingDeadlineOf = (item: Readonly<Record<string, AttributeValue>> | undefined): number | undefined =>
  item?.status?.S === ('pending' satisfies TaskStatus)
    ? effectiveDeadline({
        deadline: Number(item.deadline?.N),
        heartbeatDeadline: Number(item.heartbeatDeadline?.N),
      })
    : undefined;
