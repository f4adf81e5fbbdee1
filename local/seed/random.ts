import { ID_RANDOM_BYTES } from '../../lambda/contract/limits.ts';

/** Random values that are the same in every run. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** A whole number, both ends included. */
  between(first: number, last: number): number;
  pick<T>(values: readonly [T, ...T[]]): T;
  /** An id of the form of task ids, in base64url. */
  id(): string;
}

/** @param seed decides all values */
export const createRandom = (seed: number): Random => {
  let state = seed >>> 0;
  // The generator "mulberry32": 32 bits of state are enough for a story.
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const between = (first: number, last: number) => first + Math.floor(next() * (last - first + 1));
  return {
    next,
    between,
    pick: (values) => values[between(0, values.length - 1)] ?? values[0],
    id: () => Buffer.from(Array.from({ length: ID_RANDOM_BYTES }, () => between(0, 255))).toString('base64url'),
  };
};
