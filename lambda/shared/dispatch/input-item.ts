import type { Put, Update } from '@aws-sdk/client-dynamodb';
import { inputKey, LOOKUPS_TABLE } from '../../contract/tables.ts';
import type { TaskItem } from '../../contract/task.ts';
import { toAttributes } from '../aws/attribute-values.ts';

/** The input of a task, as the lookups table stores it. No index and no stream has it. */
export interface InputItem {
  /** JSON text. */
  readonly input: string;
  readonly taskId: string;
  /** The issue of callbacks that the input was last kept for. */
  readonly issue: number;
}

type Owner = Pick<TaskItem, 'taskId' | 'purgeAt'>;

/** Returns the write that stores the input of a task. */
export const putInput = (table: string, { purgeAt, taskId }: Owner, input: string, issue: number): Put => ({
  TableName: table,
  Item: toAttributes({
    [LOOKUPS_TABLE.partitionKey]: inputKey(taskId),
    ...({ input, taskId, issue } satisfies InputItem),
    [LOOKUPS_TABLE.timeToLive]: purgeAt,
  }),
});

/**
 * Returns the write that keeps the input of a task for a new issue of callbacks. Its deletion for an earlier issue then fails. The
 * condition fails if the input was deleted.
 */
export const keepInput = (table: string, { purgeAt, taskId }: Owner, issue: number): Update => ({
  TableName: table,
  Key: { [LOOKUPS_TABLE.partitionKey]: { S: inputKey(taskId) } },
  UpdateExpression: 'SET issue = :issue, #expiresAt = :purgeAt',
  ConditionExpression: `attribute_exists(${LOOKUPS_TABLE.partitionKey})`,
  ExpressionAttributeNames: { '#expiresAt': LOOKUPS_TABLE.timeToLive },
  ExpressionAttributeValues: { ':issue': { N: `${issue}` }, ':purgeAt': { N: `${purgeAt}` } },
});
