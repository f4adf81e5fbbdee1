import { ChangeMessageVisibilityCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { eventId } from '../../contract/events.ts';
import type { OutcomeMessage } from '../../contract/resume.ts';
import type { OutcomeMessages } from './outcome-messages.ts';

/** The FIFO queue of outcomes, and its dead-letter queue. */
export const createSqsOutcomeMessages = (
  client: Pick<SQSClient, 'send'>,
  urls: { readonly queue: string; readonly deadLetters: string },
): OutcomeMessages => ({
  delay: async (ReceiptHandle, VisibilityTimeout) => {
    await client.send(new ChangeMessageVisibilityCommand({ QueueUrl: urls.queue, ReceiptHandle, VisibilityTimeout }));
  },

  giveUp: async ({ sequence, taskId }) => {
    await client.send(
      new SendMessageCommand({
        QueueUrl: urls.deadLetters,
        MessageBody: JSON.stringify({ taskId, sequence } satisfies OutcomeMessage),
        MessageGroupId: taskId,
        MessageDeduplicationId: eventId(taskId, sequence),
      }),
    );
  },
});
