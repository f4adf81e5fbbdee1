import { DOUBLING_MINUTES, NEW_TABLE, PARTITION } from './quotas.ts';

/** A partition key, where its hash lies (from 0 to 1), and its share of all writes. */
export interface Key {
  readonly place: number;
  readonly share: number;
}

/**
 * Partition keys of a table or index: `even` where each item has its own, so that any stretch of hashes has as much to do
 * as it is long; otherwise all of them. A partition with one key alone cannot be split to any use: what comes has the
 * latest times, and so comes to the same end of it.
 * https://aws.amazon.com/blogs/database/part-3-scaling-dynamodb-how-partitions-hot-keys-and-split-for-heat-impact-performance/
 */
export type Keys = 'even' | readonly Key[];

export interface PartitionsOutcome {
  /** Share of writes that is refused in the first minute, on a new table. */
  readonly throttledAtStart: number;
  /** Minutes until none is; `null`: never. */
  readonly minutesUntilEnough: number | null;
  /** Share that is refused for ever. */
  readonly throttledInTheEnd: number;
  readonly partitionsInTheEnd: number;
}

/** A stretch of hashes, `from` included and `to` not, and the share of writes that goes there. */
interface Partition {
  readonly from: number;
  readonly to: number;
  readonly share: number;
}

/** What a new table on demand has. */
export const FIRST_PARTITIONS = NEW_TABLE.writeUnits / PARTITION.writeUnits;

/**
 * A table or index under the same load from its first minute on. Nobody outside of AWS knows when it splits what; this is
 * what it promises, and no more: 1,000 write units a second of a partition, and twice as much after half an hour. So once
 * in half an hour each partition that is asked for more is split where half of its load lies, if it can be.
 */
export const simulatePartitions = (keys: Keys, unitsPerSecond: number): PartitionsOutcome => {
  const most = PARTITION.writeUnits / unitsPerSecond;
  const throttled = (partitions: readonly Partition[]): number =>
    partitions.reduce((sum, { share }) => sum + Math.max(0, share - most), 0);

  let partitions: readonly Partition[] = Array.from({ length: FIRST_PARTITIONS }, (_, i) =>
    partitionOf(keys, i / FIRST_PARTITIONS, (i + 1) / FIRST_PARTITIONS),
  );
  const throttledAtStart = throttled(partitions);
  let minutes = 0;
  for (;;) {
    const after = partitions.flatMap((partition) => (partition.share > most ? split(keys, partition) : [partition]));
    if (after.length === partitions.length) break;
    partitions = after;
    minutes += DOUBLING_MINUTES;
  }
  const throttledInTheEnd = throttled(partitions);
  return {
    throttledAtStart,
    minutesUntilEnough: throttledInTheEnd === 0 ? minutes : null,
    throttledInTheEnd,
    partitionsInTheEnd: partitions.length,
  };
};

const partitionOf = (keys: Keys, from: number, to: number): Partition => ({
  from,
  to,
  share: keys === 'even' ? to - from : inside(keys, from, to).reduce((sum, { share }) => sum + share, 0),
});

const inside = (keys: readonly Key[], from: number, to: number): readonly Key[] =>
  keys.filter(({ place }) => place >= from && place < to).toSorted((a, b) => a.place - b.place);

const split = (keys: Keys, { from, share, to }: Partition): readonly Partition[] => {
  const middle = keys === 'even' ? (from + to) / 2 : middleOf(inside(keys, from, to), share);
  return middle === undefined
    ? [partitionOf(keys, from, to)]
    : [partitionOf(keys, from, middle), partitionOf(keys, middle, to)];
};

/** The place of the first key of the second half; nowhere, where there is but one. */
const middleOf = (keys: readonly Key[], share: number): number | undefined => {
  let before = 0;
  return keys.find((_, i) => {
    if (i === 0) return false;
    before += keys[i - 1]?.share ?? 0;
    return before >= share / 2 || i === keys.length - 1;
  })?.place;
};
