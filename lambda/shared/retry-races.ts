import { RACE_RETRIES } from '../contract/call-limits.ts';
import type { ConflictRetries } from './aws/transaction-conflicts.ts';
import { monotonicMilliseconds } from './clock.ts';
import { type Refusal, refuse } from './refusal.ts';

/**
 * Repeats a read, a decision and a conditional write while other requests change the item in between.
 * @param attempt returns undefined if its condition failed because the item has changed since it was read
 * @returns the result of the first attempt whose write was in time; `unavailable` if the function's time allows no further
 * attempt
 */
export const retryRaces = async <T>(
  attempt: () => Promise<T | undefined>,
  { random, wait, clock = monotonicMilliseconds }: ConflictRetries,
): Promise<T | Refusal> => {
  const { firstWaitMilliseconds, lastAttemptAfterMilliseconds, longestWaitMilliseconds } = RACE_RETRIES;
  const start = clock();
  for (let limit: number = firstWaitMilliseconds; ; limit = Math.min(2 * limit, longestWaitMilliseconds)) {
    const result = await attempt();
    if (result !== undefined) return result;
    // Random waits: requests that lost the same race do not try again at the same time.
    await wait(random() * limit);
    if (clock() - start > lastAttemptAfterMilliseconds) return refuse('unavailable', 'others come first without end');
  }
};
