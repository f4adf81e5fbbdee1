import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Input, type JsonService, requiredText, ServiceError } from './aws-json.ts';
import type { Queue, Queues, ReceivedMessage } from './sqs-queues.ts';

const MAX_MESSAGE_BYTES = 1_048_576;
/** Characters that XML 1.0 cannot represent. SQS refuses a message with one. */
const FORBIDDEN = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;
/** Visibility timeout of a queue that does not set one, in seconds. */
const DEFAULT_VISIBILITY_TIMEOUT = 30;
const MAX_VISIBILITY_TIMEOUT = 43_200;
/** Time between two looks of a long poll. */
const POLL_INTERVAL_MS = 20;

/**
 * Stand-in for Amazon SQS: standard queues, without message attributes.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_Operations.html
 */
export const createSqs = (queues: Queues): JsonService => ({
  targetPrefix: 'AmazonSQS',
  version: '1.0',
  operations: {
    SendMessage: (input) => sendMessage(queues, input),
    ReceiveMessage: (input) => receiveMessage(queues, input),
    DeleteMessage: (input) => deleteMessage(queues, input),
    ChangeMessageVisibility: (input) => changeMessageVisibility(queues, input),
    GetQueueAttributes: (input) => getQueueAttributes(queues, input),
  },
});

const sendMessage = (queues: Queues, input: Input): object => {
  const url = requiredText(input, 'QueueUrl');
  const body = requiredText(input, 'MessageBody', MAX_MESSAGE_BYTES);
  if (input.MessageAttributes !== undefined || input.MessageSystemAttributes !== undefined) {
    throw refuse('UnsupportedOperation', 'Message attributes are not supported by the local SQS.');
  }
  if (Buffer.byteLength(body) > MAX_MESSAGE_BYTES) {
    throw refuse(
      'InvalidParameterValue',
      `One or more parameters are invalid. Reason: Message must be shorter than ${MAX_MESSAGE_BYTES} bytes.`,
    );
  }
  if (FORBIDDEN.test(body)) throw refuse('InvalidMessageContents', 'Invalid characters in message.');
  return { MessageId: queues.send(find(queues, url), body), MD5OfMessageBody: md5(body) };
};

/** A long poll returns as soon as there is a message. */
const receiveMessage = async (queues: Queues, input: Input): Promise<object> => {
  const queue = find(queues, requiredText(input, 'QueueUrl'));
  const limit = number(input, 'MaxNumberOfMessages', 1, 10) ?? 1;
  const seconds = number(input, 'VisibilityTimeout', 0, MAX_VISIBILITY_TIMEOUT) ?? DEFAULT_VISIBILITY_TIMEOUT;
  const waitMs = (number(input, 'WaitTimeSeconds', 0, 20) ?? 0) * 1_000;
  const names = [...texts(input, 'AttributeNames'), ...texts(input, 'MessageSystemAttributeNames')];
  let received = queues.receive(queue, limit, seconds);
  for (let waited = 0; received.length === 0 && waited < waitMs; waited += POLL_INTERVAL_MS) {
    await delay(POLL_INTERVAL_MS, undefined, { ref: false });
    received = queues.receive(queue, limit, seconds);
  }
  return received.length === 0 ? {} : { Messages: received.map((message) => toMessage(message, names)) };
};

const toMessage = ({ body, messageId, receipt, ...message }: ReceivedMessage, names: readonly string[]): object => {
  const known: Readonly<Record<string, string>> = {
    SenderId: 'local',
    SentTimestamp: `${Date.parse(message.sentAt)}`,
    ApproximateReceiveCount: `${message.receives}`,
    ApproximateFirstReceiveTimestamp: `${message.firstReceivedAt}`,
  };
  const attributes = Object.entries(known).filter(([name]) => names.includes('All') || names.includes(name));
  return {
    MessageId: messageId,
    ReceiptHandle: receipt,
    MD5OfBody: md5(body),
    Body: body,
    ...(attributes.length > 0 && { Attributes: Object.fromEntries(attributes) }),
  };
};

const deleteMessage = (queues: Queues, input: Input): object => {
  const queue = find(queues, requiredText(input, 'QueueUrl'));
  if (queues.delete(queue, requiredText(input, 'ReceiptHandle')) === 'invalid') throw INVALID_RECEIPT;
  return {};
};

const changeMessageVisibility = (queues: Queues, input: Input): object => {
  const queue = find(queues, requiredText(input, 'QueueUrl'));
  const receipt = requiredText(input, 'ReceiptHandle');
  const seconds = number(input, 'VisibilityTimeout', 0, MAX_VISIBILITY_TIMEOUT);
  if (seconds === undefined) {
    throw refuse('MissingParameter', 'The request must contain the parameter VisibilityTimeout.');
  }
  const outcome = queues.hide(queue, receipt, seconds);
  if (outcome === 'invalid') throw INVALID_RECEIPT;
  if (outcome === 'not in flight') {
    const reason = 'Reason: Message does not exist or is not available for visibility timeout change.';
    throw refuse(
      'MessageNotInflight',
      `Value ${receipt} for parameter ReceiptHandle is invalid. ${reason}`,
      'AWS.SimpleQueueService.MessageNotInflight',
    );
  }
  return {};
};

const getQueueAttributes = (queues: Queues, input: Input): object => {
  const queue = find(queues, requiredText(input, 'QueueUrl'));
  const names = texts(input, 'AttributeNames');
  const { visible, hidden } = queues.count(queue);
  const known: Readonly<Record<string, string>> = {
    QueueArn: queue.arn,
    ApproximateNumberOfMessages: `${visible}`,
    ApproximateNumberOfMessagesNotVisible: `${hidden}`,
    ApproximateNumberOfMessagesDelayed: '0',
  };
  const unknown = names.find((name) => name !== 'All' && !Object.hasOwn(known, name));
  if (unknown !== undefined) throw refuse('InvalidAttributeName', `Unknown Attribute ${unknown}.`);
  const attributes = Object.entries(known).filter(([name]) => names.includes('All') || names.includes(name));
  return attributes.length === 0 ? {} : { Attributes: Object.fromEntries(attributes) };
};

const find = (queues: Queues, url: string): Queue => {
  const queue = queues.find(url);
  if (queue !== undefined) return queue;
  throw refuse('QueueDoesNotExist', 'The specified queue does not exist.', 'AWS.SimpleQueueService.NonExistentQueue');
};

const number = (input: Input, member: string, min: number, max: number): number | undefined => {
  const value = input[member];
  if (value === undefined || value === null) return undefined;
  if (Number.isInteger(value) && Number(value) >= min && Number(value) <= max) return Number(value);
  throw refuse(
    'InvalidParameterValue',
    `Value ${String(value)} for parameter ${member} is invalid. Reason: Must be between ${min} and ${max}, if provided.`,
  );
};

const texts = (input: Input, member: string): readonly string[] => {
  const value = input[member];
  if (value === undefined || value === null) return [];
  if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value;
  throw new ServiceError('SerializationException', `${member} is not a list of strings.`);
};

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

/** SQS says each error twice: in JSON, and in a header for clients that knew its query protocol. */
const refuse = (name: string, message: string, queryCode = name): ServiceError =>
  new ServiceError(`com.amazonaws.sqs#${name}`, message, 400, { 'x-amzn-query-error': `${queryCode};Sender` });

const INVALID_RECEIPT = refuse('ReceiptHandleIsInvalid', 'The input receipt handle is invalid.');
