import { expect, test } from 'vitest';
import type { Measure } from '../../benchmarks/harness/result.ts';
import { judgeTargets, TARGETS } from '../../benchmarks/harness/targets.ts';

const always = (median: number) => ({ median, min: median, max: median });

/** Every measure that there is a target for, with these ratios. */
const resultsWith = (ratio: (bound: number) => number) =>
  Object.fromEntries(
    ['pipeline', 'cold', 'refuse'].map((part) => {
      const measures = new Map<string, Measure>();
      for (const { against, bound, measure: name } of TARGETS.filter((target) => target.part === part)) {
        measures.set(name, {
          name,
          unit: '',
          higherIsBetter: !/latency|load/.test(name),
          values: {},
          ratios: { ...measures.get(name)?.ratios, [against]: always(ratio(bound)) },
          limits: { peer: always(2.5) },
        });
      }
      return [part, { measures: [...measures.values()] }];
    }),
  );

const met = (ratio: (bound: number) => number) => judgeTargets(resultsWith(ratio)).map(([, , , isMet]) => isMet);

test('a target is met at its bound, and on the right side of it', () => {
  expect(new Set(met((bound) => bound))).toEqual(new Set(['yes']));
  expect(met((bound) => bound * 1.01)).toEqual(['yes', 'yes', 'yes', 'yes', 'no', 'no', 'no', 'yes']);
  expect(met((bound) => bound * 0.99)).toEqual(['no', 'no', 'no', 'no', 'yes', 'yes', 'yes', 'no']);
});

test('a row says what is wanted, what was measured and what the limit reaches', () => {
  expect(judgeTargets(resultsWith(() => 2.125))[0]).toEqual([
    'callbacks, 1 at a time: at least 3 of the peer’s',
    '2.13',
    '2.50',
    'no',
  ]);
});

test('a target without its measure is said by name', () => {
  expect(() => judgeTargets({})).toThrow('"callbacks, 1 at a time" of pipeline against the peer');
});
