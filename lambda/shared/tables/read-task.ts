import { TASKS_TABLE } from '../../contract/tables.ts';
import type { TaskItem } from '../../contract/task.ts';
import { fromAttributes } from '../aws/attribute-values.ts';
import type { CallDynamoDB } from '../aws/dynamodb.ts';
import { completeTask } from './complete-task.ts';

/**
 * Reads these attributes of a task, as the last write left them. IAM lets some functions read no others.
 * @returns undefined if the task does not exist
 */
export const readTask = async <N extends keyof TaskItem>(
  { dynamodb, tasksTable }: { readonly dynamodb: CallDynamoDB; readonly tasksTable: string },
  taskId: string,
  names: readonly N[],
): Promise<Pick<TaskItem, N> | undefined> => {
  const { Item } = await dynamodb('GetItem', {
    TableName: tasksTable,
    Key: { [TASKS_TABLE.partitionKey]: { S: taskId } },
    ConsistentRead: true,
    ProjectionExpression: names.map((name) => `#${name}`).join(', '),
    ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
  });
  return Item && completeTask(fromAttributes(Item), names);
};
