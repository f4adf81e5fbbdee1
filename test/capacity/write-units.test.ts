import { expect, test } from 'vitest';
import { unitsOf } from '../../capacity/workload.ts';
import { storesOf } from '../../capacity/write-units.ts';
import { TASK } from '../../cost/usage.ts';
import { INDEX_SHARDS } from '../../lambda/contract/limits.ts';

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

test('a task with a result of 1 KB is reckoned to write what DynamoDB says that it does', () => {
  const stores = storesOf(1_000);
  // `test/lambda/capacity.test.ts` holds these against an engine.
  expect(sum(stores.map(({ opening }) => opening))).toBe(TASK.writeUnits.open);
  expect(sum(stores.map(({ callback }) => callback))).toBe(TASK.writeUnits.callback);
  expect(unitsOf(stores)).toBe(TASK.writeUnits.open + TASK.writeUnits.callback);
});

test('a larger result takes two units a KiB of the task, and nothing more of an index', () => {
  const [small, large] = [storesOf(1_000), storesOf(1_000 + 2 * 1_024)];
  const differences = small.map(({ callback, name }, i) => [name, (large[i]?.callback ?? 0) - callback]);
  expect(Object.fromEntries(differences)).toEqual({ tasks: 4, jti: 0, byCreation: 0, byDeadline: 0 });
});

test('an index has as many partition keys as shards, a table one for each item', () => {
  expect(storesOf(1_000).map(({ name, shards }) => [name, shards])).toEqual([
    ['tasks', 'one for each item'],
    ['jti', 'one for each item'],
    ['byCreation', INDEX_SHARDS.default],
    ['byDeadline', INDEX_SHARDS.default],
  ]);
});
