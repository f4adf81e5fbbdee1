import { AWS_RETRIES } from '../../contract/limits.ts';
import { ServiceError } from './service-error.ts';

/** Why a call may go through a moment later. */
type Passing = 'transient' | 'throttling';

export interface RetryOptions {
  /** First try included. */
  readonly attempts: number;
  readonly baseMilliseconds: number;
  /** Waits so many milliseconds. */
  readonly wait: (milliseconds: number) => Promise<void>;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** Makes an attempt, and others where what went wrong may pass. */
export type Retry = <T>(attempt: () => Promise<T>) => Promise<T>;

/**
 * The standard retry mode of the AWS SDKs: which errors, how often, how long between, and within which budget.
 * @throws whatever the last attempt threw
 */
export const createRetry = ({ attempts, baseMilliseconds, random, wait }: RetryOptions): Retry => {
  const { budget, cost, longestHintMilliseconds, longestWaitMilliseconds, throttlingBaseMilliseconds } = AWS_RETRIES;
  let left: number = budget;

  return async (attempt) => {
    let paid = 1;
    for (let number = 1; ; number += 1) {
      try {
        const answer = await attempt();
        left = Math.min(budget, left + paid);
        return answer;
      } catch (error) {
        const passing = passingOf(error);
        if (passing === undefined || number === attempts || left < cost[passing]) throw error;
        paid = cost[passing];
        left -= paid;
        const base = passing === 'throttling' ? throttlingBaseMilliseconds : baseMilliseconds;
        const ours = Math.floor(random() * Math.min(base * 2 ** (number - 1), longestWaitMilliseconds));
        const hint = error instanceof ServiceError ? (error.retryAfterMilliseconds ?? 0) : 0;
        await wait(Math.max(ours, Math.min(hint, ours + longestHintMilliseconds)));
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

const passingOf = (error: unknown): Passing | undefined => {
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
