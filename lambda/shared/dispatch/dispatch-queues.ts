import type { SQSClient } from '@aws-sdk/client-sqs';
import type { DispatchMessage } from '../../contract/dispatch.ts';
import type { Registry } from '../../contract/registry.ts';
import { sendBatch } from '../aws/send-batch.ts';

/** A message that its queue keeps back for a time. */
export type DelayedMessage = DispatchMessage & { readonly delaySeconds?: number };

/** The queues of the processors that work is sent to. */
export interface DispatchQueues {
  /**
   * Returns the queue of a processor. A processor to which the environment sends no work any more has none: its tasks go to
   * another queue, because the function `dispatch` decides about them too.
   */
  nameOf(processor: string): string | undefined;
  /**
   * Sends messages in one request. The queue may take some of them and refuse others.
   * @param queue as `nameOf` returns it
   * @param messages at most `MAX_BATCH_MESSAGES`
   * @returns one value for each message in order: undefined if the queue has it, otherwise the error code
   * @throws if the queue is unavailable
   */
  send(queue: string, messages: readonly DelayedMessage[]): Promise<readonly (string | undefined)[]>;
}

/** Returns the URLs of the queues by the ids of the processors that work is sent to. */
export const queueUrlsOf = (prefix: string, registry: Registry): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.values(registry).flatMap(({ dispatch, id }) => (dispatch === undefined ? [] : [[id, `${prefix}${id}`]])),
  );

/** @param urls URL of the queue of each processor, by its id */
export const createDispatchQueues = (
  client: Pick<SQSClient, 'send'>,
  urls: Readonly<Record<string, string>>,
): DispatchQueues => ({
  // hasOwn: a processor named like a member of Object.prototype has no queue.
  nameOf: (processor) => (Object.hasOwn(urls, processor) ? processor : Object.keys(urls)[0]),
  send: (queue, messages) =>
    sendBatch(
      client,
      urls[queue] ?? '',
      messages.map(({ attempt, delaySeconds, issue, taskId }) => ({
        MessageBody: JSON.stringify({ taskId, issue, attempt } satisfies DispatchMessage),
        ...(delaySeconds !== undefined && { DelaySeconds: delaySeconds }),
      })),
    ),
});
