import { RACE_RETRIES } from '../../contract/limits.ts';
import type { ConflictRetries } from '../aws/transaction-conflicts.ts';
import { monotonicMilliseconds } from '../clock.ts';
import { type Refusal, refuse } from '../refusal.ts';

/**
 * Reads, decides and writes, again and again while others come first: a write whose condition fails because the item is not
 * as it was read any more.
 * @param attempt undefined where others came first
 * @returns what the first attempt that others did not come before ended with; `unavailable` where the function's time does
 * not allow another one
 */
export const untilFirst = async <T>(
  attempt: () => Promise<T | undefined>,
  { random, wait, clock = monotonicMilliseconds }: ConflictRetries,
): Promise<T | Refusal> => {
  const { firstWaitMilliseconds, lastAttemptAfterMilliseconds, longestWaitMilliseconds } = RACE_RETRIES;
  const began = clock();
  for (let longest: number = firstWaitMilliseconds; ; longest = Math.min(2 * longest, longestWaitMilliseconds)) {
    const ending = await attempt();
    if (ending !== undefined) return ending;
    // Each waits as long as chance says, so that those who lost together do not try again together.
    await wait(random() * longest);
    if (clock() - began > lastAttemptAfterMilliseconds) return refuse('unavailable', 'others come first without end');
  }
};
