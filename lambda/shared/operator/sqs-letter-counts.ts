import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { CountLetters } from './dead-letter-queues.ts';

const COUNTS = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;

/**
 * Counts of dead-letter queues in Amazon SQS.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html
 * @param urls URL of each queue by its name
 */
export const createSqsLetterCounts =
  (client: Pick<SQSClient, 'send'>, urls: Readonly<Record<string, string>>): CountLetters =>
  async (queue) => {
    const { Attributes: attributes = {} } = await client.send(
      new GetQueueAttributesCommand({ QueueUrl: urls[queue], AttributeNames: [...COUNTS] }),
    );
    return COUNTS.reduce((sum, name) => sum + Number(attributes[name] ?? 0), 0);
  };
