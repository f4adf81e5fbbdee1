import { setTimeout as delay } from 'node:timers/promises';
import type { SQSEvent } from 'aws-lambda';
import { itemFailures } from '../functions/item-failures.ts';
import type { ResolvedResource } from '../resource.ts';
import { attributesOf } from '../stand-ins/sqs-attributes.ts';
import type { Queue, Queues, ReceivedMessage } from '../stand-ins/sqs-queues.ts';
import { md5 } from '../stand-ins/sqs-send.ts';
import { readMapping } from './event-source-mapping.ts';

const POLL_INTERVAL_MS = 50;

/** True if a mapping's `EventSourceArn` is a queue's. */
export const isQueueArn = (arn: unknown): boolean => typeof arn === 'string' && arn.startsWith('arn:aws:sqs:');

export interface QueueEventSourceOptions {
  readonly queues: Queues;
  /** An `AWS::Lambda::EventSourceMapping` whose `EventSourceArn` is the queue's. */
  readonly mapping: ResolvedResource;
  readonly functionTimeoutMs: number;
  /** Most invocations at a time on this machine. @default - only the mapping limits them */
  readonly mostInvocations?: number;
  /** Calls the function; rejects when the function failed. */
  readonly invoke: (event: SQSEvent) => Promise<unknown>;
}

export interface QueueEventSource {
  /** Receives no more, and waits for the batches in hand. */
  stop(): Promise<void>;
}

/**
 * Does for one queue what Lambda's event source mapping does: receives batches, calls the function with each, several at a
 * time, and deletes what succeeded. A message that failed comes again when its visibility timeout ends, which the function
 * may have changed. The queue keeps the order of a FIFO queue: it gives out no message of a group that has one in flight.
 * https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
 *
 * @throws {Error} naming what the mapping asks for and this does not do, or Lambda would refuse
 */
export const startQueueEventSource = (options: QueueEventSourceOptions): QueueEventSource => {
  const { functionTimeoutMs, invoke, mapping, queues } = options;
  const { batchSize, enabled, maximumConcurrency, queueArn, reportsItemFailures } = readMapping(mapping);
  const most = Math.min(maximumConcurrency, options.mostInvocations ?? maximumConcurrency);
  const refuse = (why: string): Error => new Error(`Event source mapping ${mapping.logicalId}: ${why}`);
  const queue = queues.find(queueArn);
  if (queue === undefined) throw refuse(`there is no queue ${queueArn}.`);
  if (queue.visibilityTimeout * 1_000 < functionTimeoutMs) {
    const needed = `the function may take ${functionTimeoutMs / 1_000} seconds`;
    throw refuse(`the queue hides a message for ${queue.visibilityTimeout} seconds, and ${needed}.`);
  }
  const stopping = new AbortController();
  const batches = new Set<Promise<void>>();

  const handle = async (messages: readonly ReceivedMessage[]): Promise<void> => {
    const failed = await failuresOf(messages, () => invoke(eventOf(queue, messages)), reportsItemFailures);
    for (const { messageId, receipt } of messages) if (!failed.has(messageId)) queues.delete(queue, receipt);
  };
  const poll = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const messages = batches.size < most ? queues.receive(queue, batchSize) : [];
      if (messages.length === 0) {
        await delay(POLL_INTERVAL_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
        continue;
      }
      const batch = handle(messages).finally(() => batches.delete(batch));
      batches.add(batch);
    }
    await Promise.all(batches);
  };
  const polling = enabled ? poll() : Promise.resolve();
  return {
    stop: async () => {
      stopping.abort();
      await polling;
    },
  };
};

/** Ids of the messages that failed: all of them if the function failed, or named one that it was not given. */
const failuresOf = async (
  messages: readonly ReceivedMessage[],
  call: () => Promise<unknown>,
  reportsItemFailures: boolean,
): Promise<ReadonlySet<unknown>> => {
  const all = new Set(messages.map(({ messageId }) => messageId));
  try {
    const answer = await call();
    if (!reportsItemFailures) return new Set();
    const failures = itemFailures(answer);
    return failures?.every((id) => all.has(id as string)) ? new Set(failures) : all;
  } catch {
    return all;
  }
};

const eventOf = (queue: Queue, messages: readonly ReceivedMessage[]): SQSEvent => ({
  Records: messages.map((message) => ({
    messageId: message.messageId,
    receiptHandle: message.receipt,
    body: message.body,
    attributes: attributesOf(message),
    messageAttributes: {},
    md5OfBody: md5(message.body),
    eventSource: 'aws:sqs',
    eventSourceARN: queue.arn,
    awsRegion: queue.arn.split(':')[3] ?? '',
  })),
});
