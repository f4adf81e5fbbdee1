import { TASK_ID_PATTERN } from '../../contract/claims.ts';
import type { OutcomeMessage } from '../../contract/resume.ts';
import type { ReceivedMessage } from './outcome-messages.ts';

/** Lambda's response format for partial failures. Lambda deletes the other messages. */
export interface QueueBatchResponse {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/** Works on one message. Returns false if it is to be received again; never rejects. */
export type WorkOnMessage = (message: ReceivedMessage) => Promise<boolean>;

/**
 * Handles an event of the FIFO queue, or one of `redrive` with the same form, and reports partial failures. After a message that
 * failed, later ones of the same task fail too, so that they keep their order. Other tasks are not concerned.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 * @param now milliseconds since 1970
 * @param onUnreadable is told the id of a message that is not an outcome; it fails, and becomes a dead letter by the queue's rule
 */
export const fromQueue =
  (work: WorkOnMessage, now: () => number, onUnreadable: (messageId: string) => void) =>
  async (event: unknown): Promise<QueueBatchResponse> => {
    const { Records: records } = (event ?? {}) as { readonly Records?: unknown };
    const failed = new Set<string>();
    const batchItemFailures: { readonly itemIdentifier: string }[] = [];
    for (const record of Array.isArray(records) ? records : []) {
      const { messageId } = record as { readonly messageId: string };
      const message = readMessage(record, now());
      if (message === undefined) onUnreadable(messageId);
      else if (!failed.has(message.taskId) && (await work(message))) continue;
      else failed.add(message.taskId);
      batchItemFailures.push({ itemIdentifier: messageId });
    }
    return { batchItemFailures };
  };

interface SqsRecord {
  readonly body?: unknown;
  readonly receiptHandle?: unknown;
  readonly attributes?: {
    readonly ApproximateReceiveCount?: unknown;
    readonly ApproximateFirstReceiveTimestamp?: unknown;
  };
}

const readMessage = ({ attributes = {}, body, receiptHandle }: SqsRecord, now: number): ReceivedMessage | undefined => {
  const message = readBody(body);
  if (message === undefined) return undefined;
  const firstReceivedAt = Number(attributes.ApproximateFirstReceiveTimestamp);
  return {
    ...message,
    ...(typeof receiptHandle === 'string' && { receiptHandle }),
    receives: Number(attributes.ApproximateReceiveCount) || 1,
    firstReceivedAt: firstReceivedAt > 0 ? firstReceivedAt : now,
  };
};

const readBody = (body: unknown): OutcomeMessage | undefined => {
  try {
    const { sequence, taskId } = JSON.parse(String(body)) as Partial<Record<keyof OutcomeMessage, unknown>>;
    if (typeof taskId !== 'string' || !TASK_ID_PATTERN.test(taskId)) return undefined;
    return Number.isSafeInteger(sequence) ? { taskId, sequence: sequence as number } : undefined;
  } catch {
    return undefined;
  }
};
