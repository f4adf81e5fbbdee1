import { expect, test } from 'vitest';
import { createRounds, measureOf } from '../../benchmarks/harness/measure.ts';
import { inTurn, pairedRatio, percentile, spreadOf } from '../../benchmarks/harness/statistics.ts';

test('the median is the middle one, or the mean of the two in the middle', () => {
  expect(spreadOf([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 });
  expect(spreadOf([4, 1, 2, 3])).toEqual({ median: 2.5, min: 1, max: 4 });
  expect(spreadOf([7])).toEqual({ median: 7, min: 7, max: 7 });
  expect(() => spreadOf([])).toThrow(RangeError);
});

test('a ratio compares what was measured in the same round', () => {
  // The machine slowed down; the ratio did not change.
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

test('nobody is always first', () => {
  expect([0, 1, 2, 3].map((round) => inTurn(['a', 'b', 'c'], round).join(''))).toEqual(['abc', 'bca', 'cab', 'abc']);
});

test('a measure compares Postern with each of the others', () => {
  const rounds = createRounds();
  for (const [contender, values] of Object.entries({ postern: [4, 6], peer: [2, 2] })) {
    for (const value of values) rounds.add('rate', contender, value);
  }
  expect(measureOf('rate', '1/s', true, rounds.of('rate'))).toEqual({
    name: 'rate',
    unit: '1/s',
    higherIsBetter: true,
    values: { postern: { median: 5, min: 4, max: 6 }, peer: { median: 2, min: 2, max: 2 } },
    ratios: { peer: { median: 2.5, min: 2, max: 3 } },
    limits: {},
  });
});

test('nothing is compared with nothing', () => {
  const rates = { postern: [1, 2], peer: [2, 0] };
  expect(measureOf('failures', '', false, rates).ratios).toEqual({});
});

test('what the limit reaches is compared with the others as well, but not with Postern', () => {
  const rates = { postern: [4, 6], peer: [2, 2], limit: [6, 8] };
  expect(measureOf('rate', '1/s', true, rates).limits).toEqual({ peer: { median: 3.5, min: 3, max: 4 } });
});
