import { cancellationReasons, isNamed } from '../../shared/aws/transaction-conflicts.ts';

/** Reasons of a cancelled transaction that concern the table and not the task. */
const OF_THE_TABLE: ReadonlySet<string | undefined> = new Set(['ThrottlingError', 'ProvisionedThroughputExceeded']);

/**
 * True if the error concerns one task: it is too large, or other requests change it in every attempt. Every other error concerns
 * the tables, and later attempts may succeed.
 */
export const isPermanent = (error: unknown): boolean => {
  if (isNamed(error, 'ValidationException')) return true;
  if (!isNamed(error, 'TransactionCanceledException')) return false;
  return !cancellationReasons(error).some(({ Code }) => OF_THE_TABLE.has(Code));
};
