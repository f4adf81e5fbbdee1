import { ChangeMessageVisibilityCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { OutcomeMessages } from './outcome-messages.ts';

/** The FIFO queue of outcomes, and its dead-letter queue. */
export const createSqsOutcomeMessages = (
  client: Pick<SQSClient, 'send'>,
  urls: { readonly queue: string; readonly deadLetters: string },
): OutcomeMessages => ({
  delay: async (ReceiptHandle, VisibilityTimeout) => {
    await client.send(new ChangeMessageVisibilityCommand({ QueueUrl: urls.queue, ReceiptHandle, VisibilityTimeout }));
  },

  giveUp: async ({ body, messageId }) => {
    await client.send(
      new SendMessageCommand({
        QueueUrl: urls.deadLetters,
        MessageBody: body,
        // The order of dead letters has no meaning: a separate group keeps each from waiting for another one.
        MessageGroupId: messageId,
        MessageDeduplicationId: messageId,
      }),
    );
  },
});
