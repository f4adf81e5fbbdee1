import {
  ChangeMessageVisibilityCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { ReceivedLetter } from './dead-letter.ts';
import type { DeadLetterQueues } from './dead-letter-queues.ts';

/** Long polling asks all servers of SQS, short polling only some. */
const PATIENCE_SECONDS = 1;

/** Timeout of a request that waits for a letter. */
export const LONG_POLL_TIMEOUT_MILLISECONDS = 3_000;

/**
 * Dead-letter queues in Amazon SQS. A message can only be read by receiving it: SQS hides it for the visibility timeout, and
 * it stays in the queue until it is deleted. So another reader does not see the message for a moment. A reader with long
 * polling waits for it. The queues have no redrive policy, so messages can be received any number of times.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html
 * @param urls URL of each queue by its name
 */
export const createSqsDeadLetterQueues = (
  client: Pick<SQSClient, 'send'>,
  urls: Readonly<Record<string, string>>,
): DeadLetterQueues => ({
  names: Object.keys(urls),

  receive: async (queue, { hiddenSeconds, isPatient, limit }) => {
    const { Messages: messages = [] } = await client.send(
      new ReceiveMessageCommand({
        QueueUrl: urls[queue],
        MaxNumberOfMessages: limit,
        VisibilityTimeout: hiddenSeconds,
        WaitTimeSeconds: isPatient ? PATIENCE_SECONDS : 0,
        MessageSystemAttributeNames: ['SentTimestamp'],
        MessageAttributeNames: ['ERROR_CODE'],
      }),
    );
    return messages.map(toLetter);
  },

  release: async (queue, letters) => {
    // SQS returns an error for a message that is already visible. After any other failure the visibility timeout shows it.
    await Promise.allSettled(
      letters.map(({ receipt }) =>
        client.send(
          new ChangeMessageVisibilityCommand({ QueueUrl: urls[queue], ReceiptHandle: receipt, VisibilityTimeout: 0 }),
        ),
      ),
    );
  },
});

const toLetter = ({
  Attributes,
  Body = '',
  MessageAttributes,
  MessageId = '',
  ReceiptHandle = '',
}: Message): ReceivedLetter => {
  const errorCode = MessageAttributes?.ERROR_CODE?.StringValue;
  return {
    id: MessageId,
    at: new Date(Number(Attributes?.SentTimestamp ?? 0)).toISOString(),
    body: Body,
    ...(errorCode !== undefined && { errorCode }),
    receipt: ReceiptHandle,
  };
};
