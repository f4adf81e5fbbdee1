import type { DispatchFailure, DispatchSettings, StoredDispatch } from '../../contract/dispatch.ts';
import { MAX_RETRY_AFTER_SECONDS, MAX_UNCOUNTED_ATTEMPTS } from '../../contract/dispatch-limits.ts';
import { inSeconds, type TaskItem } from '../../contract/task.ts';

/** What follows an attempt that failed. */
export type NextAttempt =
  | {
      /** Seconds since 1970. */
      readonly at: number;
      readonly used: number;
      readonly uncounted: number;
    }
  | { readonly failure: DispatchFailure };

type Timing = Pick<DispatchSettings, 'timeout' | 'retry'>;

/**
 * Returns the latest time at which an attempt may begin, in seconds since 1970. A later one could leave the processor less than
 * `leastTime` until its callbacks expire.
 */
export const latestAttemptOf = ({ expiresAt }: Pick<TaskItem, 'expiresAt'>, { retry, timeout }: Timing): number =>
  inSeconds(Date.parse(expiresAt)) - retry.leastTime - timeout;

/**
 * Plans the attempt after one that failed.
 * @param now milliseconds since 1970
 * @param retryAfter seconds that the processor asked to wait
 * @param isLimited true if the processor said that it gets too many requests
 */
export const planNextAttempt = (
  task: Pick<TaskItem, 'expiresAt'>,
  { uncounted = 0, used }: Pick<StoredDispatch, 'uncounted' | 'used'>,
  settings: Timing,
  now: number,
  retryAfter: number | undefined,
  isLimited: boolean,
): NextAttempt => {
  const { delays } = settings.retry;
  const isCounted = !isLimited || retryAfter === undefined || uncounted >= MAX_UNCOUNTED_ATTEMPTS;
  const after = isCounted ? { used: used + 1, uncounted } : { used, uncounted: uncounted + 1 };
  if (after.used > delays.length) return { failure: 'AttemptsUsed' };
  // An attempt that does not count waits as one that does. So `Retry-After: 0` is not answered with 20 attempts at once.
  const delay = delays[Math.min(used, delays.length - 1)] ?? 0;
  const seconds = Math.max(delay, retryAfter ?? 0);
  const at = Math.ceil((now + seconds * 1000) / 1000);
  return at > latestAttemptOf(task, settings) ? { failure: 'NoTimeLeft' } : { at, ...after };
};

/** RFC 9110 §5.6.7, the form that senders must write. */
const HTTP_DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * Reads `Retry-After` (RFC 9110 §10.2.3): seconds, or a date. Returns seconds, at most an hour; undefined for anything else.
 * @param now milliseconds since 1970
 */
export const readRetryAfter = (value: string | undefined, now: number): number | undefined => {
  const text = value?.trim() ?? '';
  const seconds = /^\d{1,10}$/.test(text)
    ? Number(text)
    : HTTP_DATE.test(text)
      ? Math.ceil((Date.parse(text) - now) / 1000)
      : Number.NaN;
  return Number.isNaN(seconds) ? undefined : Math.min(Math.max(0, seconds), MAX_RETRY_AFTER_SECONDS);
};
