import { COUNTERS, type CountedItem } from './breaker.ts';

/* Attempts of a processor with a rate. Processes take them in blocks, of one second each. */

/** Attempts of one second that a process has taken. */
export interface Block {
  /** Seconds since 1970. */
  readonly second: number;
  readonly granted: number;
  /** Attempts that it has not begun yet. */
  readonly left: number;
  /** Attempts that it wanted to begin. */
  readonly wanted: number;
}

/** A process that has taken nothing. */
export const NO_BLOCK: Block = { second: 0, granted: 0, left: 0, wanted: 0 };

interface RateRules {
  readonly ratePerSecond?: number;
  readonly concurrency: number;
}

/**
 * Returns how many attempts a process takes: its share of the rate, or else as many as it needed in the second before, and twice as
 * many if those were too few. So a process that is alone gets the whole rate after a few seconds.
 * @param second that begins, in seconds since 1970
 */
export const sizeOfBlock = (before: Block, { concurrency, ratePerSecond = 0 }: RateRules, second: number): number => {
  const isRecent = before.second === second - 1;
  const needed = before.wanted > before.granted ? 2 * before.granted : before.wanted;
  return Math.min(ratePerSecond, Math.max(1, Math.ceil(ratePerSecond / concurrency), isRecent ? needed : 0));
};

/**
 * Returns the block of a process.
 * @param item after it took attempts of this second
 * @param size number that it took; some of them may be more than the rate
 */
export const blockOf = (item: CountedItem, size: number, { ratePerSecond = 0 }: RateRules, second: number): Block => {
  const before = (item.counters[COUNTERS.rate(second)] ?? size) - size;
  const granted = Math.max(0, Math.min(size, ratePerSecond - before));
  return { second, granted, left: granted, wanted: 0 };
};

/** Begins an attempt, if one is left. */
export const beginOne = (block: Block): { readonly block: Block; readonly isBegun: boolean } => {
  const isBegun = block.left > 0;
  return { isBegun, block: { ...block, wanted: block.wanted + 1, left: block.left - (isBegun ? 1 : 0) } };
};

/** Gives an attempt back that was not made. */
export const giveBack = (block: Block, second: number): Block =>
  block.second === second && block.left < block.granted ? { ...block, left: block.left + 1 } : block;
