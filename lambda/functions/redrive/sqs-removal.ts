import { DeleteMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { ReceivedLetter } from '../../shared/operator/dead-letter.ts';

/** Deletes received letters from their queues. @param urls URL of each queue by its name */
export const createSqsRemoval =
  (client: Pick<SQSClient, 'send'>, urls: Readonly<Record<string, string>>) =>
  async (queue: string, { receipt }: ReceivedLetter): Promise<void> => {
    await client.send(new DeleteMessageCommand({ QueueUrl: urls[queue], ReceiptHandle: receipt }));
  };
