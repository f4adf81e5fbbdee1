import type { Update } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { OperatorId } from '../../contract/audit.ts';
import { TASKS_TABLE } from '../../contract/tables.ts';
import {
  inSeconds,
  type JournalEntry,
  revisionOf,
  type TaskChange,
  type TaskItem,
  type TaskStatus,
} from '../../contract/task.ts';

export interface RevokeContext {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly operator: OperatorId;
  readonly reason: string;
}

/**
 * Returns the update that revokes all callbacks of a pending task. Its condition fails if the task has changed since it was
 * read, or is overdue.
 */
export const revokeUpdate = (
  table: string,
  task: Pick<TaskItem, 'taskId' | 'revision'>,
  { at: milliseconds, operator, reason }: RevokeContext,
): Update => {
  const revision = revisionOf(task);
  const at = new Date(milliseconds).toISOString();
  const entry: JournalEntry = { at, kind: 'revoked', operator, reason };
  return {
    TableName: table,
    Key: { [TASKS_TABLE.partitionKey]: { S: task.taskId } },
    UpdateExpression:
      'SET revoked = callbacks, callbacks = :empty, revokedAt = :at, journal = list_append(if_not_exists(journal, :none), :entry), #change = :change, changedAt = :at ADD #sequence :one, revision :one',
    ConditionExpression: [
      '#status = :pending AND deadline > :now AND heartbeatDeadline > :now',
      revision === 0 ? 'attribute_not_exists(revision)' : 'revision = :revision',
    ].join(' AND '),
    ExpressionAttributeNames: { '#status': 'status', '#change': 'change', '#sequence': 'sequence' },
    ExpressionAttributeValues: {
      ':pending': { S: 'pending' satisfies TaskStatus },
      ':now': { N: `${inSeconds(milliseconds)}` },
      ...(revision > 0 && { ':revision': { N: `${revision}` } }),
      ':empty': { M: {} },
      ':none': { L: [] },
      ':entry': { L: [{ M: marshall(entry) }] },
      ':change': { S: 'revoked' satisfies TaskChange },
      ':at': { S: at },
      ':one': { N: '1' },
    },
  };
};
