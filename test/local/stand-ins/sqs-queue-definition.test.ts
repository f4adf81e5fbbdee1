import { expect, test } from 'vitest';
import { readQueue } from '../../../local/stand-ins/sqs-queue-definition.ts';

const ARN = 'arn:aws:sqs:eu-west-1:000000000000';
const read = (properties: Readonly<Record<string, unknown>>) =>
  readQueue({ logicalId: 'Work', type: 'AWS::SQS::Queue', properties });
const redriveTo = (name: string, maxReceiveCount: unknown = 5) => ({
  RedrivePolicy: { deadLetterTargetArn: `${ARN}:${name}`, maxReceiveCount },
});

test('a queue has the defaults of SQS', () => {
  expect(read({})).toEqual({
    name: 'Work',
    isFifo: false,
    deduplicatesByContent: false,
    deduplicationScope: 'queue',
    visibilityTimeout: 30,
    receiveWait: 0,
    maximumMessageBytes: 1_048_576,
    redrive: undefined,
  });
});

test('a FIFO queue without a name gets one that ends in .fifo, as CloudFormation gives it', () => {
  expect(read({ FifoQueue: true }).name).toBe('Work.fifo');
  expect(read({ FifoQueue: true, QueueName: 'own.fifo' }).name).toBe('own.fifo');
});

test.each([
  [{ VisibilityTimeout: 43_200 }],
  [{ QueueName: 'n'.repeat(80) }],
  [{ QueueName: `${'n'.repeat(75)}.fifo`, FifoQueue: true }],
  [redriveTo('letters', 1_000)],
  [redriveTo('letters', '3')],
  [{ FifoQueue: true, ...redriveTo('letters.fifo', 1) }],
])('takes %j', (properties) => {
  expect(() => read(properties)).not.toThrow();
});

test.each([
  [{ DelaySeconds: 5 }, 'Queue Work: DelaySeconds'],
  [{ VisibilityTimeout: 43_201 }, 'Queue Work: VisibilityTimeout'],
  [{ MaximumMessageSize: 1_048_577 }, 'Queue Work: MaximumMessageSize'],
  [{ QueueName: 'n'.repeat(81) }, 'Queue Work: QueueName'],
  [{ QueueName: `${'n'.repeat(76)}.fifo`, FifoQueue: true }, 'Queue Work: QueueName'],
  [{ QueueName: 'work', FifoQueue: true }, 'names of FIFO queues, and only these, end in ".fifo"'],
  [{ QueueName: 'work.fifo' }, 'names of FIFO queues, and only these, end in ".fifo"'],
  [{ ContentBasedDeduplication: true }, 'Only a FIFO queue deduplicates'],
  [{ FifoQueue: true, ...redriveTo('letters') }, 'the dead-letter queue of a FIFO queue'],
  [redriveTo('letters.fifo'), 'the dead-letter queue of a FIFO queue'],
  [redriveTo('letters', 0), 'Queue Work: RedrivePolicy.maxReceiveCount'],
  [redriveTo('letters', 1_001), 'Queue Work: RedrivePolicy.maxReceiveCount'],
])('refuses %j by name', (properties, message) => {
  expect(() => read(properties)).toThrow(message);
});
