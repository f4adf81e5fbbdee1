import { expect, test } from 'vitest';
import { RATES } from '../../capacity/model.ts';
import { FIRST_PARTITIONS, simulatePartitions, simulateStores } from '../../capacity/partitions.ts';
import { settingsFor } from '../../capacity/settings.ts';

test('a new table takes 4,000 units per second, and refuses what is above', () => {
  expect(FIRST_PARTITIONS).toBe(4);
  expect(simulatePartitions('even', 4_000)).toEqual({
    refusedAtStart: 0,
    minutesUntilEnough: 0,
    refusedInTheEnd: 0,
    partitionsInTheEnd: 4,
  });
  const more = simulatePartitions('even', 5_000);
  expect(more.refusedAtStart).toBeCloseTo(0.2, 10);
  expect(more).toMatchObject({ minutesUntilEnough: 30, refusedInTheEnd: 0, partitionsInTheEnd: 8 });
});

test('a table takes twice as much after each half hour', () => {
  expect([8_000, 8_001, 16_000, 32_001].map((units) => simulatePartitions('even', units).minutesUntilEnough)).toEqual([
    30, 60, 60, 120,
  ]);
});

test('a single key stays on one partition', () => {
  const hot = [{ position: 0.1, share: 1 }];
  expect(simulatePartitions(hot, 1_000)).toMatchObject({ refusedAtStart: 0, minutesUntilEnough: 0 });
  const outcome = simulatePartitions(hot, 2_000);
  expect(outcome.refusedInTheEnd).toBeCloseTo(0.5, 10);
  expect(outcome).toMatchObject({ minutesUntilEnough: null, partitionsInTheEnd: 4 });
});

test('a split separates keys that begin on one partition', () => {
  const keys = [0.01, 0.02, 0.03, 0.04].map((position) => ({ position, share: 0.25 }));
  const outcome = simulatePartitions(keys, 4_000);
  expect(outcome.refusedAtStart).toBeCloseTo(0.75, 10);
  // Four keys on one partition, then two on each of two, then one on each of four. Three other partitions stay empty.
  expect(outcome).toMatchObject({ minutesUntilEnough: 60, refusedInTheEnd: 0, partitionsInTheEnd: 3 + 4 });
});

test('a split separates a heavy key from light ones, and does not divide it', () => {
  const keys = [
    { position: 0.01, share: 0.1 },
    { position: 0.02, share: 0.8 },
    { position: 0.03, share: 0.1 },
  ];
  const outcome = simulatePartitions(keys, 2_000);
  expect(outcome.minutesUntilEnough).toBeNull();
  expect(outcome.refusedInTheEnd).toBeCloseTo((1_600 - 1_000) / 2_000, 10);
});

test('without any load a table refuses nothing', () => {
  expect(simulatePartitions('even', 0)).toMatchObject({ refusedAtStart: 0, refusedInTheEnd: 0 });
});

test.each(RATES)('the shards of the settings for %d callbacks per second are enough', (rate) => {
  const { indexShards } = settingsFor(rate, { callback: 1, creation: 1, expiry: 1, look: 0.1, change: 1 });
  const simulations = simulateStores(rate, indexShards);
  expect(simulations).toHaveLength(5);
  for (const { refusedInTheEnd, store } of simulations) expect(refusedInTheEnd, store).toBe(0);
});

test('the default shards are enough for 10,000 callbacks per second, and not for 20,000', () => {
  const refusedAt = (rate: number) =>
    simulateStores(rate)
      .filter(({ minutesUntilEnough }) => minutesUntilEnough === null)
      .map(({ store }) => store);
  expect(refusedAt(10_000)).toEqual([]);
  expect(refusedAt(20_000)).toEqual(['ofApplication', 'byDue']);
});
