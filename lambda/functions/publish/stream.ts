import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { ChangeRecord } from './change-record.ts';
import type { Publisher } from './publish-records.ts';

/** Lambda's answer to a batch of which a part has to come again, from the lowest of these on. */
export interface StreamBatchResponse {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/**
 * The way from a DynamoDB stream's event to Lambda's report of partial failures. Removals (a task past its retention)
 * and records that are none of the stream's are passed over; a write without a readable image is not.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
 */
export const fromStream =
  (publish: Publisher) =>
  async (event: unknown): Promise<StreamBatchResponse> => {
    const records = (event as { readonly Records?: unknown } | null)?.Records;
    const failed = await publish(Array.isArray(records) ? records.flatMap(toChange) : []);
    return { batchItemFailures: failed === undefined ? [] : [{ itemIdentifier: failed }] };
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
      ...(typeof eventSourceARN === 'string' && { streamArn: eventSourceARN }),
      image: (image ?? {}) as Readonly<Record<string, AttributeValue>>,
    },
  ];
};
