import { ConditionalCheckFailedException, type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { TaskItem } from '../contract/task.ts';

export interface NewTaskStore {
  /** Stores a task that was not there. Rejects when the store does not answer. */
  put(task: TaskItem): Promise<void>;
}

/** A task id is never given out twice, so a task that stands there is not overwritten. */
const IS_NEW = 'attribute_not_exists(taskId)';

/** New tasks in the tasks table. */
export const createDynamoDBNewTaskStore = (client: Pick<DynamoDBClient, 'send'>, tasksTable: string): NewTaskStore => ({
  put: async (task) => {
    try {
      await client.send(
        new PutItemCommand({
          TableName: tasksTable,
          Item: marshall(task, { removeUndefinedValues: true }),
          ConditionExpression: IS_NEW,
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      );
    } catch (error) {
      if (!isOwnWrite(error, task)) throw error;
    }
  },
});

/** When an answer is lost, the SDK's own retry finds the task that its first attempt stored. */
const isOwnWrite = (error: unknown, { callbacks }: TaskItem): boolean => {
  if (!(error instanceof ConditionalCheckFailedException)) return false;
  const stored = error.Item?.callbacks?.M ?? {};
  return Object.entries(callbacks).every(([capability, { jti }]) => stored[capability]?.M?.jti?.S === jti);
};
