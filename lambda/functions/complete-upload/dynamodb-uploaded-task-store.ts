import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { TASKS_TABLE } from '../../contract/tables.ts';
import type { TaskChange, TaskStatus } from '../../contract/task.ts';
import { type ConflictRetries, retryConflicts } from '../../shared/aws/transaction-conflicts.ts';
import { quarantineUpdate } from '../../shared/tables/quarantine.ts';
import { marshalPayload } from '../../shared/tables/stored-payload.ts';
import type { UploadedResult, UploadedTask, UploadedTaskStore } from './uploaded-task-store.ts';

export interface DynamoDBUploadedTaskStoreOptions extends ConflictRetries {
  readonly client: Pick<DynamoDBClient, 'send'>;
  readonly tasksTable: string;
}

const ATTRIBUTES = [
  'taskId',
  'status',
  'processor',
  'deadline',
  'heartbeatDeadline',
  'callbacks',
  'uploads',
] as const satisfies readonly (keyof UploadedTask)[];

/** Only the current upload token of a pending task may close it, and only before its time is over. */
const MAY_SUCCEED =
  '#status = :pending AND callbacks.upload.jti = :jti AND deadline > :now AND heartbeatDeadline > :now AND attribute_exists(uploads.#offer)';

/** The offer is answered: the same arrival again finds none. */
const SUCCEED =
  'SET #status = :succeeded, #change = :succeeded, closedAt = :at, changedAt = :at, #result = :payload, payloadKey = :key, history = list_append(history, :history) REMOVE dueShard, due, uploads.#offer ADD #sequence :one';

/** Tasks with uploads in the tasks table. */
export const createDynamoDBUploadedTaskStore = (options: DynamoDBUploadedTaskStoreOptions): UploadedTaskStore => {
  const { client, tasksTable } = options;

  /** Whether the condition held. */
  const update = async (command: UpdateItemCommand): Promise<boolean> => {
    try {
      await retryConflicts(() => client.send(command), options);
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  };

  return {
    find: async (taskId) => {
      const { Item } = await client.send(
        new GetItemCommand({
          TableName: tasksTable,
          Key: { [TASKS_TABLE.partitionKey]: { S: taskId } },
          ConsistentRead: true,
          ProjectionExpression: ATTRIBUTES.map((name) => `#${name}`).join(', '),
          ExpressionAttributeNames: Object.fromEntries(ATTRIBUTES.map((name) => [`#${name}`, name])),
        }),
      );
      return Item && (unmarshall(Item) as UploadedTask);
    },
    succeed: (result) => update(succeedCommand(tasksTable, result)),
    quarantine: (late) => update(new UpdateItemCommand(quarantineUpdate(tasksTable, late))),
  };
};

const succeedCommand = (
  table: string,
  { jti, key, now, offer, payload, taskId }: UploadedResult,
): UpdateItemCommand => {
  const succeeded = 'succeeded' satisfies TaskStatus & TaskChange;
  const at = { S: new Date(now).toISOString() };
  return new UpdateItemCommand({
    TableName: table,
    Key: { [TASKS_TABLE.partitionKey]: { S: taskId } },
    UpdateExpression: SUCCEED,
    ConditionExpression: MAY_SUCCEED,
    ExpressionAttributeNames: {
      '#status': 'status',
      '#change': 'change',
      '#result': 'result',
      '#sequence': 'sequence',
      '#offer': offer,
    },
    ExpressionAttributeValues: {
      ':pending': { S: 'pending' satisfies TaskStatus },
      ':jti': { S: jti },
      ':now': { N: `${Math.floor(now / 1000)}` },
      ':succeeded': { S: succeeded },
      ':at': at,
      ':payload': { M: marshalPayload(payload) },
      ':key': { S: key },
      ':history': { L: [{ M: { at, status: { S: succeeded } } }] },
      ':one': { N: '1' },
    },
  });
};
