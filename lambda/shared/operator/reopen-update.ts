import { marshall } from '@aws-sdk/util-dynamodb';
import type { StoredDispatch } from '../../contract/dispatch.ts';
import { timeKey } from '../../contract/tables.ts';
import type { ReopenedEntry, Reopening, TaskChange, TaskItem, TaskStatus } from '../../contract/task.ts';
import { inSeconds } from '../../contract/task.ts';
import type { DispatchedTask } from '../tables/dispatch-view.ts';
import { journalAppend } from '../tables/journal.ts';
import { acceptanceEntry } from '../tables/journal-of-acceptance.ts';
import { keepBytes } from '../tables/kept-bytes.ts';
import { lastExpiresIn, timesOf } from '../tables/task-times.ts';
import { type Actor, hasRevision, onlyIf, type TaskUpdate } from '../tables/task-updates.ts';
import { IS_NOT_TOLD } from '../tables/told-workflow.ts';

/** A closed task with everything that its reopening depends on. */
export type ReopenableTask = Pick<
  TaskItem,
  | 'taskId'
  | 'status'
  | 'createdAt'
  | 'expiresAt'
  | 'expiresIn'
  | 'reissuedAt'
  | 'heartbeat'
  | 'purgeAt'
  | 'callbacks'
  | 'revoked'
  | 'reopened'
  | 'journal'
  | 'history'
  | 'revision'
  | 'resume'
> &
  DispatchedTask;

/**
 * Rolls back the delivery of the task that was read, without new callbacks: the sender issues them, or the work is sent again. The
 * former ones stay in `revoked`, so that they are the default of that issue. The condition fails if the task has another revision.
 * @param now milliseconds since 1970
 */
export const reopenUpdate = (
  task: ReopenableTask,
  entry: ReopenedEntry,
  now: number,
  actor: Actor & { readonly reason: string },
): TaskUpdate => {
  const at = new Date(now).toISOString();
  const seconds = inSeconds(now);
  const retention = task.purgeAt - inSeconds(Date.parse(task.expiresAt));
  const expiresIn = lastExpiresIn(task);
  const after = {
    callbacks: {},
    revoked: Object.keys(task.callbacks).length > 0 ? task.callbacks : (task.revoked ?? {}),
    uploads: {},
    expiresIn,
    reissuedAt: seconds,
    ...(task.dispatch !== undefined && { dispatch: stopped(task.dispatch) }),
    ...timesOf(seconds, expiresIn, task.heartbeat, retention),
  };
  const names = Object.keys(after);
  const reopening: Reopening = { at, from: task.status, reason: actor.reason };
  const journal = journalAppend(task, { at, kind: 'reopened', ...actor }, acceptanceEntry(task, now));
  const isFirst = task.reopened === undefined;
  const bytes = keepBytes(entry);
  const update: TaskUpdate = {
    UpdateExpression: [
      `SET ${[
        ...names.map((name) => `#${name} = :${name}`),
        '#status = :pending, #change = :change, changedAt = :at, dueShard = #shard',
        // An update can set an entry only in a map that exists.
        isFirst ? 'reopened = :reopened' : 'reopened.#id = :entry',
        ...bytes.assignments,
        'history = :history',
        'reopenings = list_append(if_not_exists(reopenings, :none), :reopening)',
        'quarantineShard = #shard, quarantinedKey = :quarantinedKey',
        ...journal.assignments,
      ].join(', ')}`,
      'REMOVE closedAt, #result, #failure, payload, payloadKey, revokedAt, dispatchShard, dispatchAt',
      'ADD #sequence :one, revision :one',
    ].join(' '),
    ConditionExpression: [
      '#status = :before',
      isFirst ? 'attribute_not_exists(reopened)' : 'attribute_exists(reopened)',
      ...journal.conditions,
    ].join(' AND '),
    ExpressionAttributeNames: {
      ...placeholders([...names, 'status', 'change', 'shard', 'result', 'failure', 'sequence']),
      ...(!isFirst && { '#id': entry.id }),
      ...bytes.names,
    },
    ExpressionAttributeValues: {
      ...journal.values,
      ...marshall(Object.fromEntries(Object.entries(after).map(([name, value]) => [`:${name}`, value]))),
      ...marshall({
        ':pending': 'pending' satisfies TaskStatus,
        ':before': task.status,
        ':change': 'reopened' satisfies TaskChange,
        ':at': at,
        ':history': [...task.history, { at, status: 'pending' satisfies TaskStatus }],
        ':none': [],
        ':reopening': [reopening],
        ':quarantinedKey': timeKey(at, task.taskId),
        ':one': 1,
        ...(isFirst ? { ':reopened': { [entry.id]: entry } } : { ':entry': entry }),
      }),
    },
  };
  return onlyIf(update, hasRevision(task), ...(task.resume === undefined ? [] : [IS_NOT_TOLD]));
};

/** The work is not sent by itself: the callbacks of its issue are taken away. */
const stopped = ({ acceptedAt: _, lease: _lease, reason: _reason, ...dispatch }: StoredDispatch): StoredDispatch => ({
  ...dispatch,
  state: 'stopped',
  reason: 'Revoked',
});

const placeholders = (names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [`#${name}`, name]));
