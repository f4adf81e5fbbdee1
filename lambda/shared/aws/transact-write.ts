import type { CancellationReason, TransactWriteItem } from '@aws-sdk/client-dynamodb';
import type { CallDynamoDB } from './dynamodb.ts';
import {
  CONDITION_FAILED,
  type ConflictRetries,
  cancellationReasons,
  type IsFinal,
  isConflict,
  isNamed,
  retryConflicts,
} from './transaction-conflicts.ts';

/**
 * Writes all items or none. Retries conflicts with other transactions.
 * @param isFinal see `retryConflicts`
 * @returns undefined if everything was written; if a condition failed, the reasons by position, with the requested items
 * @throws the last conflict, and every other error
 */
export const transact = async (
  call: CallDynamoDB,
  items: readonly TransactWriteItem[],
  retries: ConflictRetries,
  isFinal?: IsFinal,
): Promise<readonly CancellationReason[] | undefined> => {
  const write = () => call('TransactWriteItems', { TransactItems: [...items] });
  try {
    await retryConflicts(write, retries, isFinal);
    return undefined;
  } catch (error) {
    if (!isNamed(error, 'TransactionCanceledException') || isConflict(error, isFinal)) throw error;
    const reasons = cancellationReasons(error);
    if (reasons.some(({ Code }) => Code === CONDITION_FAILED)) return reasons;
    throw error;
  }
};
