import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { BY_DEADLINE_INDEX, TASKS_TABLE } from '../../contract/tables.ts';
import { effectiveDeadline, type TaskChange, type TaskStatus } from '../../contract/task.ts';
import { type ConflictRetries, retryConflicts } from '../../shared/aws/transaction-conflicts.ts';
import type { DueTask, DueTaskStore } from './due-task-store.ts';

export interface DynamoDBDueTaskStoreOptions extends ConflictRetries {
  readonly client: Pick<DynamoDBClient, 'send'>;
  readonly tasksTable: string;
  /** Tasks of a page. @default 200 */
  readonly pageSize?: number;
}

/**
 * It is pending, and its time was over exactly at `:effective`: a heartbeat or re-issue that came in between has moved
 * one of the two, and then the task lives.
 */
const IS_OVER =
  '#status = :pending AND deadline >= :effective AND heartbeatDeadline >= :effective AND (deadline = :effective OR heartbeatDeadline = :effective)';

const EXPIRE =
  'SET #status = :expired, #change = :expired, closedAt = :at, changedAt = :at, history = list_append(history, :history) REMOVE dueShard, due ADD #sequence :one';

/** Nobody has moved it, and it is not over before: the index may have a task too early, never too late. */
const MAY_MOVE = '#status = :pending AND due = :due AND deadline >= :effective AND heartbeatDeadline >= :effective';

const MOVE = 'SET due = :effective, #change = :rescheduled, changedAt = :at';

/** Its time moves while we look at it: so often is enough, the next run is a minute away. */
const MAX_LOOKS = 4;

const rfc3339 = (seconds: number): string => new Date(seconds * 1000).toISOString();

/** Due tasks in the tasks table and its index. */
export const createDynamoDBDueTaskStore = (options: DynamoDBDueTaskStoreOptions): DueTaskStore => {
  const { client, pageSize = 200, tasksTable } = options;

  /** @returns undefined when it was written; what stands there (undefined: nothing) when the condition failed. */
  const update = async (command: UpdateItemCommand): Promise<{ readonly found: Standing | undefined } | undefined> => {
    try {
      await retryConflicts(() => client.send(command), options);
      return undefined;
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      return { found: readStanding(error.Item) };
    }
  };

  return {
    findDue: async (shard, now, from) => {
      const { Items = [], LastEvaluatedKey: next } = await client.send(
        new QueryCommand({
          TableName: tasksTable,
          IndexName: BY_DEADLINE_INDEX.name,
          KeyConditionExpression: '#shard = :shard AND #due <= :now',
          ExpressionAttributeNames: { '#shard': BY_DEADLINE_INDEX.partitionKey, '#due': BY_DEADLINE_INDEX.sortKey },
          ExpressionAttributeValues: { ':shard': { N: `${shard}` }, ':now': { N: `${now}` } },
          Limit: pageSize,
          ...(from && { ExclusiveStartKey: from as Record<string, AttributeValue> }),
        }),
      );
      return { tasks: Items.map(readDueTask), ...(next && { next }) };
    },

    settle: async (task, now) => {
      // As long as no heartbeat moved, it is over when the index says: one write, nothing read.
      let effective = task.due;
      for (let look = 1; look <= MAX_LOOKS; look += 1) {
        const lost = await update(expireCommand(tasksTable, task.taskId, effective));
        if (lost === undefined) return 'expired';
        if (lost.found === undefined) return 'gone';
        if (lost.found.effective > now) {
          const moved = await update(moveCommand(tasksTable, task, lost.found.effective, now));
          return moved === undefined ? 'moved' : 'gone';
        }
        effective = lost.found.effective;
      }
      throw new Error('The time of the task kept moving.');
    },
  };
};

const expireCommand = (table: string, taskId: string, effective: number): UpdateItemCommand => {
  const expired = 'expired' satisfies TaskStatus & TaskChange;
  // What readers have shown since then: the moment its time was over, not the moment somebody wrote it down.
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

const moveCommand = (table: string, { due, taskId }: DueTask, effective: number, now: number): UpdateItemCommand =>
  new UpdateItemCommand({
    TableName: table,
    Key: { [TASKS_TABLE.partitionKey]: { S: taskId } },
    UpdateExpression: MOVE,
    ConditionExpression: MAY_MOVE,
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
  due: Number(item[BY_DEADLINE_INDEX.sortKey]?.N),
});

interface Standing {
  /** Seconds since 1970. */
  readonly effective: number;
}

/** What is left to expire; undefined where it is closed or gone. */
const readStanding = (item: Readonly<Record<string, AttributeValue>> | undefined): Standing | undefined =>
  item?.status?.S === ('pending' satisfies TaskStatus)
    ? {
        effective: effectiveDeadline({
          deadline: Number(item.deadline?.N),
          heartbeatDeadline: Number(item.heartbeatDeadline?.N),
        }),
      }
    : undefined;
