import { AWS_RETRIES } from '../../contract/call-limits.ts';
import { ServiceError } from './service-error.ts';

/** Kinds of errors after which a call is tried again. */
type RetryableError = 'transient' | 'throttling';

export interface RetryOptions {
  /** Number of attempts, including the first. */
  readonly attempts: number;
  readonly baseMilliseconds: number;
  /** Waits a number of milliseconds. */
  readonly wait: (milliseconds: number) => Promise<void>;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** Makes an attempt, and repeats it after a retryable error. */
export type Retry = <T>(attempt: () => Promise<T>) => Promise<T>;

/**
 * Creates the standard retry mode of the AWS SDKs: its errors, attempts, waits and budget.
 * @throws the error of the last attempt
 */
export const createRetry = ({ attempts, baseMilliseconds, random, wait }: RetryOptions): Retry => {
  const { budget, cost, longestHintMilliseconds, longestWaitMilliseconds, throttlingBaseMilliseconds } = AWS_RETRIES;
  let left: number = budget;

  return async (attempt) => {
    let paid = 1;
    for (let number = 1; ; number += 1) {
      try {
        const result = await attempt();
        left = Math.min(budget, left + paid);
        return result;
      } catch (error) {
        const kind = retryableKindOf(error);
        if (kind === undefined || number === attempts || left < cost[kind]) throw error;
        paid = cost[kind];
        left -= paid;
        const base = kind === 'throttling' ? throttlingBaseMilliseconds : baseMilliseconds;
        const backoff = Math.floor(random() * Math.min(base * 2 ** (number - 1), longestWaitMilliseconds));
        const hint = error instanceof ServiceError ? (error.retryAfterMilliseconds ?? 0) : 0;
        await wait(Math.max(backoff, Math.min(hint, backoff + longestHintMilliseconds)));
      }
    }
  };
};

const THROTTLING_NAMES: ReadonlySet<string> = new Set([
  'BandwidthLimitExceeded',
  'LimitExceededException',
  'PriorRequestNotComplete',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'ThrottledException',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
  'TransactionInProgressException',
]);

const TRANSIENT_NAMES: ReadonlySet<string> = new Set(['TimeoutError', 'RequestTimeout', 'RequestTimeoutException']);
const TRANSIENT_STATUSES: ReadonlySet<number> = new Set([500, 502, 503, 504]);
const TRANSIENT_NETWORK_CODES: ReadonlySet<unknown> = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

const retryableKindOf = (error: unknown): RetryableError | undefined => {
  if (!(error instanceof Error)) return undefined;
  const service = error instanceof ServiceError ? error : undefined;
  if (service?.status === 429 || THROTTLING_NAMES.has(error.name)) return 'throttling';
  const isTransient =
    service?.clockCorrected ||
    TRANSIENT_NAMES.has(error.name) ||
    TRANSIENT_STATUSES.has(service?.status ?? 0) ||
    TRANSIENT_NETWORK_CODES.has((error as NodeJS.ErrnoException).code);
  return isTransient ? 'transient' : undefined;
};
