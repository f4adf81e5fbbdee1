import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';

/** Which change could never be published, and why: nothing of what is in it. */
export interface DeadLetter {
  /** Where the change has one. */
  readonly taskId?: string;
  readonly sequence?: number;
  /** Its place in the stream, which keeps it for 24 hours. */
  readonly streamArn?: string;
  readonly sequenceNumber: string;
  /** `NotATask`, `TooLarge`, or the error code with which EventBridge refused it. */
  readonly reason: string;
}

export interface DeadLetterQueue {
  /** @throws when the queue does not take it */
  send(letter: DeadLetter): Promise<void>;
}

/** The queue that the stream's mapping also sends to what has become too old. */
export const createDeadLetterQueue = (client: Pick<SQSClient, 'send'>, url: string): DeadLetterQueue => ({
  send: async (letter) => {
    await client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: JSON.stringify(letter) }));
  },
});
