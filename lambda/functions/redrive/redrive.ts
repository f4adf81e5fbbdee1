import { REDRIVE_PACE } from '../../contract/operator-limits.ts';
import type { RedriveRequest } from '../../contract/redrive.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { ReceivedLetter } from '../../shared/operator/dead-letter.ts';
import type { DeadLetterQueues } from '../../shared/operator/dead-letter-queues.ts';
import type { Redo } from './redo.ts';

export interface RedriverOptions {
  readonly queues: DeadLetterQueues;
  readonly redo: Redo;
  /** Deletes a received letter from its queue. */
  readonly remove: (queue: string, letter: ReceivedLetter) => Promise<void>;
  readonly logger: Logger;
  readonly wait: (milliseconds: number) => Promise<void>;
}

/** Time for the longest call of a function. If less time is left, no attempt begins. */
const LAST_ATTEMPT_MILLISECONDS = 70_000;
/** Letters of one request in the search for an id. */
const SEARCH_BATCH = 10;
/**
 * Processes the dead letters of a queue again, or one of them, at a limited pace. Deletes a letter when its work is done.
 * The others stay in the queue, hidden until the end of the run, so that each is tried once in a run.
 * @param remaining milliseconds until the function's timeout; letters that are not reached by then stay too
 * @throws if the queue is unavailable
 */
export type Redriver = (request: RedriveRequest, remaining: () => number) => Promise<void>;

export const createRedriver =
  ({ logger, queues, redo, remove, wait }: RedriverOptions): Redriver =>
  async ({ id, queue }, remaining) => {
    const kept: ReceivedLetter[] = [];
    let done = 0;
    let failed = 0;

    const process = async (letter: ReceivedLetter): Promise<void> => {
      const { failure, taskId } = await redo(queue, letter);
      const fields = { queue, id: letter.id, taskId };
      if (failure === undefined) {
        await remove(queue, letter);
        done += 1;
        logger.info('dead letter redriven', fields);
        return;
      }
      kept.push(letter);
      failed += 1;
      logger.error('dead letter not redriven', { ...fields, reason: failure });
    };

    /** @returns true if the run is complete */
    const run = async (): Promise<boolean> => {
      for (let receives = 1; remaining() > LAST_ATTEMPT_MILLISECONDS; receives += 1) {
        const letters = await queues.receive(queue, {
          limit: id === undefined ? 1 : SEARCH_BATCH,
          hiddenSeconds: Math.ceil(remaining() / 1_000),
          isPatient: true,
        });
        // A list of dead letters hides them for about a second, as long as one receive waits. So the first one may find nothing.
        if (letters.length === 0 && receives > 1) return true;
        const wanted = id === undefined ? letters[0] : letters.find((letter) => letter.id === id);
        kept.push(...letters.filter((letter) => letter !== wanted));
        if (wanted === undefined) continue;
        await process(wanted);
        if (id !== undefined) return true;
        await wait(1_000 / REDRIVE_PACE);
      }
      return false;
    };

    try {
      const complete = await run();
      logger.info('redrive', { queue, id, done, failed, complete });
    } finally {
      await queues.release(queue, kept);
    }
  };
