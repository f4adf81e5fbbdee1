import { expect, test } from 'vitest';
import { measureOf, measureRounds } from '../../benchmarks/harness/measure.ts';
import { inTurn, pairedRatio, percentile, spreadOf } from '../../benchmarks/harness/statistics.ts';

test('the median is the middle value, or the mean of the two middle values', () => {
  expect(spreadOf([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 });
  expect(spreadOf([4, 1, 2, 3])).toEqual({ median: 2.5, min: 1, max: 4 });
  expect(spreadOf([7])).toEqual({ median: 7, min: 7, max: 7 });
  expect(() => spreadOf([])).toThrow(RangeError);
});

test('a ratio compares values of the same round', () => {
  // The machine slows down from round to round; the ratio stays the same.
  expect(pairedRatio([10, 20, 40], [5, 10, 20])).toEqual({ median: 2, min: 2, max: 2 });
  expect(() => pairedRatio([1], [1, 2])).toThrow(RangeError);
});

test('a percentile is one of the values, by nearest rank', () => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect([percentile(values, 50), percentile(values, 99), percentile(values, 100), percentile([5], 1)]).toEqual([
    50, 99, 100, 5,
  ]);
  expect(() => percentile([], 50)).toThrow(RangeError);
});

test('each contender is first in turn', () => {
  expect([0, 1, 2, 3].map((round) => inTurn(['a', 'b', 'c'], round).join(''))).toEqual(['abc', 'bca', 'cab', 'abc']);
});

test('rounds collect the values by measure and contender, in the order of the rounds', async () => {
  let clock = 0;
  const measured = await measureRounds([{ name: 'postern' }, { name: 'peer' }], 2, async ({ name }) => {
    clock += 1;
    return name === 'peer' && clock > 3 ? undefined : { clock, one: 1 };
  });
  // The peer is first in the second round.
  expect(measured).toEqual({ clock: { postern: [1, 4], peer: [2, 3] }, one: { postern: [1, 1], peer: [1, 1] } });
});

test('a measure compares Postern with each other contender', () => {
  expect(measureOf('rate', '1/s', { postern: [4, 6], peer: [2, 2] })).toEqual({
    name: 'rate',
    unit: '1/s',
    values: { postern: { median: 5, min: 4, max: 6 }, peer: { median: 2, min: 2, max: 2 } },
    ratios: { peer: { median: 2.5, min: 2, max: 3 } },
  });
});

test('a measure has no ratio to zero, and none if it is not compared', () => {
  const rates = { postern: [1, 2], peer: [2, 0] };
  expect(measureOf('failures', '', rates).ratios).toEqual({});
  expect(measureOf('failures', '', { ...rates, peer: [2, 2] }, null).ratios).toEqual({});
  expect(measureOf('failures', '', undefined)).toMatchObject({ values: {}, ratios: {} });
});
