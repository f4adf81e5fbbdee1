import { expect, test } from 'vitest';
import { taskWrites, unitsPerTask } from '../../capacity/write-units.ts';
import { TASK } from '../../cost/usage.ts';

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

test('a task with a result of 1 KB writes as many units as DynamoDB reports', () => {
  const writes = taskWrites(1_000);
  // `test/lambda/capacity.test.ts` compares these with an engine.
  expect(sum(writes.map(({ creation }) => creation))).toBe(TASK.writeUnits.open);
  expect(sum(writes.map(({ callback }) => callback))).toBe(TASK.writeUnits.callback);
  expect(unitsPerTask(writes)).toBe(TASK.writeUnits.open + TASK.writeUnits.callback);
});

test('a larger result writes two more units per KiB to the task, and none to an index', () => {
  const [small, large] = [taskWrites(1_000), taskWrites(1_000 + 2 * 1_024)];
  const differences = small.map(({ callback, name }, i) => [name, (large[i]?.callback ?? 0) - callback]);
  expect(Object.fromEntries(differences)).toEqual({ tasks: 4, jti: 0, byCreation: 0, byDeadline: 0 });
});

test('two tables and two indexes are written', () => {
  expect(taskWrites(1_000).map(({ kind, name }) => [name, kind])).toEqual([
    ['tasks', 'table'],
    ['jti', 'table'],
    ['byCreation', 'index'],
    ['byDeadline', 'index'],
  ]);
});
