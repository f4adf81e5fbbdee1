import type { SQSClient } from '@aws-sdk/client-sqs';
import { eventId } from '../../contract/events.ts';
import type { OutcomeMessage } from '../../contract/resume.ts';
import { sendBatch } from '../../shared/aws/send-batch.ts';

export interface OutcomeQueue {
  /**
   * Sends messages in one request. The queue may take some of them and refuse others.
   * @param messages at most `MAX_BATCH_MESSAGES`, each of another task: the queue could take the later one of a task only
   * @returns one value for each message in order: undefined if the queue has it, otherwise the error code
   * @throws if the queue is unavailable
   */
  send(messages: readonly OutcomeMessage[]): Promise<readonly (string | undefined)[]>;
}

/**
 * The FIFO queue of outcomes. Messages of one task are a group, so that they are received in order. A repeat of the stream
 * within five minutes is the same message.
 */
export const createOutcomeQueue = (client: Pick<SQSClient, 'send'>, url: string): OutcomeQueue => ({
  send: (messages) =>
    sendBatch(
      client,
      url,
      messages.map(({ sequence, taskId }) => ({
        MessageBody: JSON.stringify({ taskId, sequence } satisfies OutcomeMessage),
        MessageGroupId: taskId,
        MessageDeduplicationId: eventId(taskId, sequence),
      })),
    ),
});
