import { describe, expect, it } from 'vitest';
import type { StoredDispatch } from '../../../../lambda/contract/dispatch.ts';
import type { TaskItem } from '../../../../lambda/contract/task.ts';
import { endOfDispatch, showDispatch } from '../../../../lambda/shared/tables/dispatch-view.ts';
import { aStoredTask } from '../../../support/stored-task.ts';
import { NOW } from '../../../support/tokens.ts';

const at = (seconds: number): string => new Date(seconds * 1000).toISOString();

const QUEUED: StoredDispatch = { state: 'queued', attempts: 0, issue: 1, used: 0 };
const TRIED: StoredDispatch = { ...QUEUED, attempts: 1, used: 1, lastAttemptAt: at(NOW + 1), lastStatus: 503 };
const AGAIN: StoredDispatch = { ...TRIED, issue: 2, used: 0, attemptsBefore: 1 };

const aTask = (dispatch: StoredDispatch, overrides: Partial<TaskItem> = {}): TaskItem =>
  aStoredTask({ dispatch, queuedAt: NOW, ...overrides });

describe('a dispatch that is stored as queued', () => {
  it.each<readonly [string, StoredDispatch, Partial<TaskItem>, object | undefined]>([
    ['is queued while the task is pending', TRIED, {}, undefined],
    ['stops with a cancelled task', TRIED, { status: 'cancelled' }, { state: 'stopped', reason: 'Cancelled' }],
    ['stops with an expired task', TRIED, { status: 'expired' }, { state: 'stopped', reason: 'Expired' }],
    ['stops with an overdue task', QUEUED, { deadline: NOW }, { state: 'stopped', reason: 'Expired' }],
    ['stops when its callbacks are revoked', TRIED, { revokedAt: at(NOW) }, { state: 'stopped', reason: 'Revoked' }],
    [
      'is accepted if a callback came after an attempt',
      TRIED,
      { status: 'succeeded', closedAt: at(NOW + 9) },
      { state: 'accepted', acceptedAt: at(NOW + 9) },
    ],
    [
      'is accepted if the processor reported a failure after an attempt',
      TRIED,
      { status: 'failed', closedAt: at(NOW + 9) },
      { state: 'accepted', acceptedAt: at(NOW + 9) },
    ],
    [
      'is accepted if the processor reported progress after an attempt',
      TRIED,
      { progress: { percent: 1, at: at(NOW + 5) } },
      { state: 'accepted', acceptedAt: at(NOW + 5) },
    ],
    [
      'is settled if the task was closed before an attempt',
      QUEUED,
      { status: 'succeeded' },
      { state: 'stopped', reason: 'Settled' },
    ],
    [
      'is settled if only an earlier issue was tried',
      AGAIN,
      { status: 'succeeded' },
      { state: 'stopped', reason: 'Settled' },
    ],
    ['is queued if the progress is of an earlier issue', AGAIN, { progress: { at: at(NOW + 5) } }, undefined],
    ['is queued if the progress came before this issue', TRIED, { progress: { at: at(NOW - 1) } }, undefined],
  ])('%s', (_title, dispatch, overrides, end) => {
    expect(endOfDispatch(aTask(dispatch, overrides), NOW)).toEqual(end);
  });
});

it.each(['accepted', 'failed', 'stopped'] as const)('a dispatch that is stored as %s stays so', (state) => {
  expect(endOfDispatch(aTask({ ...TRIED, state }, { status: 'cancelled' }), NOW)).toBeUndefined();
});

describe('the view of a dispatch', () => {
  it('has its end, though the dispatcher has not written it yet', () => {
    expect(showDispatch(aTask(TRIED, { status: 'cancelled' }), NOW)).toEqual({
      state: 'stopped',
      attempts: 1,
      lastAttemptAt: at(NOW + 1),
      lastStatus: 503,
      reason: 'Cancelled',
    });
  });

  it('has neither the lease, the key nor the counts of an issue', () => {
    const stored = { ...AGAIN, lease: NOW + 90, kid: 'key-1', uncounted: 2, isUncertain: true } as const;
    expect(Object.keys(showDispatch(aTask(stored), NOW) ?? {}).sort()).toEqual(
      ['attempts', 'lastAttemptAt', 'lastStatus', 'state'].sort(),
    );
  });

  it('does not exist for a task whose work Postern does not send', () => {
    expect(showDispatch(aStoredTask(), NOW)).toBeUndefined();
  });
});
