import { type Distribution, type KeyDistributions, placeOf, spreadKeys } from './key-distribution.ts';
import { type Key, type Keys, type PartitionsOutcome, simulatePartitions } from './partitions.ts';
import { TASK } from './workload.ts';
import { type Store, storesOf } from './write-units.ts';

/** Callbacks a second that are looked at. */
export const RATES = [1e3, 1e4, 1e5] as const;

/** How many keys are made, over how many partitions they are counted, and from where chance begins. */
export interface Sample {
  readonly tasks: number;
  readonly buckets: number;
  readonly seed: number;
}

export const SAMPLE: Sample = { tasks: 1e6, buckets: 64, seed: 1 };

export interface Simulation extends PartitionsOutcome {
  /** Callbacks a second. */
  readonly rate: number;
  readonly store: Store['name'];
  readonly unitsPerSecond: number;
}

/** What cannot be run here, and is reckoned. */
export interface Paper {
  readonly tasks: number;
  readonly seed: number;
  readonly keys: KeyDistributions;
  readonly simulations: readonly Simulation[];
}

/** The same for the same seed. */
export const reckon = ({ buckets, seed, tasks }: Sample): Paper => {
  const keys = spreadKeys(tasks, buckets, seed);
  return { tasks, seed, keys, simulations: simulate(keys.shards) };
};

/** Every table and index at every rate. @param shards how tasks are spread over those of an index */
export const simulate = (shards: Distribution): readonly Simulation[] =>
  RATES.flatMap((rate) =>
    storesOf(TASK.payloadBytes).map((store) => {
      const unitsPerSecond = rate * (store.opening + store.callback);
      return {
        rate,
        store: store.name,
        unitsPerSecond,
        ...simulatePartitions(keysOf(store, shards), unitsPerSecond),
      };
    }),
  );

const keysOf = ({ shards }: Store, { counts }: Distribution): Keys => {
  if (shards === 'one for each item') return 'even';
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count, shard): Key => ({ place: placeOf(`${shard}`), share: count / total }));
};
