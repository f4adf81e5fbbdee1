import type { OutcomeMessage } from '../../contract/resume.ts';

/** One receive of a message of the queue. */
export interface Receive {
  readonly messageId: string;
  readonly body: string;
  /**
   * Names the receive, so that the wait until the next one can be set. Absent in an event of `redrive`: its dead letter still
   * exists, and is kept if this attempt fails.
   */
  readonly receiptHandle?: string;
  /** Number of receives, this one included. */
  readonly receives: number;
  /** Milliseconds since 1970: the first receive. */
  readonly firstReceivedAt: number;
}

/** A message of the queue with what it says. */
export interface ReceivedMessage extends Receive, OutcomeMessage {}

/** The FIFO queue of outcomes, and its dead letters. Methods reject if SQS is unavailable. */
export interface OutcomeMessages {
  /** Sets the time after which a message that failed is received again. */
  delay(receiptHandle: string, seconds: number): Promise<void>;
  /** Puts a message into the dead-letter queue. A repeat within five minutes is the same letter. */
  giveUp(message: Receive): Promise<void>;
}
