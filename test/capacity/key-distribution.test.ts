import { expect, test } from 'vitest';
import { readPaper } from '../../benchmarks/harness/page.ts';
import { distributionOf, placeOf, seededIds, spreadKeys } from '../../capacity/key-distribution.ts';
import { SAMPLE } from '../../capacity/model.ts';
import { INDEX_SHARDS } from '../../lambda/contract/limits.ts';

test('ids are of the form that functions draw, and the same for the same seed', () => {
  const draw = (seed: number) => {
    const id = seededIds(seed);
    return [id(), id(), id()];
  };
  expect(draw(1)).toEqual(draw(1));
  expect(new Set([...draw(1), ...draw(2)]).size).toBe(6);
  for (const id of draw(1)) expect(id).toMatch(/^[\w-]{22}$/);
});

test('keys that are all in one bucket are told from even ones', () => {
  const even = distributionOf([100, 100, 100, 100]);
  expect(even).toMatchObject({ maxByMean: 1 });
  expect(even.deviation).toBeLessThan(0);
  const hot = distributionOf([400, 0, 0, 0]);
  expect(hot.maxByMean).toBe(4);
  expect(hot.deviation).toBeGreaterThan(100);
  expect(() => distributionOf([])).toThrow(RangeError);
  expect(() => distributionOf([0, 0])).toThrow(RangeError);
});

test('a place is within the whole, and the same for the same key', () => {
  const places = Array.from({ length: 1_000 }, (_, i) => placeOf(`key-${i}`));
  expect(Math.min(...places)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...places)).toBeLessThan(1);
  expect(placeOf('key-1')).toBe(places[1]);
});

test('no partition and no shard is hot: the code’s own keys are as even as chance', () => {
  const spread = spreadKeys(20_000, 16, 1);
  expect(spread.shards.counts).toHaveLength(INDEX_SHARDS.default);
  for (const { counts, deviation } of Object.values(spread)) {
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(20_000);
    expect(Math.abs(deviation)).toBeLessThan(3);
  }
});

test('what the page shows was reckoned by these functions, of a million tasks', () => {
  const { keys, seed, tasks } = readPaper();
  expect({ seed, tasks, buckets: keys.tasks.counts.length }).toEqual(SAMPLE);
  expect(tasks).toBe(1_000_000);
  for (const distribution of Object.values(keys)) {
    expect(distribution.counts.reduce((sum, count) => sum + count, 0)).toBe(tasks);
    expect(distributionOf(distribution.counts)).toEqual(distribution);
    expect(Math.abs(distribution.deviation)).toBeLessThan(3);
  }
});
