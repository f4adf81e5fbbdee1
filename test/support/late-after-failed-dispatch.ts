import { expect } from 'vitest';
import { aFailedDispatch } from './dispatched.ts';
import type { TestStore } from './engine.ts';
import { aReceiver, putTask, readTask } from './receiver.ts';
import { storeTasks } from './stored-task.ts';
import type { aSigningKey } from './tokens.ts';

/**
 * Delivers a result to a task that has failed because its work could not be sent: the receiver refuses it, and keeps it in
 * quarantine.
 */
export const deliverAfterFailedDispatch = async (
  store: TestStore,
  key: Awaited<ReturnType<typeof aSigningKey>>,
): Promise<{ readonly taskId: string }> => {
  const { path, taskId, tokens } = await putTask(store, key);
  const stored = await readTask(store, taskId);
  const { closedAt, dispatch, history, status } = aFailedDispatch({ taskId });
  if (stored === undefined || closedAt === undefined || dispatch === undefined) throw new Error('No such task.');
  const { due: _due, dueShard: _dueShard, ...rest } = stored as typeof stored & Record<'due' | 'dueShard', unknown>;
  await storeTasks(store, [{ ...rest, status, closedAt, history, dispatch } as typeof stored]);
  const late = await aReceiver({ store, keys: [key] }).deliver({
    path: path('result'),
    headers: { authorization: `Bearer ${tokens.result}`, 'content-type': 'text/plain' },
    body: 'late',
  });
  expect([late.status, late.json]).toEqual([409, expect.objectContaining({ code: 'task_closed' })]);
  return { taskId };
};
