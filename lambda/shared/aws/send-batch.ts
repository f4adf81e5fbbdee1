import { SendMessageBatchCommand, type SendMessageBatchRequestEntry, type SQSClient } from '@aws-sdk/client-sqs';

/** Most messages of one request. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html */
export const MAX_BATCH_MESSAGES = 10;

/**
 * Sends messages in one request. The queue may take some of them and refuse others.
 * @param messages at most `MAX_BATCH_MESSAGES`
 * @returns one value for each message in order: undefined if the queue has it, otherwise the error code
 * @throws if the queue is unavailable
 */
export const sendBatch = async (
  client: Pick<SQSClient, 'send'>,
  url: string,
  messages: readonly Omit<SendMessageBatchRequestEntry, 'Id'>[],
): Promise<readonly (string | undefined)[]> => {
  const { Failed: failed = [], Successful: successful = [] } = await client.send(
    new SendMessageBatchCommand({ QueueUrl: url, Entries: messages.map((message, i) => ({ ...message, Id: `${i}` })) }),
  );
  return messages.map((_, i) =>
    successful.some(({ Id }) => Id === `${i}`)
      ? undefined
      : (failed.find(({ Id }) => Id === `${i}`)?.Code ?? 'NoMessageId'),
  );
};
