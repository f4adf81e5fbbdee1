import { describeError } from '../../shared/refusal.ts';

export interface RetryDeniedOptions {
  /** Time from the first attempt to the last one, in milliseconds. */
  readonly limit: number;
  /** Time between two attempts, in milliseconds. */
  readonly pause: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly wait: (milliseconds: number) => Promise<void>;
}

/**
 * Repeats an operation that is denied. A deployment calls the function right after its role, the table and the key were made,
 * and IAM takes some time until a permission works everywhere.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
 * @throws the error of the last attempt
 */
export const retryDenied = async (
  operation: () => Promise<void>,
  { limit, now, pause, wait }: RetryDeniedOptions,
): Promise<void> => {
  const until = now() + limit;
  for (;;) {
    try {
      return await operation();
    } catch (error) {
      const isDenied = describeError(error).startsWith('AccessDenied');
      if (!isDenied || now() + pause > until) throw error;
      await wait(pause);
    }
  }
};
