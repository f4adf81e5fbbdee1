import { SDK_RETRIES } from '../../lambda/contract/sdk-limits.ts';
import type { Failure, Outcome } from './failure.ts';
import type { Platform } from './platform.ts';

/**
 * Reads `Retry-After`: seconds, or a date (RFC 9110 §10.2.3).
 * @param now milliseconds since 1970
 * @returns milliseconds, or undefined without a valid value
 */
export const readRetryAfter = (value: string | null, now: number): number | undefined => {
  if (value === null) return undefined;
  if (/^\d+$/.test(value)) return Number(value) * 1_000;
  // `Date.parse` reads nearly any text as a date.
  const date = value.endsWith(' GMT') ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
};

/**
 * Returns the wait before the next attempt in milliseconds: full jitter, so that clients that failed together do not come
 * back together, and `Retry-After` in addition.
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 * @param attempt 1 for the attempt that failed first
 */
export const retryDelay = (attempt: number, random: () => number, retryAfter = 0): number =>
  retryAfter +
  random() * Math.min(SDK_RETRIES.firstWaitMilliseconds * 2 ** (attempt - 1), SDK_RETRIES.longestWaitMilliseconds);

/** True if a request that failed like this is sent again. */
const mayRetry = ({ retryable, retryAfter = 0 }: Failure): boolean =>
  retryable && retryAfter <= SDK_RETRIES.longestRetryAfterMilliseconds;

/**
 * Makes a request until it has an answer, or fails in a way that no repeat changes, or has failed `SDK_RETRIES.attempts` times.
 * @param attempt makes one attempt; 1 for the first
 * @throws the reason of the signal, as soon as it is aborted
 */
export const retry = async <T>(
  attempt: (count: number) => Promise<Outcome<T>>,
  { random, wait }: Pick<Platform, 'random' | 'wait'>,
  signal?: AbortSignal,
): Promise<Outcome<T>> => {
  for (let count = 1; ; count += 1) {
    signal?.throwIfAborted();
    const outcome = await attempt(count);
    if ('value' in outcome || !mayRetry(outcome.failure) || count >= SDK_RETRIES.attempts) return outcome;
    await wait(retryDelay(count, random, outcome.failure.retryAfter), signal);
  }
};
