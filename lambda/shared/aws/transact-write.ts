import type { CancellationReason, TransactWriteItem } from '@aws-sdk/client-dynamodb';
import type { CallDynamoDB } from './dynamodb.ts';
import {
  CONDITION_FAILED,
  type ConflictRetries,
  cancellationReasons,
  type IsAnswer,
  isConflict,
  isNamed,
  retryConflicts,
} from './transaction-conflicts.ts';

/**
 * Writes all items or none. Conflicts with other transactions are retried inside.
 * @param isAnswer see `retryConflicts`
 * @returns undefined when everything was written; where a condition did not hold, the reasons by position, with the items
 * that were asked for
 * @throws the last conflict, and whatever else goes wrong
 */
export const transact = async (
  call: CallDynamoDB,
  items: readonly TransactWriteItem[],
  retries: ConflictRetries,
  isAnswer?: IsAnswer,
): Promise<readonly CancellationReason[] | undefined> => {
  const write = () => call('TransactWriteItems', { TransactItems: [...items] });
  try {
    await retryConflicts(write, retries, isAnswer);
    return undefined;
  } catch (error) {
    if (!isNamed(error, 'TransactionCanceledException') || isConflict(error, isAnswer)) throw error;
    const reasons = cancellationReasons(error);
    if (reasons.some(({ Code }) => Code === CONDITION_FAILED)) return reasons;
    throw error;
  }
};
