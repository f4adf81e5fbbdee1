import { expect, test } from 'vitest';
import {
  dispatchedWrites,
  extraWrites,
  resumedWrites,
  storedBytes,
  taskWrites,
  unitsPerTask,
} from '../../capacity/write-units.ts';
import { DISPATCHED, EXTRA_WRITE_UNITS, RESUMED, TASK } from '../../cost/usage.ts';
import { objectKey } from '../../lambda/contract/tables.ts';

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
  expect(Object.fromEntries(differences)).toEqual({
    tasks: 4,
    jti: 0,
    ofApplication: 0,
    byResource: 0,
    byDue: 0,
  });
});

test('creating a task writes four units, and its callback six', () => {
  expect(TASK.writeUnits).toMatchObject({ open: 4, callback: 6 });
  expect(taskWrites(1_000).map(({ callback, creation, kind, name }) => [name, kind, creation, callback])).toEqual([
    ['tasks', 'table', 1, 4],
    ['jti', 'table', 0, 2],
    ['ofApplication', 'index', 1, 0],
    ['byResource', 'index', 1, 0],
    ['byDue', 'index', 1, 0],
  ]);
});

test('owner, quarantine, replay and action of an operator write what the costs say', () => {
  expect(extraWrites()).toEqual(EXTRA_WRITE_UNITS);
  expect(EXTRA_WRITE_UNITS).toEqual({ owner: 1, quarantined: 3, replayed: 7, operatorAction: 4 });
});

test('a task that resumes a workflow writes nine units more', () => {
  expect(resumedWrites(RESUMED.tokenChars)).toBe(RESUMED.writeUnits);
  expect(RESUMED.writeUnits).toBe(9);
  // The longest token.
  expect(resumedWrites(2_048)).toBe(14);
});

test('a task whose work Postern sends writes 14 units more, without the counts of the breaker', () => {
  const { counts, ...writes } = DISPATCHED.writeUnits;
  expect(dispatchedWrites(DISPATCHED.inputBytes)).toEqual(writes);
  expect(sum(Object.values(writes))).toBe(14);
  expect(counts).toBe(1);
  // The longest input.
  expect(dispatchedWrites(16_384)).toMatchObject({ opening: 36, inputDeleted: 17 });
});

test('a callback whose result goes to the bucket writes four units', () => {
  const ids = { taskId: 'A'.repeat(22), jti: 'A'.repeat(22), digest: '0'.repeat(64) };
  expect(storedBytes(0).task + 'key'.length + objectKey('result', ids).length).toBeLessThanOrEqual(1_024);
  // Two for the task, and two for the record of its token, in one transaction.
  expect(TASK.writeUnits.callbackToBucket).toBe(4);
});
