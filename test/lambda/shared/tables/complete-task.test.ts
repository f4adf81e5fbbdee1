import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, it } from 'vitest';
import { NEVER } from '../../../../lambda/contract/limits.ts';
import { completeTask, trimTask } from '../../../../lambda/shared/tables/complete-task.ts';
import { aStoredTask } from '../../../support/stored-task.ts';

const AT = '2100-06-01T12:00:00.000Z';
const LATER = '2100-06-01T13:00:00.000Z';
const opened = { at: AT, status: 'pending' } as const;
const NAMES = ['callbacks', 'uploads', 'heartbeatDeadline', 'history', 'result', 'failure', 'revoked'] as const;

describe('a new task', () => {
  it('is stored without what follows from other attributes, and read with it', () => {
    const task = aStoredTask({ callbacks: { result: { jti: 'a', maxUses: 1 }, progress: { jti: 'b', maxUses: 5 } } });
    const stored = trimTask(task);
    expect(stored.callbacks).toEqual({ result: { jti: 'a' }, progress: { jti: 'b', maxUses: 5 } });
    for (const name of ['history', 'heartbeatDeadline', 'uploads']) expect(stored).not.toHaveProperty(name);
    expect(completeTask({ ...stored }, NAMES)).toEqual(task);
    expect(marshall(completeTask({ ...stored }, NAMES), { removeUndefinedValues: true })).toEqual(marshall(task));
  });

  it('keeps the deadline of its heartbeat, and the map of its uploads', () => {
    const upload = { callbacks: { upload: { jti: 'a', maxUses: 3 } }, heartbeat: 60, heartbeatDeadline: 1_000 };
    expect(trimTask(aStoredTask(upload))).toMatchObject({ ...upload, uploads: {} });
  });
});

describe('what is implied', () => {
  it.each([
    ['a pending task', { status: 'pending' }, [opened]],
    ['a closed task', { status: 'failed', closedAt: LATER }, [opened, { at: LATER, status: 'failed' }]],
    [
      'a closed task of the former layout',
      { status: 'failed', closedAt: LATER, history: [opened, { at: LATER, status: 'failed' }] },
      [opened, { at: LATER, status: 'failed' }],
    ],
    [
      'a task of the former layout that this one closed',
      { status: 'expired', closedAt: LATER, history: [opened] },
      [opened, { at: LATER, status: 'expired' }],
    ],
    [
      'a task of this layout that the former one closed',
      { status: 'expired', closedAt: LATER, history: [{ at: LATER, status: 'expired' }] },
      [opened, { at: LATER, status: 'expired' }],
    ],
    [
      'a reopened task that was closed again',
      {
        status: 'succeeded',
        closedAt: '2100-06-01T15:00:00.000Z',
        history: [opened, { at: LATER, status: 'succeeded' }, { at: LATER, status: 'pending' }],
      },
      [
        opened,
        { at: LATER, status: 'succeeded' },
        { at: LATER, status: 'pending' },
        { at: '2100-06-01T15:00:00.000Z', status: 'succeeded' },
      ],
    ],
  ])('is the history of %s', (_, task, history) => {
    expect(completeTask({ createdAt: AT, ...task }, ['history'])).toMatchObject({ history });
  });

  it('is the time of receipt of a result, unless it has its own', () => {
    const result = { contentType: 'text/plain', size: 1, sha256: '0' };
    expect(completeTask({ closedAt: AT, result }, ['result']).result?.receivedAt).toBe(AT);
    const late = { ...result, receivedAt: LATER };
    expect(completeTask({ closedAt: AT, failure: late }, ['failure']).failure?.receivedAt).toBe(LATER);
  });

  it('is added only if the reader needs it', () => {
    expect(completeTask({ taskId: 'a' }, ['taskId'])).toEqual({ taskId: 'a' });
    expect(completeTask({ taskId: 'a' }, ['heartbeatDeadline'])).toEqual({ taskId: 'a', heartbeatDeadline: NEVER });
  });
});
