import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  TransactionConflictException,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { TaskChange, TaskItem, TaskStatus } from '../contract/task.ts';
import type { TaskStore } from './task-store.ts';
import type { TaskRecord } from './task-view.ts';

export interface DynamoDBTaskStoreOptions {
  readonly client: Pick<DynamoDBClient, 'send'>;
  readonly tasksTable: string;
  /** Waits so many milliseconds. */
  readonly wait: (milliseconds: number) => Promise<void>;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** A callback's transaction on the same task: tried so often, with full jitter up to a growing wait. */
const MAX_ATTEMPTS = 10;
const FIRST_WAIT_MILLISECONDS = 10;
const LONGEST_WAIT_MILLISECONDS = 200;

/** Everything but the bytes. */
const RECORD_ATTRIBUTES = [
  'taskId',
  'status',
  'processor',
  'resource',
  'owner',
  'metadata',
  'openedBy',
  'carrier',
  'createdAt',
  'expiresAt',
  'deadline',
  'heartbeat',
  'closedAt',
  'callbacks',
  'result',
  'failure',
  'history',
  'sequence',
  'change',
  'changedAt',
  'replays',
  'lastReplay',
  'purgeAt',
] as const satisfies readonly (keyof TaskRecord)[];

/** Only a pending task changes, and one past its deadline is expired already. */
const MAY_CANCEL = '#status = :pending AND deadline > :now';

const CANCEL =
  'SET #status = :cancelled, closedAt = :at, changedAt = :at, #change = :cancelled, history = list_append(history, :history) ADD #sequence :one';

/** The sender's view of the tasks table. */
export const createDynamoDBTaskStore = (options: DynamoDBTaskStoreOptions): TaskStore => {
  const { client, tasksTable } = options;

  const retryConflicts = async <T>(attemptOnce: () => Promise<T>): Promise<T> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await attemptOnce();
      } catch (error) {
        if (!(error instanceof TransactionConflictException) || attempt === MAX_ATTEMPTS) throw error;
        const longest = Math.min(LONGEST_WAIT_MILLISECONDS, FIRST_WAIT_MILLISECONDS * 2 ** attempt);
        await options.wait(options.random() * longest);
      }
    }
  };

  return {
    find: async (taskId) => {
      const { Item } = await client.send(
        new GetItemCommand({
          TableName: tasksTable,
          Key: { taskId: { S: taskId } },
          ConsistentRead: true,
          // Behind placeholders because several are reserved words of DynamoDB.
          ProjectionExpression: RECORD_ATTRIBUTES.map((name) => `#${name}`).join(', '),
          ExpressionAttributeNames: Object.fromEntries(RECORD_ATTRIBUTES.map((name) => [`#${name}`, name])),
        }),
      );
      return Item && (unmarshall(Item) as TaskRecord);
    },

    findWithPayload: async (taskId) => {
      const { Item } = await client.send(
        new GetItemCommand({ TableName: tasksTable, Key: { taskId: { S: taskId } }, ConsistentRead: true }),
      );
      return Item && (unmarshall(Item) as TaskItem);
    },

    cancel: async (taskId, now) => {
      try {
        const { Attributes } = await retryConflicts(() => client.send(cancelCommand(tasksTable, taskId, now)));
        return { cancelled: true, task: unmarshall(Attributes ?? {}) as TaskRecord };
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        return { cancelled: false, task: error.Item && (unmarshall(error.Item) as TaskRecord) };
      }
    },
  };
};

const cancelCommand = (table: string, taskId: string, now: number): UpdateItemCommand => {
  const at = new Date(now).toISOString();
  const cancelled = 'cancelled' satisfies TaskStatus & TaskChange;
  return new UpdateItemCommand({
    TableName: table,
    Key: { taskId: { S: taskId } },
    UpdateExpression: CANCEL,
    ConditionExpression: MAY_CANCEL,
    ExpressionAttributeNames: { '#status': 'status', '#change': 'change', '#sequence': 'sequence' },
    ExpressionAttributeValues: {
      ':pending': { S: 'pending' satisfies TaskStatus },
      ':now': { N: `${Math.floor(now / 1000)}` },
      ':cancelled': { S: cancelled },
      ':at': { S: at },
      ':history': { L: [{ M: { at: { S: at }, status: { S: cancelled } } }] },
      ':one': { N: '1' },
    },
    ReturnValues: 'ALL_NEW',
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  });
};
