import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  SendMessageCommand,
  type SendMessageCommandInput,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { startStandIns } from '../../local/stand-ins/server.ts';
import type { Queue } from '../../local/stand-ins/sqs-queues.ts';
import { LOCAL_CLIENT } from './engine.ts';
import { test as base } from './unit-fixtures.ts';

/** The clock of the stand-in at the start of each test. */
export const START = Date.parse('2026-01-02T03:04:05.678Z');

/** URL of a queue on AWS. The stand-in finds the queue by its name. */
export const urlOf = (name: string): string => `https://sqs.eu-west-1.amazonaws.com/000000000000/${name}`;

/** Properties of queues by their logical ids. */
export type Queues = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/**
 * `test` with the SDK's client and an own stand-in for Amazon SQS. A file that needs other queues extends it: `test.override` at the top
 * of a file would change the queues of every file that runs in the same process.
 */
export const test = base
  /** The commands below are about the first one. */
  .extend('queues', (): Queues => ({ DeadLetters: {} }))
  .extend('sqs', async ({ ownFolder, queues }, { onCleanup }) => {
    let now = START;
    const start = async () => {
      const standIns = await startStandIns({
        dataDirectory: ownFolder,
        eventsFile: `${ownFolder}/events.jsonl`,
        now: () => now,
      });
      const [queue] = Object.entries(queues).map(([logicalId, properties]) =>
        standIns.queues.ensureQueue({ logicalId, type: 'AWS::SQS::Queue', properties }),
      );
      const client = new SQSClient({ ...LOCAL_CLIENT, endpoint: standIns.endpoint, maxAttempts: 1 });
      const stop = async () => {
        client.destroy();
        await standIns.stop();
      };
      return { client, queue: queue as Queue, stop };
    };
    let running = await start();
    onCleanup(() => running.stop());
    const { queue } = running;
    const QueueUrl = urlOf(queue.name);
    const receive = async (input: Partial<ReceiveMessageCommandInput> = {}) =>
      (await running.client.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, ...input }))).Messages;
    return {
      queue,
      QueueUrl,
      /** The client of the stand-in that runs. */
      get client() {
        return running.client;
      },
      /** Sets the clock to a number of seconds after the start. */
      at: (seconds: number) => {
        now = START + seconds * 1_000;
      },
      restart: async () => {
        await running.stop();
        running = await start();
      },
      send: (MessageBody: string, input: Partial<SendMessageCommandInput> = {}) =>
        running.client.send(new SendMessageCommand({ QueueUrl, MessageBody, ...input })),
      receive,
      bodies: async (input: Partial<ReceiveMessageCommandInput> = {}) =>
        (await receive(input))?.map(({ Body }) => Body),
      delete: (ReceiptHandle: string | undefined) =>
        running.client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle })),
      hide: (ReceiptHandle: string | undefined, VisibilityTimeout: number) =>
        running.client.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout })),
      attributes: async (...AttributeNames: string[]) =>
        (
          await running.client.send(
            new GetQueueAttributesCommand({ QueueUrl, AttributeNames: AttributeNames as 'All'[] }),
          )
        ).Attributes,
    };
  });
