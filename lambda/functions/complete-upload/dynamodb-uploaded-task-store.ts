import { type DynamoDBClient, GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { TASKS_TABLE } from '../../contract/tables.ts';
import { inSeconds, type TaskChange, type TaskLayout, type TaskStatus } from '../../contract/task.ts';
import { writeConditionally } from '../../shared/aws/conditional-write.ts';
import { type ConflictRetries, retryConflicts } from '../../shared/aws/transaction-conflicts.ts';
import { closingOf, IS_NOT_OVERDUE } from '../../shared/tables/closing.ts';
import { completeTask } from '../../shared/tables/complete-task.ts';
import { quarantineUpdate } from '../../shared/tables/quarantine.ts';
import { marshalPayload } from '../../shared/tables/stored-payload.ts';
import type { UploadedResult, UploadedTask, UploadedTaskStore } from './uploaded-task-store.ts';

export interface DynamoDBUploadedTaskStoreOptions extends ConflictRetries {
  readonly client: Pick<DynamoDBClient, 'send'>;
  readonly tasksTable: string;
  readonly layout: TaskLayout;
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

/** Only the current upload token of a pending task that is not overdue may close the task. */
const MAY_SUCCEED = `#status = :pending AND callbacks.upload.jti = :jti AND ${IS_NOT_OVERDUE} AND attribute_exists(uploads.#offer)`;

const SUCCEED =
  '#status = :succeeded, #change = :succeeded, closedAt = :at, changedAt = :at, #result = :payload, payloadKey = :key';

/** The tasks table, for uploads that arrive. */
export const createDynamoDBUploadedTaskStore = (options: DynamoDBUploadedTaskStoreOptions): UploadedTaskStore => {
  const { client, layout, tasksTable } = options;

  /** Returns false if the condition failed. */
  const update = async (command: UpdateItemCommand): Promise<boolean> => {
    const { written } = await writeConditionally(() => retryConflicts(() => client.send(command), options));
    return written;
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
      return Item && completeTask(unmarshall(Item), ATTRIBUTES);
    },
    succeed: (result) => update(succeedCommand(tasksTable, layout, result)),
    quarantine: (late) => update(new UpdateItemCommand(quarantineUpdate(tasksTable, late))),
  };
};

const succeedCommand = (
  table: string,
  layout: TaskLayout,
  { jti, key, now, offer, payload, taskId }: UploadedResult,
): UpdateItemCommand => {
  const succeeded = 'succeeded' satisfies TaskStatus & TaskChange;
  const at = new Date(now).toISOString();
  const closing = closingOf(layout, at, succeeded);
  return new UpdateItemCommand({
    TableName: table,
    Key: { [TASKS_TABLE.partitionKey]: { S: taskId } },
    // Removes the offer, so a repeat of the event changes nothing.
    UpdateExpression: [
      `SET ${[SUCCEED, ...closing.assignments].join(', ')}`,
      `REMOVE ${[...closing.removals, 'uploads.#offer'].join(', ')}`,
      'ADD #sequence :one, revision :one',
    ].join(' '),
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
      ':now': { N: `${inSeconds(now)}` },
      ':succeeded': { S: succeeded },
      ':at': { S: at },
      ':payload': { M: marshalPayload(payload) },
      ':key': { S: key },
      ...closing.values,
      ':one': { N: '1' },
    },
  });
};
