import {
  type CancellationReason,
  type DynamoDBClient,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { CONDITION_FAILED, type ConflictRetries, type IsAnswer, isConflict, retryConflicts } from './conflicts.ts';

/**
 * Writes all items or none. Conflicts with other transactions are retried inside.
 * @param isAnswer see `retryConflicts`
 * @returns undefined when everything was written; where a condition did not hold, the reasons by position, with the items
 * that were asked for
 * @throws the last conflict, and whatever else goes wrong
 */
export const transact = async (
  client: Pick<DynamoDBClient, 'send'>,
  items: readonly TransactWriteItem[],
  retries: ConflictRetries,
  isAnswer?: IsAnswer,
): Promise<readonly CancellationReason[] | undefined> => {
  const write = () => client.send(new TransactWriteItemsCommand({ TransactItems: [...items] }));
  try {
    await retryConflicts(write, retries, isAnswer);
    return undefined;
  } catch (error) {
    if (!(error instanceof TransactionCanceledException) || isConflict(error, isAnswer)) throw error;
    const reasons = error.CancellationReasons ?? [];
    if (reasons.some(({ Code }) => Code === CONDITION_FAILED)) return reasons;
    throw error;
  }
};
