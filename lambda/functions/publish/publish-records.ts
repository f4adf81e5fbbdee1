import { TASK_ID_PATTERN } from '../../contract/claims.ts';
import type { Logger } from '../../shared/log/logger.ts';
import { describeError } from '../../shared/refusal.ts';
import { inSteps, type Outgoing, readChange } from './batch-events.ts';
import type { ChangeRecord } from './change-record.ts';
import type { DeadLetter, DeadLetterQueue } from './dead-letter-queue.ts';
import type { EventBus } from './event-bus.ts';

export interface PublisherOptions {
  readonly origin: string;
  readonly bus: EventBus;
  readonly deadLetters: DeadLetterQueue;
  readonly logger: Logger;
}

/**
 * Publishes the events of changes in their order; changes that are nobody's news are passed over. One that can never
 * be published goes to the dead-letter queue once everything before it is published, and those after it go on.
 * @returns the sequence number of the first change that has to be tried again, with all after it; undefined if none
 */
export type Publisher = (records: readonly ChangeRecord[]) => Promise<string | undefined>;

export const createPublisher = ({ bus, deadLetters, logger, origin }: PublisherOptions): Publisher => {
  const layAside = async (record: ChangeRecord, reason: string): Promise<string | undefined> => {
    const letter = deadLetterOf(record, reason);
    try {
      await deadLetters.send(letter);
    } catch (error) {
      logger.error('dead letter not sent', { ...letter, error: describeError(error) });
      return record.sequenceNumber;
    }
    logger.error('change laid aside: it can never be published', { ...letter });
    return undefined;
  };

  const fail = ({ event, record: { sequenceNumber } }: Outgoing, error: string): string => {
    const { taskId, sequence } = event.detail;
    logger.error('event not published', { sequenceNumber, taskId, sequence, detailType: event.detailType, error });
    return sequenceNumber;
  };

  const publish = async (
    batch: readonly [Outgoing, ...Outgoing[]],
    published: Map<string, number>,
  ): Promise<string | undefined> => {
    let results: Awaited<ReturnType<EventBus['put']>>;
    try {
      results = await bus.put(batch.map(({ event }) => event));
    } catch (error) {
      return fail(batch[0], describeError(error));
    }
    for (const [i, each] of batch.entries()) {
      const refused = results[i];
      if (refused === undefined) {
        const { detailType } = each.event;
        published.set(detailType, (published.get(detailType) ?? 0) + 1);
        continue;
      }
      const failed = refused.forGood ? await layAside(each.record, refused.error) : fail(each, refused.error);
      if (failed !== undefined) return failed;
    }
    return undefined;
  };

  return async (records) => {
    const published = new Map<string, number>();
    const work = async (): Promise<string | undefined> => {
      for (const step of inSteps(records.flatMap((record) => readChange(record, origin)))) {
        const failed = 'reason' in step ? await layAside(step.record, step.reason) : await publish(step, published);
        if (failed !== undefined) return failed;
      }
      return undefined;
    };
    const failed = await work();
    // How many of each kind: what becomes of tasks is read from here.
    if (published.size > 0) logger.info('published', { records: records.length, ...Object.fromEntries(published) });
    return failed;
  };
};

/** Nothing of the change but what names it, and that only in the form that our own have. */
const deadLetterOf = ({ image, sequenceNumber, streamArn }: ChangeRecord, reason: string): DeadLetter => {
  const taskId = image.taskId?.S;
  const sequence = Number(image.sequence?.N);
  return {
    ...(taskId !== undefined && TASK_ID_PATTERN.test(taskId) && { taskId }),
    ...(Number.isSafeInteger(sequence) && { sequence }),
    ...(streamArn !== undefined && { streamArn }),
    sequenceNumber,
    reason,
  };
};
