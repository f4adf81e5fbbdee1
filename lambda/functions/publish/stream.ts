import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { RepublishRequest } from '../../contract/redrive.ts';
import type { ChangeRecord } from './change-record.ts';
import type { Publisher } from './publish-records.ts';

/** Lambda's response format for partial failures: Lambda retries from the lowest of these on. */
export interface StreamBatchResponse {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/**
 * Handles an event of a DynamoDB stream, or of `redrive`, and reports partial failures. Ignores removals (a task after its retention) and
 * values that are not stream records. Does not ignore a write without a readable image.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
 * @param republish publishes changes of `redrive`
 */
export const fromStream =
  (publish: Publisher, republish: Publisher) =>
  async (event: unknown): Promise<StreamBatchResponse> => {
    const { Records: records, redrive } = (event ?? {}) as Partial<Record<keyof RepublishRequest, unknown>>;
    const failed = await (redrive === true ? republish : publish)(
      Array.isArray(records) ? records.flatMap(toChange) : [],
    );
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
      ...(eventName === 'MODIFY' && { isModification: true }),
      ...(typeof eventSourceARN === 'string' && { streamArn: eventSourceARN }),
      image: (image ?? {}) as Readonly<Record<string, AttributeValue>>,
    },
  ];
};
