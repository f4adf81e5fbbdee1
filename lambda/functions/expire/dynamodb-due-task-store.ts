import { type AttributeValue, type DynamoDBClient, QueryCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { NEVER } from '../../contract/limits.ts';
import { BY_DUE_INDEX, TASKS_TABLE } from '../../contract/tables.ts';
import {
  effectiveDeadline,
  type TaskChange,
  type TaskItem,
  type TaskLayout,
  type TaskStatus,
} from '../../contract/task.ts';
import { writeConditionally } from '../../shared/aws/conditional-write.ts';
import { type ConflictRetries, retryConflicts } from '../../shared/aws/transaction-conflicts.ts';
import { readBatches } from '../../shared/tables/batch-read.ts';
import { closingOf } from '../../shared/tables/closing.ts';
import { readDueProgress, writeDueProgress } from '../../shared/tables/due-progress.ts';
import type { DueEntry, DueTaskStore, PendingTask } from './due-task-store.ts';

export interface DynamoDBDueTaskStoreOptions extends ConflictRetries {
  readonly client: Pick<DynamoDBClient, 'send'>;
  readonly tasksTable: string;
  readonly lookupsTable: string;
  readonly layout: TaskLayout;
  /** Entries of one page. @default 500: five requests of `BatchGetItem` */
  readonly pageSize?: number;
}

/** The task does not expire before `:effective`. */
const NOT_EARLIER =
  'deadline >= :effective AND (attribute_not_exists(heartbeatDeadline) OR heartbeatDeadline >= :effective)';

/**
 * The task is pending and its effective deadline is exactly `:effective`. A heartbeat or re-issue in between changes one of
 * the deadlines, and then the task does not expire.
 */
const IS_OVER = `#status = :pending AND ${NOT_EARLIER} AND (deadline = :effective OR heartbeatDeadline = :effective)`;

const EXPIRE = '#status = :expired, #change = :expired, closedAt = :at, changedAt = :at';

/** The index entry is unchanged, and the task is not due earlier: the index may have a task too early, never too late. */
const MAY_RESCHEDULE = `#status = :pending AND due = :due AND ${NOT_EARLIER}`;

const RESCHEDULE = 'SET due = :effective, #change = :rescheduled, changedAt = :at';

/** Attributes that decide if a task has expired. */
const DECIDING = ['taskId', 'status', 'deadline', 'heartbeatDeadline'] as const satisfies readonly (keyof TaskItem)[];

/** Attempts for a task whose deadline changes meanwhile. The next run is a minute later. */
const MAX_ATTEMPTS = 4;

const rfc3339 = (seconds: number): string => new Date(seconds * 1000).toISOString();

/** Due tasks in the tasks table and its index. */
export const createDynamoDBDueTaskStore = (options: DynamoDBDueTaskStoreOptions): DueTaskStore => {
  const { client, layout, pageSize = 500, tasksTable } = options;

  const update = (command: UpdateItemCommand) =>
    writeConditionally(() => retryConflicts(() => client.send(command), options));

  return {
    findDue: async ({ after, shard, until }, from) => {
      // DynamoDB refuses a range that ends before it begins.
      if (until <= after) return { entries: [] };
      const { Items = [], LastEvaluatedKey: next } = await client.send(
        new QueryCommand({
          TableName: tasksTable,
          IndexName: BY_DUE_INDEX.name,
          KeyConditionExpression: '#shard = :shard AND #due BETWEEN :first AND :last',
          ProjectionExpression: '#taskId, #due',
          ExpressionAttributeNames: {
            '#shard': BY_DUE_INDEX.partitionKey,
            '#due': BY_DUE_INDEX.sortKey,
            '#taskId': TASKS_TABLE.partitionKey,
          },
          ExpressionAttributeValues: {
            ':shard': { N: `${shard}` },
            ':first': { N: `${after + 1}` },
            ':last': { N: `${until}` },
          },
          Limit: pageSize,
          ...(from && { ExclusiveStartKey: from as Record<string, AttributeValue> }),
        }),
      );
      return { entries: Items.map(readEntry), ...(next && { next }) };
    },

    // A read that is not consistent is enough. A task becomes pending again only with a later `due`, so an older copy of the
    // item never hides a task that is due now. Each write has its own condition.
    keepPending: async (entries) => {
      if (entries.length === 0) return [];
      // DynamoDB refuses a key that is there twice. The index may show a task twice while it moves.
      const ids = new Set(entries.map(({ taskId }) => taskId));
      const keys = Array.from(ids, (taskId) => ({ [TASKS_TABLE.partitionKey]: { S: taskId } }));
      const items = await readBatches(options, tasksTable, keys, DECIDING, { isConsistent: false });
      const deadlines = new Map(items.map((item) => [item[TASKS_TABLE.partitionKey]?.S, pendingDeadlineOf(item)]));
      return entries.flatMap((entry) => {
        const deadline = deadlines.get(entry.taskId);
        return deadline === undefined ? [] : [{ ...entry, deadline }];
      });
    },

    expire: async (task, now) => {
      let deadline: number | undefined = task.deadline;
      for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
        if (deadline > now) {
          const reschedule = await update(rescheduleCommand(tasksTable, task, deadline, now));
          return reschedule.written ? 'rescheduled' : 'missing';
        }
        const expiry = await update(expireCommand(tasksTable, layout, task.taskId, deadline));
        if (expiry.written) return 'expired';
        deadline = pendingDeadlineOf(expiry.item);
        if (deadline === undefined) return 'missing';
      }
      throw new Error('The deadline of the task changed in every attempt.');
    },

    readProgress: () => readDueProgress(options),
    writeProgress: (progresses) => writeDueProgress(options, progresses),
  };
};

const expireCommand = (table: string, layout: TaskLayout, taskId: string, effective: number): UpdateItemCommand => {
  const expired = 'expired' satisfies TaskStatus & TaskChange;
  // The deadline, not the time of this write: readers have shown the task as expired since then.
  const at = rfc3339(effective);
  const closing = closingOf(layout, at, expired);
  return new UpdateItemCommand({
    TableName: table,
    Key: { [TASKS_TABLE.partitionKey]: { S: taskId } },
    UpdateExpression: [
      `SET ${[EXPIRE, ...closing.assignments].join(', ')}`,
      `REMOVE ${closing.removals.join(', ')}`,
      'ADD #sequence :one, revision :one',
    ].join(' '),
    ConditionExpression: IS_OVER,
    ExpressionAttributeNames: { '#status': 'status', '#change': 'change', '#sequence': 'sequence' },
    ExpressionAttributeValues: {
      ...closing.values,
      ':pending': { S: 'pending' satisfies TaskStatus },
      ':effective': { N: `${effective}` },
      ':expired': { S: expired },
      ':at': { S: at },
      ':one': { N: '1' },
    },
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  });
};

const rescheduleCommand = (
  table: string,
  { due, taskId }: PendingTask,
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

type Item = Readonly<Record<string, AttributeValue>>;

const readEntry = (item: Item): DueEntry => ({
  taskId: item[TASKS_TABLE.partitionKey]?.S ?? '',
  due: Number(item[BY_DUE_INDEX.sortKey]?.N),
});

/** Returns the effective deadline of a pending task; undefined if the task is closed or does not exist. */
const pendingDeadlineOf = (item: Item | undefined): number | undefined =>
  item?.status?.S === ('pending' satisfies TaskStatus)
    ? effectiveDeadline({
        deadline: Number(item.deadline?.N),
        heartbeatDeadline: Number(item.heartbeatDeadline?.N ?? NEVER),
      })
    : undefined;
