/** Median, lowest and highest of several measurements. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** @throws {RangeError} if there are no values */
export const spreadOf = (values: readonly number[]): Spread => {
  if (values.length === 0) throw new RangeError('A median needs at least one value.');
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const median = ((sorted[Math.floor(middle)] as number) + (sorted[Math.ceil(middle) - 1] as number)) / 2;
  return { median, min: sorted[0] as number, max: sorted.at(-1) as number };
};

/**
 * Ratios within each round: other work on the machine affects both values of a round.
 * @throws {RangeError} if the lists have different lengths
 */
export const pairedRatio = (values: readonly number[], others: readonly number[]): Spread => {
  if (values.length !== others.length) throw new RangeError('Both lists must have the same rounds.');
  return spreadOf(values.map((value, round) => value / (others[round] as number)));
};

/**
 * The percentile by nearest rank.
 * @throws {RangeError} if there are no values
 */
export const percentile = (values: readonly number[], percent: number): number => {
  if (values.length === 0) throw new RangeError('A percentile needs at least one value.');
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] as number;
};

/** Rotates the list by the number of the round, so that each element is first in turn. */
export const inTurn = <T>(elements: readonly T[], round: number): readonly T[] => {
  const first = round % elements.length;
  return [...elements.slice(first), ...elements.slice(0, first)];
};
