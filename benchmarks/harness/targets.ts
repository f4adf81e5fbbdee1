import { formatNumber, formatSpread } from './markdown.ts';
import type { Measure, PartResult } from './result.ts';

/** What a ratio of Postern's should be. */
interface Target {
  readonly part: string;
  /** Name of the measure. */
  readonly measure: string;
  readonly against: 'peer' | 'limit';
  /** Bound of the ratio: at least, where more is better, otherwise at most. */
  readonly bound: number;
}

export const TARGETS: readonly Target[] = [
  { part: 'pipeline', measure: 'callbacks, 1 at a time', against: 'peer', bound: 3 },
  { part: 'pipeline', measure: 'callbacks, 16 at a time', against: 'peer', bound: 3 },
  { part: 'pipeline', measure: 'callbacks, 1 at a time', against: 'limit', bound: 0.8 },
  { part: 'pipeline', measure: 'callbacks, 16 at a time', against: 'limit', bound: 0.8 },
  { part: 'pipeline', measure: '99th percentile of latency, 16 at a time', against: 'peer', bound: 0.5 },
  { part: 'cold', measure: 'load and first callback', against: 'peer', bound: 0.25 },
  { part: 'cold', measure: 'load and first callback', against: 'limit', bound: 1.5 },
  { part: 'refuse', measure: 'forged tokens refused, 1 at a time', against: 'limit', bound: 0.9 },
];

/**
 * A row for each target: what is wanted, what was measured, what the limit itself reaches, and whether it is met.
 * @throws {Error} naming a measure that there is not
 */
export const judgeTargets = (
  results: Readonly<Record<string, Pick<PartResult, 'measures'>>>,
): readonly (readonly [wanted: string, measured: string, limit: string, met: string])[] =>
  TARGETS.map(({ against, bound, measure: name, part }) => {
    const measure = results[part]?.measures.find((each) => each.name === name);
    const ratio = measure?.ratios[against];
    if (measure === undefined || ratio === undefined) {
      throw new Error(`There is no "${name}" of ${part} against the ${against}, and a target for it.`);
    }
    const met = measure.higherIsBetter ? ratio.median >= bound : ratio.median <= bound;
    return [
      `${name}: ${measure.higherIsBetter ? 'at least' : 'at most'} ${formatNumber(bound)} of the ${against}’s`,
      formatSpread(ratio),
      limitOf(measure, against),
      met ? 'yes' : 'no',
    ];
  });

const limitOf = ({ limits }: Measure, against: Target['against']): string => {
  const ratio = against === 'limit' ? undefined : limits?.[against];
  return ratio === undefined ? '' : formatSpread(ratio);
};
