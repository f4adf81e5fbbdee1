import type { CancellationReason } from '@aws-sdk/client-dynamodb';
import { CONFLICT_RETRIES } from '../../contract/limits.ts';
import { monotonicMilliseconds } from '../clock.ts';

/** How a write that met another transaction on the same item is tried again. */
export interface ConflictRetries {
  /** Waits so many milliseconds. */
  readonly wait: (milliseconds: number) => Promise<void>;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /**
   * Milliseconds, for durations only.
   * @default monotonicMilliseconds
   */
  readonly clock?: () => number;
}

/** Reasons for which DynamoDB cancels a transaction that may go through a moment later; the SDK does not retry it. */
const TRANSIENT_REASONS: ReadonlySet<string | undefined> = new Set([
  'TransactionConflict',
  'ThrottlingError',
  'ProvisionedThroughputExceeded',
]);

/** Whether the codes of a cancelled transaction, by position, are an answer whatever else is among them. */
export type IsAnswer = (codes: readonly (string | undefined)[]) => boolean;

export const CONDITION_FAILED = 'ConditionalCheckFailed';

const includesFailedCondition: IsAnswer = (codes) => codes.includes(CONDITION_FAILED);

/**
 * Does a write again while it conflicts with other transactions, with full jitter up to a growing wait, about 1 s in all.
 * @param isAnswer @default a condition that does not hold is an answer, whatever else is among the codes
 * @throws the last conflict, and whatever else the write throws; a condition that does not hold is an answer, not a
 * conflict
 */
export const retryConflicts = async <T>(
  write: () => Promise<T>,
  { random, wait, clock = monotonicMilliseconds }: ConflictRetries,
  isAnswer?: IsAnswer,
): Promise<T> => {
  const { attempts, firstWaitMilliseconds, lastAttemptAfterMilliseconds, longestWaitMilliseconds } = CONFLICT_RETRIES;
  const began = clock();
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await write();
    } catch (error) {
      const isLast = attempt === attempts || clock() - began > lastAttemptAfterMilliseconds;
      if (isLast || !isConflict(error, isAnswer)) throw error;
      await wait(random() * Math.min(longestWaitMilliseconds, firstWaitMilliseconds * 2 ** attempt));
    }
  }
};

/** Whether a write may go through a moment later, and its outcome is not known by what stands there. */
export const isConflict = (error: unknown, isAnswer: IsAnswer = includesFailedCondition): boolean => {
  if (isNamed(error, 'TransactionConflictException')) return true;
  if (!isNamed(error, 'TransactionCanceledException')) return false;
  const codes = cancellationReasons(error).map(({ Code }) => Code);
  return !isAnswer(codes) && codes.some((code) => TRANSIENT_REASONS.has(code));
};

/** Errors are known by the code of DynamoDB's answer, whichever client heard it. */
export const isNamed = (error: unknown, name: `${string}Exception`): error is Error =>
  error instanceof Error && error.name === name;

/** Of a cancelled transaction, by position. */
export const cancellationReasons = (error: Error): readonly CancellationReason[] =>
  (error as { readonly CancellationReasons?: readonly CancellationReason[] }).CancellationReasons ?? [];
