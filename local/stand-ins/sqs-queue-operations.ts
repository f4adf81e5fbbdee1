import type { IncomingMessage } from 'node:http';
import { type Input, isRecord, type Operation, optionalText, requiredText } from './aws-json.ts';
import type { Queue, Queues } from './sqs-queues.ts';
import { findQueue, invalid, refuse } from './sqs-requests.ts';

/** Attributes that a client may give to a new queue, with the property of a template that they are. */
const NUMBERS = ['MessageRetentionPeriod', 'ReceiveMessageWaitTimeSeconds', 'VisibilityTimeout'] as const;

/**
 * Operations that make, change and remove queues. A queue that a client makes lasts as long as the process.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
 */
export const queueOperations = (queues: Queues): Readonly<Record<string, Operation>> => ({
  CreateQueue: (input, request) => createQueue(queues, input, request),
  DeleteQueue: (input) => {
    queues.remove(findQueue(queues, input));
    return {};
  },
  ListQueues: (input, request) => {
    const prefix = optionalText(input, 'QueueNamePrefix') ?? '';
    const names = queues.names().filter((name) => name.startsWith(prefix));
    return names.length === 0 ? {} : { QueueUrls: names.map((name) => urlOf(name, request)) };
  },
  SetQueueAttributes: (input) => {
    const queue = findQueue(queues, input);
    const { Policy: policy, ...others } = attributesIn(input);
    const [unknown] = Object.keys(others);
    if (unknown !== undefined) throw refuse('InvalidAttributeName', `Unknown Attribute ${unknown}.`);
    if (policy !== undefined) setPolicy(queues, queue, policy);
    return {};
  },
});

const createQueue = (queues: Queues, input: Input, request: IncomingMessage): object => {
  const name = requiredText(input, 'QueueName');
  if (!/^(?=.{1,80}$)[A-Za-z0-9_-]+$/.test(name)) {
    throw invalid(
      'QueueName',
      name,
      'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length.',
    );
  }
  const { Policy: policy, ...attributes } = attributesIn(input);
  const unknown = Object.keys(attributes).find((one) => !NUMBERS.some((known) => known === one));
  if (unknown !== undefined) throw refuse('InvalidAttributeName', `Unknown Attribute ${unknown}.`);
  if (queues.find(name) === undefined) {
    const numbers = Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, Number(value)]));
    const queue = makeQueue(queues, name, numbers);
    if (policy !== undefined) setPolicy(queues, queue, policy);
  }
  return { QueueUrl: urlOf(name, request) };
};

const makeQueue = (queues: Queues, name: string, numbers: Readonly<Record<string, number>>): Queue => {
  try {
    return queues.ensureQueue({
      logicalId: name,
      type: 'AWS::SQS::Queue',
      properties: { QueueName: name, ...numbers },
    });
  } catch (error) {
    throw refuse('InvalidAttributeValue', error instanceof Error ? error.message : String(error));
  }
};

const setPolicy = (queues: Queues, queue: Queue, policy: string): void => {
  try {
    JSON.parse(policy);
  } catch {
    throw refuse('InvalidAttributeValue', 'Invalid value for the parameter Policy.');
  }
  queues.setPolicy(queue, policy);
};

const attributesIn = (input: Input): Readonly<Record<string, string>> => {
  const { Attributes: attributes = {} } = input;
  return isRecord(attributes)
    ? Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, String(value)]))
    : {};
};

/** On this machine, so that clients that send to the host of the URL come here. */
const urlOf = (name: string, { headers: { host = '' } }: IncomingMessage): string =>
  `http://${host}/000000000000/${name}`;
