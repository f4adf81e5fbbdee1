import { createHash, randomUUID } from 'node:crypto';
import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ResolvedResource } from '../resource.ts';
import { type Input, type JsonService, requiredText, ServiceError } from './aws-json.ts';

const MAX_MESSAGE_BYTES = 1_048_576;
/** Characters that XML 1.0 cannot represent. SQS refuses a message with one. */
const FORBIDDEN = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;

export interface Queue {
  readonly name: string;
  readonly arn: string;
  /** File to which messages are appended, one JSON document per line: `messageId`, `sentAt`, `body`. */
  readonly file: string;
}

/** The queues of one account and region. Nothing here takes messages out again: they are read in the queue's file. */
export class Queues {
  readonly #folder: string;
  readonly #arnPrefix: string;
  readonly #queues = new Map<string, Queue>();

  constructor(folder: string, region: string, accountId: string) {
    this.#folder = folder;
    this.#arnPrefix = `arn:aws:sqs:${region}:${accountId}:`;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  /** The queue of an `AWS::SQS::Queue`, named by the template or else by its logical id. */
  ensureQueue({ logicalId, properties }: ResolvedResource): Queue {
    const { QueueName: given } = properties;
    const name = typeof given === 'string' ? given : logicalId;
    const queue = { name, arn: `${this.#arnPrefix}${name}`, file: join(this.#folder, `${name}.jsonl`) };
    this.#queues.set(name, queue);
    return queue;
  }

  /** Finds a queue by its URL (`…/ACCOUNT/NAME`) or ARN. */
  find(id: string): Queue | undefined {
    if (id.startsWith('arn:')) return [...this.#queues.values()].find(({ arn }) => arn === id);
    return this.#queues.get(id.slice(id.lastIndexOf('/') + 1));
  }

  /** Appends a message before it returns, and gives its id. */
  send(queue: Queue, body: string): string {
    const messageId = randomUUID();
    const line = JSON.stringify({ messageId, sentAt: new Date().toISOString(), body });
    appendFileSync(queue.file, `${line}\n`, { mode: 0o600 });
    return messageId;
  }
}

/**
 * Stand-in for Amazon SQS: `SendMessage` to a standard queue, without message attributes.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 */
export const createSqs = (queues: Queues): JsonService => ({
  targetPrefix: 'AmazonSQS',
  version: '1.0',
  operations: { SendMessage: (input) => sendMessage(queues, input) },
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
  const queue = queues.find(url);
  if (queue === undefined) {
    throw refuse('QueueDoesNotExist', 'The specified queue does not exist.', 'AWS.SimpleQueueService.NonExistentQueue');
  }
  return {
    MessageId: queues.send(queue, body),
    MD5OfMessageBody: createHash('md5').update(body).digest('hex'),
  };
};

/** SQS says each error twice: in JSON, and in a header for clients that knew its query protocol. */
const refuse = (name: string, message: string, queryCode = name): ServiceError =>
  new ServiceError(`com.amazonaws.sqs#${name}`, message, 400, { 'x-amzn-query-error': `${queryCode};Sender` });
