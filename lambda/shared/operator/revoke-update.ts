import { inSeconds, type TaskChange, type TaskItem, type TaskStatus } from '../../contract/task.ts';
import { IS_NOT_OVERDUE } from '../tables/closing.ts';
import { journalAppend } from '../tables/journal.ts';
import { type Actor, hasRevision, onlyIf, type TaskUpdate } from '../tables/task-updates.ts';

/**
 * Revokes all callbacks of the pending task that was read. The condition fails if the task has another revision, is closed or
 * is overdue.
 * @param now milliseconds since 1970
 */
export const revokeUpdate = (
  task: Pick<TaskItem, 'revision' | 'journal'>,
  now: number,
  actor: Required<Actor>,
): TaskUpdate => {
  const at = new Date(now).toISOString();
  const journal = journalAppend(task, { at, kind: 'revoked', ...actor });
  const assignments = [
    'revoked = callbacks, callbacks = :none, revokedAt = :at, #change = :change, changedAt = :at',
    ...journal.assignments,
  ];
  const update: TaskUpdate = {
    UpdateExpression: `SET ${assignments.join(', ')} ADD #sequence :one, revision :one`,
    ConditionExpression: [`#status = :pending AND ${IS_NOT_OVERDUE}`, ...journal.conditions].join(' AND '),
    ExpressionAttributeNames: { '#status': 'status', '#change': 'change', '#sequence': 'sequence' },
    ExpressionAttributeValues: {
      ...journal.values,
      ':pending': { S: 'pending' satisfies TaskStatus },
      ':now': { N: `${inSeconds(now)}` },
      ':none': { M: {} },
      ':change': { S: 'revoked' satisfies TaskChange },
      ':at': { S: at },
      ':one': { N: '1' },
    },
  };
  return onlyIf(update, hasRevision(task));
};
