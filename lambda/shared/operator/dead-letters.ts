import type { DeadLetterQueueView, DeadLetterView } from '../../contract/operator-api.ts';
import { DEAD_LETTER_LOOK_SECONDS, DEAD_LETTERS_SEARCHED, DEAD_LETTERS_SHOWN } from '../../contract/operator-limits.ts';
import { orUnavailable } from '../or-unavailable.ts';
import { type Refusal, refuse } from '../refusal.ts';
import { type ReceivedLetter, readLetter } from './dead-letter.ts';
import type { CountLetters, DeadLetterQueues } from './dead-letter-queues.ts';

/** Most letters of one request to a queue. */
const BATCH = 10;

/** Dead letters, for operators. */
export interface DeadLetters {
  list(): Promise<readonly DeadLetterQueueView[]>;
  /** Returns a refusal if the queue does not exist or does not have this letter. */
  check(queue: string, id: string | undefined): Promise<Refusal | undefined>;
}

export interface DeadLettersOptions {
  readonly queues: DeadLetterQueues;
  readonly count: CountLetters;
}

/**
 * Lists dead letters without removing them. During a list, a second request waits for the same letters for up to a second,
 * and then lists only the other letters.
 */
export const createDeadLetters = ({ count, queues }: DeadLettersOptions): DeadLetters => {
  const show = async (queue: string): Promise<DeadLetterQueueView> => {
    const counted = await count(queue);
    const letters: ReceivedLetter[] = [];
    try {
      while (letters.length < DEAD_LETTERS_SHOWN) {
        const received = await queues.receive(queue, {
          limit: Math.min(BATCH, DEAD_LETTERS_SHOWN - letters.length),
          hiddenSeconds: DEAD_LETTER_LOOK_SECONDS,
          isPatient: letters.length < counted,
        });
        if (received.length === 0) break;
        letters.push(...received);
      }
    } finally {
      await queues.release(queue, letters);
    }
    const items = letters.map(showLetter).sort((a, b) => (a.at < b.at ? -1 : 1));
    const [oldest] = items;
    return {
      queue,
      // The count may be older than the letters.
      count: Math.max(counted, items.length),
      ...(oldest && { oldestAt: oldest.at }),
      items,
    };
  };

  /** True if one of the first letters has the id. */
  const has = async (queue: string, id: string): Promise<boolean> => {
    const letters: ReceivedLetter[] = [];
    try {
      while (letters.length < DEAD_LETTERS_SEARCHED) {
        const request = { limit: BATCH, hiddenSeconds: DEAD_LETTER_LOOK_SECONDS, isPatient: true };
        const received = await queues.receive(queue, request);
        letters.push(...received);
        if (received.some((letter) => letter.id === id)) return true;
        if (received.length === 0) return false;
      }
      return false;
    } finally {
      await queues.release(queue, letters);
    }
  };

  return {
    list: () => Promise.all(queues.names.map((queue) => orUnavailable(`dead letters of ${queue}`, show(queue)))),
    check: async (queue, id) => {
      if (!queues.names.includes(queue)) return refuse('queue_unknown', 'no such queue');
      if (id === undefined || (await orUnavailable(`dead letters of ${queue}`, has(queue, id)))) return undefined;
      return refuse('letter_unknown', 'no such dead letter, or another reader has it');
    },
  };
};

const showLetter = (received: ReceivedLetter): DeadLetterView => {
  const { reason, taskId } = readLetter(received);
  return { id: received.id, at: received.at, ...(taskId !== undefined && { taskId }), reason };
};
