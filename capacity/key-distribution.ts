import { createCipheriv, createHash } from 'node:crypto';
import { ORIGIN } from '../benchmarks/harness/names.ts';
import { ID_RANDOM_BYTES, INDEX_SHARDS } from '../lambda/contract/limits.ts';
import { jtiKey } from '../lambda/contract/tables.ts';
import { shardOf } from '../lambda/shared/tables/hashed-keys.ts';

/** How evenly keys lie in as many buckets. */
export interface Distribution {
  /** Keys of each bucket. */
  readonly counts: readonly number[];
  /** The fullest by the mean. */
  readonly maxByMean: number;
  /**
   * By how many standard deviations χ² is above what chance makes it; between −3 and 3 there is no telling the keys from
   * even ones.
   */
  readonly deviation: number;
}

export const distributionOf = (counts: readonly number[]): Distribution => {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0 || counts.length < 2) throw new RangeError('Nothing is spread over fewer than two buckets.');
  const mean = total / counts.length;
  const chiSquare = counts.reduce((sum, count) => sum + (count - mean) ** 2 / mean, 0);
  const freedom = counts.length - 1;
  return {
    counts,
    maxByMean: Math.max(...counts) / mean,
    deviation: (chiSquare - freedom) / Math.sqrt(2 * freedom),
  };
};

/** Ids of the form that the functions draw, the same for the same seed. */
export const seededIds = (seed: number): (() => string) => {
  const key = createHash('sha256').update(`${seed}`).digest().subarray(0, 16);
  const stream = createCipheriv('aes-128-ctr', key, Buffer.alloc(16));
  const nothing = Buffer.alloc(ID_RANDOM_BYTES);
  return () => stream.update(nothing).toString('base64url');
};

/**
 * Where a key lies, from 0 to 1. DynamoDB does not say by which hash it spreads partition keys over partitions; MD5 stands
 * for it.
 */
export const placeOf = (key: string): number => createHash('md5').update(key).digest().readUInt32BE(0) / 2 ** 32;

/** Of the tables, over partitions; of both indexes, over their shards. */
export type KeyDistributions = Readonly<Record<'tasks' | 'jti' | 'shards', Distribution>>;

/** How the keys of so many tasks, each with a used token, are spread by the functions that make them. */
export const spreadKeys = (tasks: number, partitions: number, seed: number): KeyDistributions => {
  const id = seededIds(seed);
  const counts = {
    tasks: new Array<number>(partitions).fill(0),
    jti: new Array<number>(partitions).fill(0),
    shards: new Array<number>(INDEX_SHARDS.default).fill(0),
  };
  const count = (of: number[], bucket: number) => {
    of[bucket] = (of[bucket] ?? 0) + 1;
  };
  for (let i = 0; i < tasks; i += 1) {
    const taskId = id();
    count(counts.tasks, Math.floor(placeOf(taskId) * partitions));
    count(counts.jti, Math.floor(placeOf(jtiKey(ORIGIN, id())) * partitions));
    count(counts.shards, shardOf(taskId, INDEX_SHARDS.default));
  }
  return {
    tasks: distributionOf(counts.tasks),
    jti: distributionOf(counts.jti),
    shards: distributionOf(counts.shards),
  };
};
