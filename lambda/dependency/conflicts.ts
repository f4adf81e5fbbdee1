import { TransactionCanceledException, TransactionConflictException } from '@aws-sdk/client-dynamodb';

/** How a write that met another transaction on the same item is tried again. */
export interface ConflictRetries {
  /** Waits so many milliseconds. */
  readonly wait: (milliseconds: number) => Promise<void>;
  /** Uniform in [0, 1). */
  readonly random: () => number;
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

const MAX_ATTEMPTS = 10;

/** No new attempt begins after so many milliseconds: the caller still wants to be answered within the function's time. */
const LAST_ATTEMPT_AFTER_MILLISECONDS = 4_000;

const FIRST_WAIT_MILLISECONDS = 10;
const LONGEST_WAIT_MILLISECONDS = 200;

/**
 * Does a write again while it conflicts with other transactions, with full jitter up to a growing wait, about 1 s in all.
 * @param isAnswer @default a condition that does not hold is an answer, whatever else is among the codes
 * @throws the last conflict, and whatever else the write throws; a condition that does not hold is an answer, not a
 * conflict
 */
export const retryConflicts = async <T>(
  write: () => Promise<T>,
  { random, wait }: ConflictRetries,
  isAnswer?: IsAnswer,
): Promise<T> => {
  const began = performance.now();
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await write();
    } catch (error) {
      const isLast = attempt === MAX_ATTEMPTS || performance.now() - began > LAST_ATTEMPT_AFTER_MILLISECONDS;
      if (isLast || !isConflict(error, isAnswer)) throw error;
      await wait(random() * Math.min(LONGEST_WAIT_MILLISECONDS, FIRST_WAIT_MILLISECONDS * 2 ** attempt));
    }
  }
};

/** Whether a write may go through a moment later, and its outcome is not known by what stands there. */
export const isConflict = (error: unknown, isAnswer: IsAnswer = includesFailedCondition): boolean => {
  if (error instanceof TransactionConflictException) return true;
  if (!(error instanceof TransactionCanceledException)) return false;
  const codes = (error.CancellationReasons ?? []).map(({ Code }) => Code);
  return !isAnswer(codes) && codes.some((code) => TRANSIENT_REASONS.has(code));
};
