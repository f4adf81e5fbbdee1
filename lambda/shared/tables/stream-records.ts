import type { AttributeValue } from '@aws-sdk/client-dynamodb';

/** A change of a table, in the order of its shard. */
export interface ChangeRecord {
  readonly sequenceNumber: string;
  readonly streamArn?: string;
  /** True if the item existed before. */
  readonly isModification?: boolean;
  /** The item after the change. */
  readonly image: Readonly<Record<string, AttributeValue>>;
}

/** Lambda's response format for partial failures: Lambda retries from the lowest of these on. */
export interface StreamBatchResponse {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/**
 * Returns the response to a batch.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
 * @param failed sequence number of the first change to retry, together with all after it; undefined if all are done
 */
export const answerBatch = (failed: string | undefined): StreamBatchResponse => ({
  batchItemFailures: failed === undefined ? [] : [{ itemIdentifier: failed }],
});

/**
 * Returns the writes in an event of a DynamoDB stream. Ignores removals (an item after its retention) and values that are not
 * stream records. Does not ignore a write without a readable image.
 */
export const readRecords = (event: unknown): readonly ChangeRecord[] => {
  const { Records: records } = (event ?? {}) as { readonly Records?: unknown };
  return Array.isArray(records) ? records.flatMap(toChange) : [];
};

const WRITES: readonly unknown[] = ['INSERT', 'MODIFY'];

const toChange = (record: unknown): readonly ChangeRecord[] => {
  const { dynamodb, eventName, eventSourceARN } = (record ?? {}) as {
    readonly eventName?: unknown;
    readonly eventSourceARN?: unknown;
    readonly dynamodb?: { readonly SequenceNumber?: unknown; readonly NewImage?: unknown };
  };
  const { NewImage: image, SequenceNumber: sequenceNumber } = dynamodb ?? {};
  if (!WRITES.includes(eventName) || typeof sequenceNumber !== 'string') return [];
  return [
    {
      sequenceNumber,
      ...(eventName === 'MODIFY' && { isModification: true }),
      ...(typeof eventSourceARN === 'string' && { streamArn: eventSourceARN }),
      image: (image ?? {}) as Readonly<Record<string, AttributeValue>>,
    },
  ];
};
