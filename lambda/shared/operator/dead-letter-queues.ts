import type { ReceivedLetter } from './dead-letter.ts';

export interface LetterRequest {
  /** Most letters: 1 to 10. */
  readonly limit: number;
  /** Seconds for which the letters are hidden from other readers, unless they are released earlier. */
  readonly hiddenSeconds: number;
  /** True: wait up to a second for a letter. Only then an empty result means that the queue has no visible letter. */
  readonly isPatient: boolean;
}

/** The dead-letter queues of the functions. Methods reject if the queue is unavailable. */
export interface DeadLetterQueues {
  /** Names of the queues: those of their functions. */
  readonly names: readonly string[];
  /** Receives letters and hides them. They stay in the queue. */
  receive(queue: string, request: LetterRequest): Promise<readonly ReceivedLetter[]>;
  /** Makes received letters visible again. Letters that are visible already stay so. */
  release(queue: string, letters: readonly ReceivedLetter[]): Promise<void>;
}

/** Returns the number of letters of a queue, hidden ones included. Approximate for up to a minute after a change. */
export type CountLetters = (queue: string) => Promise<number>;
