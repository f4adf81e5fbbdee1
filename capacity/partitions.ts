import { INDEX_SHARDS } from '../lambda/contract/limits.ts';
import { hashPosition } from './key-distribution.ts';
import { DOUBLING_MINUTES, NEW_TABLE, PARTITION } from './quotas.ts';
import { WORKLOAD } from './workload.ts';
import { type StoreWrites, taskWrites, unitsPerTask } from './write-units.ts';

/** A partition key: the position of its hash, from 0 to 1, and its share of all writes. */
export interface Key {
  readonly position: number;
  readonly share: number;
}

/**
 * Partition keys of a table or index. `even` means one key per item, so that the load of a range of hashes is as large as
 * the range. A partition with a single key cannot be split to any use, because all new entries have the latest time.
 * https://aws.amazon.com/blogs/database/part-3-scaling-dynamodb-how-partitions-hot-keys-and-split-for-heat-impact-performance/
 */
export type Keys = 'even' | readonly Key[];

export interface PartitionsOutcome {
  /** Share of writes that a new table refuses in the first minute. */
  readonly refusedAtStart: number;
  /** Minutes until it refuses none; `null` if it always refuses some. */
  readonly minutesUntilEnough: number | null;
  /** Share of writes that it refuses after all splits. */
  readonly refusedInTheEnd: number;
  readonly partitionsInTheEnd: number;
}

/** A range of hashes from `from` to just below `to`, and its share of writes. */
interface Partition {
  readonly from: number;
  readonly to: number;
  readonly share: number;
}

/** Partitions of a new on-demand table. */
export const FIRST_PARTITIONS = NEW_TABLE.writeUnits / PARTITION.writeUnits;

/**
 * Simulates a new table or index under a constant load. AWS does not publish when it splits a partition. The simulation
 * uses only what AWS promises: 1,000 write units per second and partition, and twice the throughput after 30 minutes.
 * Every 30 minutes it splits each overloaded partition at half of its load, if a split helps.
 */
export const simulatePartitions = (keys: Keys, unitsPerSecond: number): PartitionsOutcome => {
  const capacity = PARTITION.writeUnits / unitsPerSecond;
  const refused = (partitions: readonly Partition[]): number =>
    partitions.reduce((sum, { share }) => sum + Math.max(0, share - capacity), 0);

  let partitions: readonly Partition[] = Array.from({ length: FIRST_PARTITIONS }, (_, i) =>
    partitionOf(keys, i / FIRST_PARTITIONS, (i + 1) / FIRST_PARTITIONS),
  );
  const refusedAtStart = refused(partitions);
  let minutes = 0;
  for (;;) {
    const next = partitions.flatMap((partition) => (partition.share > capacity ? split(keys, partition) : [partition]));
    if (next.length === partitions.length) break;
    partitions = next;
    minutes += DOUBLING_MINUTES;
  }
  const refusedInTheEnd = refused(partitions);
  return {
    refusedAtStart,
    minutesUntilEnough: refusedInTheEnd === 0 ? minutes : null,
    refusedInTheEnd,
    partitionsInTheEnd: partitions.length,
  };
};

const partitionOf = (keys: Keys, from: number, to: number): Partition => ({
  from,
  to,
  share: keys === 'even' ? to - from : keysBetween(keys, from, to).reduce((sum, { share }) => sum + share, 0),
});

const keysBetween = (keys: readonly Key[], from: number, to: number): readonly Key[] =>
  keys.filter(({ position }) => position >= from && position < to).toSorted((a, b) => a.position - b.position);

const split = (keys: Keys, { from, share, to }: Partition): readonly Partition[] => {
  const middle = keys === 'even' ? (from + to) / 2 : splitPosition(keysBetween(keys, from, to), share);
  return middle === undefined
    ? [partitionOf(keys, from, to)]
    : [partitionOf(keys, from, middle), partitionOf(keys, middle, to)];
};

/** Position of the first key of the second half; undefined if there is a single key. */
const splitPosition = (keys: readonly Key[], share: number): number | undefined => {
  let before = 0;
  return keys.find((_, i) => {
    if (i === 0) return false;
    before += keys[i - 1]?.share ?? 0;
    return before >= share / 2 || i === keys.length - 1;
  })?.position;
};

export interface StoreSimulation extends PartitionsOutcome {
  readonly store: StoreWrites['name'];
  readonly unitsPerSecond: number;
}

/**
 * Simulates every table and index at this number of callbacks per second. Index shards have equal shares of the load,
 * as `key-distribution.ts` shows.
 */
export const simulateStores = (rate: number, shards: number = INDEX_SHARDS.default): readonly StoreSimulation[] => {
  const shardKeys = Array.from(
    { length: shards },
    (_, i): Key => ({ position: hashPosition(`${i}`), share: 1 / shards }),
  );
  return taskWrites(WORKLOAD.payloadBytes).map((store) => {
    const unitsPerSecond = rate * unitsPerTask([store]);
    const outcome = simulatePartitions(store.spread === 'even' ? 'even' : shardKeys, unitsPerSecond);
    return { store: store.name, unitsPerSecond, ...outcome };
  });
};
