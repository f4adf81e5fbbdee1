import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';

/** Ids of a change that can never be published, and the reason. It has no content of the change. */
export interface DeadLetter {
  /** Present if the change has a valid id. */
  readonly taskId?: string;
  readonly sequence?: number;
  /** With the sequence number, the position in the stream, which keeps records for 24 hours. */
  readonly streamArn?: string;
  readonly sequenceNumber: string;
  /** `NotATask`, `TooLarge`, or the error code with which EventBridge refused it. */
  readonly reason: string;
}

export interface DeadLetterQueue {
  /** @throws if the queue is unavailable */
  send(letter: DeadLetter): Promise<void>;
}

/**
 * Stands for the queue while a dead letter is processed again: that letter still exists, so no second one is sent. The
 * change is reported as failed.
 */
export const KEPT_LETTER: DeadLetterQueue = {
  send: () => Promise.reject(Object.assign(new Error('The change has a dead letter.'), { name: 'HasDeadLetter' })),
};

/** The dead-letter queue. The event source mapping of the stream also sends records here that are too old. */
export const createDeadLetterQueue = (client: Pick<SQSClient, 'send'>, url: string): DeadLetterQueue => ({
  send: async (letter) => {
    await client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: JSON.stringify(letter) }));
  },
});
