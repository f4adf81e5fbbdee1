import { expect, test } from 'vitest';
import { distributeKeys, distributionOf, hashPosition, seededIds } from '../../capacity/key-distribution.ts';
import { INDEX_SHARDS } from '../../lambda/contract/limits.ts';

test('seeded ids have the form that functions draw, and repeat for the same seed', () => {
  const draw = (seed: number) => {
    const id = seededIds(seed);
    return [id(), id(), id()];
  };
  expect(draw(1)).toEqual(draw(1));
  expect(new Set([...draw(1), ...draw(2)]).size).toBe(6);
  for (const id of draw(1)) expect(id).toMatch(/^[\w-]{22}$/);
});

test('the deviation separates even keys from keys in one bucket', () => {
  const even = distributionOf([100, 100, 100, 100]);
  expect(even).toMatchObject({ maxByMean: 1 });
  expect(even.deviation).toBeLessThan(0);
  const hot = distributionOf([400, 0, 0, 0]);
  expect(hot.maxByMean).toBe(4);
  expect(hot.deviation).toBeGreaterThan(100);
  expect(() => distributionOf([])).toThrow(RangeError);
  expect(() => distributionOf([0, 0])).toThrow(RangeError);
});

test('a hash position lies from 0 to 1, and is the same for the same key', () => {
  const positions = Array.from({ length: 1_000 }, (_, i) => hashPosition(`key-${i}`));
  expect(Math.min(...positions)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...positions)).toBeLessThan(1);
  expect(hashPosition('key-1')).toBe(positions[1]);
});

test('no partition and no shard is hot: the keys of the code are as even as random ones', () => {
  const keys = distributeKeys({ tasks: 20_000, partitions: 16, seed: 1 });
  expect(keys.shards.counts).toHaveLength(INDEX_SHARDS.default);
  for (const { counts, deviation } of Object.values(keys)) {
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(20_000);
    expect(Math.abs(deviation)).toBeLessThan(3);
  }
});
