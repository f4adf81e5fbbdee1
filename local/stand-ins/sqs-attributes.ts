import type { SQSRecordAttributes } from 'aws-lambda';
import type { ReceivedMessage } from './sqs-queues.ts';

/**
 * The system attributes of a message, by their names in the API and in events of Lambda.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
 */
export const attributesOf = (message: ReceivedMessage): SQSRecordAttributes => {
  const { deadLetterSourceArn, deduplicationId, groupId, sequenceNumber } = message;
  return {
    SenderId: 'local',
    SentTimestamp: `${Date.parse(message.sentAt)}`,
    ApproximateReceiveCount: `${message.receives}`,
    ApproximateFirstReceiveTimestamp: `${message.firstReceivedAt}`,
    ...(sequenceNumber !== undefined && { SequenceNumber: sequenceNumber }),
    ...(groupId !== undefined && { MessageGroupId: groupId }),
    ...(deduplicationId !== undefined && { MessageDeduplicationId: deduplicationId }),
    ...(deadLetterSourceArn !== undefined && { DeadLetterQueueSourceArn: deadLetterSourceArn }),
  };
};
