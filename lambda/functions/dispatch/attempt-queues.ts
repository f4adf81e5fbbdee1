import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { DispatchMessage } from '../../contract/dispatch.ts';
import type { AttemptQueues } from './ports.ts';

/** @param urls URL of the queue of each processor, by its id */
export const createAttemptQueues = (
  client: Pick<SQSClient, 'send'>,
  urls: Readonly<Record<string, string>>,
): AttemptQueues => ({
  send: async (processor, { attempt, issue, taskId }, delaySeconds) => {
    await client.send(
      new SendMessageCommand({
        QueueUrl: urls[processor],
        MessageBody: JSON.stringify({ taskId, issue, attempt } satisfies DispatchMessage),
        DelaySeconds: delaySeconds,
      }),
    );
  },
});
