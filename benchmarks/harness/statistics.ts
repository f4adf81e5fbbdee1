/** Middle, lowest and highest of some measurements. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** @throws {RangeError} of none */
export const spreadOf = (values: readonly number[]): Spread => {
  if (values.length === 0) throw new RangeError('There is no median of nothing.');
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const median = ((sorted[Math.floor(middle)] as number) + (sorted[Math.ceil(middle) - 1] as number)) / 2;
  return { median, min: sorted[0] as number, max: sorted.at(-1) as number };
};

/**
 * Of measurements that were taken in turn, those of one round compared with each other: what the machine did meanwhile
 * meets both.
 * @throws {RangeError} of lists that have no rounds in common
 */
export const pairedRatio = (values: readonly number[], others: readonly number[]): Spread => {
  if (values.length !== others.length) throw new RangeError('The rounds of both must be the same.');
  return spreadOf(values.map((value, round) => value / (others[round] as number)));
};

/** The value below which so many hundredths of all values lie, by nearest rank. */
export const percentile = (values: readonly number[], hundredths: number): number => {
  if (values.length === 0) throw new RangeError('There is no percentile of nothing.');
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((hundredths / 100) * sorted.length) - 1)] as number;
};

/** Contenders in an order that changes with the round, so that none is always first. */
export const inTurn = <T>(contenders: readonly T[], round: number): readonly T[] => {
  const first = round % contenders.length;
  return [...contenders.slice(first), ...contenders.slice(0, first)];
};
