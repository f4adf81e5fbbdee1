import { expect, test } from 'vitest';
import { readPaper } from '../../benchmarks/harness/page.ts';
import { distributionOf, seededIds } from '../../capacity/key-distribution.ts';
import { RATES, simulate } from '../../capacity/model.ts';
import { FIRST_PARTITIONS, simulatePartitions } from '../../capacity/partitions.ts';
import { knobsFor } from '../../capacity/settings.ts';
import { shardOf } from '../../lambda/shared/tables/hashed-keys.ts';

test('a new table takes 4,000 units a second, and not one more at once', () => {
  expect(FIRST_PARTITIONS).toBe(4);
  expect(simulatePartitions('even', 4_000)).toEqual({
    throttledAtStart: 0,
    minutesUntilEnough: 0,
    throttledInTheEnd: 0,
    partitionsInTheEnd: 4,
  });
  const more = simulatePartitions('even', 5_000);
  expect(more.throttledAtStart).toBeCloseTo(0.2, 10);
  expect(more).toMatchObject({ minutesUntilEnough: 30, throttledInTheEnd: 0, partitionsInTheEnd: 8 });
});

test('it takes twice as much after each half hour', () => {
  expect([8_000, 8_001, 16_000, 32_001].map((units) => simulatePartitions('even', units).minutesUntilEnough)).toEqual([
    30, 60, 60, 120,
  ]);
});

test('a key of which everything comes to the end is one partition for good', () => {
  const hot = [{ place: 0.1, share: 1 }];
  expect(simulatePartitions(hot, 1_000)).toMatchObject({ throttledAtStart: 0, minutesUntilEnough: 0 });
  const outcome = simulatePartitions(hot, 2_000);
  expect(outcome.throttledInTheEnd).toBeCloseTo(0.5, 10);
  expect(outcome).toMatchObject({ minutesUntilEnough: null, partitionsInTheEnd: 4 });
});

test('keys that share a partition at first are parted', () => {
  const keys = [0.01, 0.02, 0.03, 0.04].map((place) => ({ place, share: 0.25 }));
  const outcome = simulatePartitions(keys, 4_000);
  expect(outcome.throttledAtStart).toBeCloseTo(0.75, 10);
  // Four in one, two in each of two, one in each of four: the three other partitions have nothing.
  expect(outcome).toMatchObject({ minutesUntilEnough: 60, throttledInTheEnd: 0, partitionsInTheEnd: 3 + 4 });
});

test('a heavy key is parted from light ones, and what is too heavy stays so', () => {
  const keys = [
    { place: 0.01, share: 0.1 },
    { place: 0.02, share: 0.8 },
    { place: 0.03, share: 0.1 },
  ];
  const outcome = simulatePartitions(keys, 2_000);
  expect(outcome.minutesUntilEnough).toBeNull();
  expect(outcome.throttledInTheEnd).toBeCloseTo((1_600 - 1_000) / 2_000, 10);
});

test('nothing is refused of nothing', () => {
  expect(simulatePartitions('even', 0)).toMatchObject({ throttledAtStart: 0, throttledInTheEnd: 0 });
});

test.each(RATES)(
  'with as many shards as the page says for %d callbacks a second, no index refuses for ever',
  (rate) => {
    const { indexShards } = knobsFor(rate, { callback: 1, opening: 1, expiry: 1, change: 1 });
    const id = seededIds(1);
    const counts = new Array<number>(indexShards).fill(0);
    for (let i = 0; i < 100_000; i += 1) {
      const shard = shardOf(id(), indexShards);
      counts[shard] = (counts[shard] ?? 0) + 1;
    }
    const outcomes = simulate(distributionOf(counts)).filter((each) => each.rate === rate);
    expect(outcomes).toHaveLength(4);
    for (const { store, throttledInTheEnd } of outcomes) expect(throttledInTheEnd, store).toBe(0);
  },
);

test('what the page shows is what the simulation gives, at every rate', () => {
  const { keys, simulations } = readPaper();
  expect(simulate(keys.shards)).toEqual(simulations);
  expect(new Set(simulations.map(({ rate }) => rate))).toEqual(new Set(RATES));
});
