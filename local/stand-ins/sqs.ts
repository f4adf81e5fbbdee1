import { setTimeout as delay } from 'node:timers/promises';
import { type Input, type JsonService, requiredText } from './aws-json.ts';
import { attributesOf } from './sqs-attributes.ts';
import { MAX_VISIBILITY_TIMEOUT } from './sqs-queue-definition.ts';
import { queueOperations } from './sqs-queue-operations.ts';
import type { Queue, Queues, ReceivedMessage } from './sqs-queues.ts';
import {
  doEach,
  findQueue,
  INVALID_RECEIPT,
  invalid,
  missing,
  number,
  readEntries,
  refuse,
  refuseLong,
  texts,
} from './sqs-requests.ts';
import { md5, sendMessage, sendMessageBatch } from './sqs-send.ts';

/** Time between two looks of a long poll. */
const POLL_INTERVAL_MS = 20;

/**
 * Stand-in for Amazon SQS: standard and FIFO queues, without message attributes and without a delay of whole queues.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_Operations.html
 */
export const createSqs = (queues: Queues): JsonService => ({
  targetPrefix: 'AmazonSQS',
  version: '1.0',
  operations: {
    SendMessage: (input) => sendMessage(queues, input),
    SendMessageBatch: (input) => sendMessageBatch(queues, input),
    ReceiveMessage: (input) => receiveMessage(queues, input),
    DeleteMessage: (input) => deleteMessage(queues, findQueue(queues, input), input),
    DeleteMessageBatch: (input) => doBatch(queues, input, deleteMessage),
    ChangeMessageVisibility: (input) => changeMessageVisibility(queues, findQueue(queues, input), input),
    ChangeMessageVisibilityBatch: (input) => doBatch(queues, input, changeMessageVisibility),
    GetQueueAttributes: (input) => getQueueAttributes(queues, input),
    ...queueOperations(queues),
  },
});

const doBatch = (
  queues: Queues,
  input: Input,
  action: (queues: Queues, queue: Queue, entry: Input) => object,
): object => {
  const queue = findQueue(queues, input);
  return doEach(readEntries(input), (entry) => action(queues, queue, entry));
};

/** A long poll returns as soon as there is a message. */
const receiveMessage = async (queues: Queues, input: Input): Promise<object> => {
  const queue = findQueue(queues, input);
  const limit = number(input, 'MaxNumberOfMessages', 1, 10) ?? 1;
  const seconds = number(input, 'VisibilityTimeout', 0, MAX_VISIBILITY_TIMEOUT) ?? queue.visibilityTimeout;
  const waitMs = (number(input, 'WaitTimeSeconds', 0, 20) ?? queue.receiveWait) * 1_000;
  const names = [...texts(input, 'AttributeNames'), ...texts(input, 'MessageSystemAttributeNames')];
  let received = queues.receive(queue, limit, seconds);
  for (let waited = 0; received.length === 0 && waited < waitMs; waited += POLL_INTERVAL_MS) {
    await delay(POLL_INTERVAL_MS, undefined, { ref: false });
    received = queues.receive(queue, limit, seconds);
  }
  return received.length === 0 ? {} : { Messages: received.map((message) => toMessage(message, names)) };
};

const toMessage = (message: ReceivedMessage, names: readonly string[]): object => {
  const attributes = Object.entries(attributesOf(message)).filter(([name]) => isAsked(name, names));
  return {
    MessageId: message.messageId,
    ReceiptHandle: message.receipt,
    MD5OfBody: md5(message.body),
    Body: message.body,
    ...(attributes.length > 0 && { Attributes: Object.fromEntries(attributes) }),
  };
};

const isAsked = (name: string, names: readonly string[]): boolean => names.includes('All') || names.includes(name);

const deleteMessage = (queues: Queues, queue: Queue, input: Input): object => {
  const receipt = requiredText(input, 'ReceiptHandle');
  const outcome = queues.delete(queue, receipt);
  if (outcome === 'invalid') throw INVALID_RECEIPT;
  if (outcome === 'expired') throw invalid('ReceiptHandle', receipt, 'The receipt handle has expired.');
  return {};
};

const changeMessageVisibility = (queues: Queues, queue: Queue, input: Input): object => {
  const receipt = requiredText(input, 'ReceiptHandle');
  const seconds = number(input, 'VisibilityTimeout', 0, MAX_VISIBILITY_TIMEOUT);
  if (seconds === undefined) throw missing('VisibilityTimeout');
  const outcome = queues.hide(queue, receipt, seconds);
  if (outcome === 'invalid') throw INVALID_RECEIPT;
  if (outcome === 'not in flight') {
    const reason = 'Reason: Message does not exist or is not available for visibility timeout change.';
    throw refuseLong('MessageNotInflight', `Value ${receipt} for parameter ReceiptHandle is invalid. ${reason}`);
  }
  return {};
};

const getQueueAttributes = (queues: Queues, input: Input): object => {
  const queue = findQueue(queues, input);
  const names = texts(input, 'AttributeNames');
  const { visible, hidden } = queues.count(queue);
  const known: Readonly<Record<string, string | undefined>> = {
    QueueArn: queue.arn,
    ApproximateNumberOfMessages: `${visible}`,
    ApproximateNumberOfMessagesNotVisible: `${hidden}`,
    ApproximateNumberOfMessagesDelayed: `${queues.countDelayed(queue)}`,
    VisibilityTimeout: `${queue.visibilityTimeout}`,
    FifoQueue: queue.isFifo ? 'true' : undefined,
    ContentBasedDeduplication: queue.isFifo ? `${queue.deduplicatesByContent}` : undefined,
    Policy: queues.policyOf(queue),
    RedrivePolicy: queue.redrive && JSON.stringify(redrivePolicyOf(queue.redrive)),
  };
  const unknown = names.find((name) => name !== 'All' && !Object.hasOwn(known, name));
  if (unknown !== undefined) throw refuse('InvalidAttributeName', `Unknown Attribute ${unknown}.`);
  const attributes = Object.entries(known).filter(([name, value]) => value !== undefined && isAsked(name, names));
  return attributes.length === 0 ? {} : { Attributes: Object.fromEntries(attributes) };
};

const redrivePolicyOf = ({ deadLetterArn, maxReceiveCount }: NonNullable<Queue['redrive']>): object => ({
  deadLetterTargetArn: deadLetterArn,
  maxReceiveCount,
});
