import { hash } from 'node:crypto';
import { ORIGIN } from '../benchmarks/harness/names.ts';
import { ID_RANDOM_BYTES, INDEX_SHARDS } from '../lambda/contract/limits.ts';
import { jtiKey } from '../lambda/contract/tables.ts';
import { shardOf } from '../lambda/shared/tables/hashed-keys.ts';

/** Distribution of keys over partitions or shards. */
export interface Distribution {
  /** Keys per partition or shard. */
  readonly counts: readonly number[];
  /** Keys of the fullest one, divided by the mean. */
  readonly maxByMean: number;
  /**
   * Distance of χ² from its expected value, in standard deviations. Between −3 and 3 the keys cannot be distinguished
   * from random ones.
   */
  readonly deviation: number;
}

/** @throws {RangeError} if there are no keys, or fewer than two partitions */
export const distributionOf = (counts: readonly number[]): Distribution => {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0 || counts.length < 2) throw new RangeError('A distribution needs keys, and two partitions or more.');
  const mean = total / counts.length;
  const chiSquare = counts.reduce((sum, count) => sum + (count - mean) ** 2 / mean, 0);
  const freedom = counts.length - 1;
  return {
    counts,
    maxByMean: Math.max(...counts) / mean,
    deviation: (chiSquare - freedom) / Math.sqrt(2 * freedom),
  };
};

/** Ids in the form that the functions draw. The same seed gives the same ids. */
export const seededIds = (seed: number): (() => string) => {
  let drawn = 0;
  return () => {
    drawn += 1;
    const digest = hash('sha256', `${seed}/${drawn}`, 'buffer');
    return digest.subarray(0, ID_RANDOM_BYTES).toString('base64url');
  };
};

/** Position of a key's hash, from 0 to 1. DynamoDB's own hash function is not published; MD5 is used in its place. */
export const hashPosition = (key: string): number => hash('md5', key, 'buffer').readUInt32BE(0) / 2 ** 32;

/** Sample that `docs/reference/capacity.md` shows. */
export const SAMPLE = { tasks: 100_000, partitions: 64, seed: 1 } as const;

/** Keys of the two tables over partitions, and of the indexes by shard over their shards. */
export type KeyDistributions = Readonly<Record<'tasks' | 'jti' | 'shards', Distribution>>;

/** Distributes the keys of tasks with one used token each. The functions' own code makes the keys. */
export const distributeKeys = ({ partitions, seed, tasks }: Record<keyof typeof SAMPLE, number>): KeyDistributions => {
  const id = seededIds(seed);
  const counts = {
    tasks: new Array<number>(partitions).fill(0),
    jti: new Array<number>(partitions).fill(0),
    shards: new Array<number>(INDEX_SHARDS.default).fill(0),
  };
  const count = (of: number[], index: number) => {
    of[index] = (of[index] ?? 0) + 1;
  };
  for (let i = 0; i < tasks; i += 1) {
    const taskId = id();
    count(counts.tasks, Math.floor(hashPosition(taskId) * partitions));
    count(counts.jti, Math.floor(hashPosition(jtiKey(ORIGIN, id())) * partitions));
    count(counts.shards, shardOf(taskId, INDEX_SHARDS.default));
  }
  return {
    tasks: distributionOf(counts.tasks),
    jti: distributionOf(counts.jti),
    shards: distributionOf(counts.shards),
  };
};
