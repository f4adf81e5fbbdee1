import type { CancellationReason } from '@aws-sdk/client-dynamodb';
import { CONFLICT_RETRIES } from '../../contract/call-limits.ts';
import { monotonicMilliseconds } from '../clock.ts';

/** Dependencies of retries after a conflict with another transaction on the same item. */
export interface ConflictRetries {
  /** Waits a number of milliseconds. */
  readonly wait: (milliseconds: number) => Promise<void>;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /**
   * Milliseconds, for durations only.
   * @default monotonicMilliseconds
   */
  readonly clock?: () => number;
}

/** Reasons of a cancelled transaction that may succeed a moment later. The SDK does not retry it. */
const TRANSIENT_REASONS: ReadonlySet<string | undefined> = new Set([
  'TransactionConflict',
  'ThrottlingError',
  'ProvisionedThroughputExceeded',
]);

/** True if the codes of a cancelled transaction, by position, are final: then conflicts among them do not matter. */
export type IsFinal = (codes: readonly (string | undefined)[]) => boolean;

export const CONDITION_FAILED = 'ConditionalCheckFailed';

const includesFailedCondition: IsFinal = (codes) => codes.includes(CONDITION_FAILED);

/**
 * Repeats a write while it conflicts with other transactions, with full jitter up to a growing wait, about 1 s in all.
 * @param isFinal @default a failed condition is final
 * @throws the last conflict, or any other error of the write at once, such as a failed condition
 */
export const retryConflicts = async <T>(
  write: () => Promise<T>,
  { random, wait, clock = monotonicMilliseconds }: ConflictRetries,
  isFinal?: IsFinal,
): Promise<T> => {
  const { attempts, firstWaitMilliseconds, lastAttemptAfterMilliseconds, longestWaitMilliseconds } = CONFLICT_RETRIES;
  const began = clock();
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await write();
    } catch (error) {
      const isLast = attempt === attempts || clock() - began > lastAttemptAfterMilliseconds;
      if (isLast || !isConflict(error, isFinal)) throw error;
      await wait(random() * Math.min(longestWaitMilliseconds, firstWaitMilliseconds * 2 ** attempt));
    }
  }
};

/** True if the write failed for a transient reason and no condition has decided its outcome. */
export const isConflict = (error: unknown, isFinal: IsFinal = includesFailedCondition): boolean => {
  if (isNamed(error, 'TransactionConflictException')) return true;
  if (!isNamed(error, 'TransactionCanceledException')) return false;
  const codes = cancellationReasons(error).map(({ Code }) => Code);
  return !isFinal(codes) && codes.some((code) => TRANSIENT_REASONS.has(code));
};

/** True for an error with this code of DynamoDB, from our client or from the SDK's. */
export const isNamed = (error: unknown, name: `${string}Exception`): error is Error =>
  error instanceof Error && error.name === name;

/** Returns the reasons of a cancelled transaction, by position of its items. */
export const cancellationReasons = (error: Error): readonly CancellationReason[] =>
  (error as { readonly CancellationReasons?: readonly CancellationReason[] }).CancellationReasons ?? [];
