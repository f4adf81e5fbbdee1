import { TASK_ID_PATTERN } from '../../contract/claims.ts';
import type { OutcomeMessage } from '../../contract/resume.ts';
import type { Receive, ReceivedMessage } from './outcome-messages.ts';

/** Lambda's response format for partial failures. Lambda deletes the other messages. */
export interface QueueBatchResponse {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/** Work on messages. Each method returns false if the message is to be received again, and never rejects. */
export interface MessageWork {
  resume(message: ReceivedMessage): Promise<boolean>;
  /** A message that is not an outcome. */
  drop(message: Receive): Promise<boolean>;
}

/**
 * Handles an event of the FIFO queue, or one of `redrive` with the same form, and reports partial failures. After a message that
 * failed, later ones of the same task fail too, so that they keep their order. Other tasks are not concerned.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 * @param now milliseconds since 1970
 * @throws {TypeError} for an event without messages: `redrive` must not take its letter as processed
 */
export const fromQueue =
  (work: MessageWork, now: () => number) =>
  async (event: unknown): Promise<QueueBatchResponse> => {
    const { Records: records } = (event ?? {}) as { readonly Records?: unknown };
    if (!Array.isArray(records)) throw new TypeError('The event has no messages.');
    const failedTasks = new Set<string>();
    const failed: string[] = [];
    for (const record of records) {
      const receive = readReceive(record, now());
      const outcome = readOutcome(receive.body);
      if (outcome === undefined) {
        if (!(await work.drop(receive))) failed.push(receive.messageId);
      } else if (failedTasks.has(outcome.taskId) || !(await work.resume({ ...receive, ...outcome }))) {
        failedTasks.add(outcome.taskId);
        failed.push(receive.messageId);
      }
    }
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
  };

/** https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html */
interface SqsRecord {
  readonly messageId?: unknown;
  readonly body?: unknown;
  readonly receiptHandle?: unknown;
  readonly attributes?: {
    readonly ApproximateReceiveCount?: unknown;
    readonly ApproximateFirstReceiveTimestamp?: unknown;
  };
}

const readReceive = ({ attributes = {}, body, messageId, receiptHandle }: SqsRecord, now: number): Receive => ({
  messageId: String(messageId),
  body: String(body),
  ...(typeof receiptHandle === 'string' && { receiptHandle }),
  receives: Number(attributes.ApproximateReceiveCount) || 1,
  firstReceivedAt: Number(attributes.ApproximateFirstReceiveTimestamp) || now,
});

const readOutcome = (body: string): OutcomeMessage | undefined => {
  try {
    const { sequence, taskId } = JSON.parse(body) as Partial<Record<keyof OutcomeMessage, unknown>>;
    if (typeof taskId !== 'string' || !TASK_ID_PATTERN.test(taskId)) return undefined;
    return Number.isSafeInteger(sequence) ? { taskId, sequence: sequence as number } : undefined;
  } catch {
    return undefined;
  }
};
