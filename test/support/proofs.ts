import { expect } from 'vitest';
import type { TestStore } from './engine.ts';
import type { OpenTask } from './receiver.ts';
import { readTask, readUse } from './receiver.ts';

/** Expects an unchanged task whose result token was never used. */
export const expectUntouched = async (store: TestStore, task: OpenTask): Promise<void> => {
  expect(await readTask(store, task.taskId)).toMatchObject({ status: 'pending', sequence: 1 });
  expect(await readUse(store, task.jtis.result)).toBeUndefined();
};
