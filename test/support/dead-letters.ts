import { randomUUID } from 'node:crypto';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { ReceivedLetter } from '../../lambda/shared/operator/dead-letter.ts';
import type { CountLetters, DeadLetterQueues } from '../../lambda/shared/operator/dead-letter-queues.ts';
import { createSqsDeadLetterQueues } from '../../lambda/shared/operator/sqs-dead-letter-queues.ts';
import { createSqsLetterCounts } from '../../lambda/shared/operator/sqs-letter-counts.ts';
import type { Queue } from '../../local/stand-ins/sqs-queues.ts';
import { LOCAL_CLIENT } from './engine.ts';
import type { TestKms } from './kms.ts';

export interface TestQueues {
  readonly client: SQSClient;
  /** URL of each queue by its name. */
  readonly urls: Readonly<Record<string, string>>;
  readonly queues: DeadLetterQueues;
  readonly count: CountLetters;
  /** The queue of the stand-in. */
  queueOf(name: string): Queue;
  /** Sends a letter and returns its id. */
  send(name: string, body: unknown): Promise<string>;
  /** Visible letters and hidden letters. */
  lettersOf(name: string): { readonly visible: number; readonly hidden: number };
  close(): void;
}

/**
 * Empty dead-letter queues in the stand-in of SQS.
 * @param properties of each queue that is not a standard one, by its name
 */
export const openQueues = (
  { endpoint, standIns }: Pick<TestKms, 'endpoint' | 'standIns'>,
  names: readonly string[],
  properties: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {},
): TestQueues => {
  const client = new SQSClient({ ...LOCAL_CLIENT, endpoint, maxAttempts: 1, useQueueUrlAsEndpoint: false });
  const queues = new Map(
    names.map((name) => [
      name,
      standIns.queues.ensureQueue({
        logicalId: `${name}-${randomUUID()}`,
        type: 'AWS::SQS::Queue',
        properties: properties[name] ?? {},
      }),
    ]),
  );
  const queueOf = (name: string): Queue => {
    const queue = queues.get(name);
    if (queue === undefined) throw new Error(`There is no queue ${name}.`);
    return queue;
  };
  const urls = Object.fromEntries(
    names.map((name) => [name, `https://sqs.eu-west-1.amazonaws.com/000000000000/${queueOf(name).name}`]),
  );
  return {
    client,
    urls,
    queues: createSqsDeadLetterQueues(client, urls),
    count: createSqsLetterCounts(client, urls),
    queueOf,
    send: async (name, body) => {
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      const id = randomUUID();
      const group = queueOf(name).name.endsWith('.fifo') && { MessageGroupId: id, MessageDeduplicationId: id };
      const { MessageId } = await client.send(
        new SendMessageCommand({ QueueUrl: urls[name], MessageBody: text, ...group }),
      );
      return String(MessageId);
    },
    lettersOf: (name) => standIns.queues.count(queueOf(name)),
    close: () => client.destroy(),
  };
};

/** A letter as its queue returns it, with this body. */
export const aLetter = (body: unknown, overrides: Partial<ReceivedLetter> = {}): ReceivedLetter => ({
  id: 'letter-1',
  at: '2026-01-02T03:04:05.678Z',
  body: typeof body === 'string' ? body : JSON.stringify(body),
  receipt: 'receipt-1',
  ...overrides,
});

/** The letter that Lambda writes about a failed asynchronous call. */
export const aFailedCall = (requestPayload: unknown, more: Readonly<Record<string, unknown>> = {}) => ({
  version: '1.0',
  timestamp: '2026-01-02T03:04:05.678Z',
  requestContext: { requestId: 'r', functionArn: 'arn', condition: 'RetriesExhausted', approximateInvokeCount: 3 },
  requestPayload,
  responseContext: { statusCode: 200, executedVersion: '1', functionError: 'Unhandled' },
  responsePayload: { errorType: 'TimeoutError', errorMessage: 'the text of an error' },
  ...more,
});

/** The event "Object Created" of an upload of this task. */
export const anArrival = (taskId: string) => ({
  source: 'aws.s3',
  'detail-type': 'Object Created',
  detail: { bucket: { name: 'payloads' }, object: { key: `uploads/${taskId}/jti/digest` } },
});
