import { TransactionConflictException } from '@aws-sdk/client-dynamodb';

/** How to wait between attempts. */
export interface Patience {
  /** Waits so many milliseconds. */
  readonly wait: (milliseconds: number) => Promise<void>;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** Tried so often, with full jitter up to a growing wait: about 1 s in all. */
const MAX_ATTEMPTS = 10;
const FIRST_WAIT_MILLISECONDS = 10;
const LONGEST_WAIT_MILLISECONDS = 200;

/** A plain write of an item that a transaction is changing is refused, and the SDK does not try it again: this does. */
export const retryConflicts = async <T>({ random, wait }: Patience, attemptOnce: () => Promise<T>): Promise<T> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await attemptOnce();
    } catch (error) {
      if (!(error instanceof TransactionConflictException) || attempt === MAX_ATTEMPTS) throw error;
      await wait(random() * Math.min(LONGEST_WAIT_MILLISECONDS, FIRST_WAIT_MILLISECONDS * 2 ** attempt));
    }
  }
};
