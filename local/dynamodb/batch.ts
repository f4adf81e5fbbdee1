import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import { itemFailures } from '../functions/item-failures.ts';

const FIRST_BACKOFF_MS = 50;
const LONGEST_BACKOFF_MS = 5_000;

/** Settings of an event source mapping for failed batches. */
export interface FailurePolicy {
  /** `ReportBatchItemFailures`: the answer may name the record from which the batch failed. */
  readonly reportsItemFailures: boolean;
  readonly bisects: boolean;
  /** Attempts after the first; `undefined`: until it works. */
  readonly maximumRetries: number | undefined;
  /** Seconds; `undefined`: any age. */
  readonly maximumAge: number | undefined;
}

export interface BatchContext extends FailurePolicy {
  readonly streamArn: string;
  readonly shardId: string;
  readonly functionArn: string;
  readonly invoke: (event: DynamoDBStreamEvent) => Promise<unknown>;
  /** Records that everything up to and including this record was handled, or discarded and reported. */
  readonly advance: (sequenceNumber: string) => void;
  /** Takes the account of records that were given up. */
  readonly giveUp: (account: string) => Promise<void>;
  readonly signal: AbortSignal;
}

type Condition = 'RetryAttemptsExhausted' | 'RecordAgeExceeded';

/**
 * Handles one batch of a shard to its end, as Lambda does: in order, again after a failure, from the record on that the
 * function named, in halves where the mapping bisects; a batch whose attempts are used up is given up with an account of
 * where it lies in the stream. Returns early, without advancing, once the signal is aborted.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
 */
export const handleBatch = async (records: readonly DynamoDBRecord[], context: BatchContext): Promise<void> => {
  let rest = records;
  let retries = 0;
  let invocations = 0;
  while (rest.length > 0 && !context.signal.aborted) {
    if (isTooOld(rest[0], context.maximumAge)) {
      const old = rest.filter((record) => isTooOld(record, context.maximumAge));
      await abandon(old, 'RecordAgeExceeded', invocations, context);
      rest = rest.slice(old.length);
      continue;
    }
    invocations += 1;
    const failedFrom = await failureOf(rest, context);
    if (failedFrom === undefined) {
      context.advance(sequenceNumberOf(rest.at(-1)));
      return;
    }
    if (context.signal.aborted) return;
    if (failedFrom > 0) {
      context.advance(sequenceNumberOf(rest[failedFrom - 1]));
      rest = rest.slice(failedFrom);
    }
    if (context.bisects && rest.length > 1) {
      // A split does not count as a retry.
      if (failedFrom > 0) continue;
      const middle = Math.ceil(rest.length / 2);
      await handleBatch(rest.slice(0, middle), context);
      await handleBatch(rest.slice(middle), context);
      return;
    }
    if (context.maximumRetries !== undefined && retries >= context.maximumRetries) {
      await abandon(rest, 'RetryAttemptsExhausted', invocations, context);
      return;
    }
    await pause(retries, context.signal);
    retries += 1;
  }
};

const pause = async (retries: number, signal: AbortSignal): Promise<void> => {
  const time = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.min(retries, 16));
  await delay(time, undefined, { signal }).catch(() => undefined);
};

/** The index of the first record that failed; `undefined` when none did. */
const failureOf = async (records: readonly DynamoDBRecord[], context: BatchContext): Promise<number | undefined> => {
  let answer: unknown;
  try {
    answer = await context.invoke({ Records: [...records] });
  } catch {
    return 0;
  }
  if (!context.reportsItemFailures) return undefined;
  const failures = itemFailures(answer);
  if (failures === undefined) return 0;
  if (failures.length === 0) return undefined;
  // A sequence number from outside the batch has index -1, the lowest, and so fails the whole batch.
  const first = Math.min(
    ...failures.map((name) => records.findIndex(({ dynamodb }) => dynamodb?.SequenceNumber === name)),
  );
  return Math.max(0, first);
};

const abandon = async (
  records: readonly DynamoDBRecord[],
  condition: Condition,
  invocations: number,
  context: BatchContext,
): Promise<void> => {
  await context.giveUp(accountOf(records, condition, invocations, context));
  context.advance(sequenceNumberOf(records.at(-1)));
};

/**
 * Message for an on-failure destination: the position of the records in the stream, without the records.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
 */
const accountOf = (
  records: readonly DynamoDBRecord[],
  condition: Condition,
  invocations: number,
  { functionArn, shardId, streamArn }: BatchContext,
): string =>
  JSON.stringify({
    requestContext: {
      requestId: randomUUID(),
      functionArn,
      condition,
      approximateInvokeCount: invocations,
    },
    ...(invocations > 0 && {
      responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    }),
    version: '1.0',
    timestamp: new Date().toISOString(),
    DDBStreamBatchInfo: {
      shardId,
      startSequenceNumber: sequenceNumberOf(records[0]),
      endSequenceNumber: sequenceNumberOf(records.at(-1)),
      approximateArrivalOfFirstRecord: arrivalOf(records[0])?.toISOString(),
      approximateArrivalOfLastRecord: arrivalOf(records.at(-1))?.toISOString(),
      batchSize: records.length,
      streamArn,
    },
  });

const arrivalOf = (record: DynamoDBRecord | undefined): Date | undefined => {
  const seconds = record?.dynamodb?.ApproximateCreationDateTime;
  return seconds === undefined ? undefined : new Date(seconds * 1_000);
};

const isTooOld = (record: DynamoDBRecord | undefined, maximumAge: number | undefined): boolean => {
  const arrival = arrivalOf(record);
  return maximumAge !== undefined && arrival !== undefined && Date.now() - arrival.getTime() > maximumAge * 1_000;
};

const sequenceNumberOf = (record: DynamoDBRecord | undefined): string => {
  const number = record?.dynamodb?.SequenceNumber;
  if (number === undefined) throw new Error('A stream record came without a sequence number.');
  return number;
};
