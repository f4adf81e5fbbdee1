import { TASK_ID_PATTERN } from '../../contract/claims.ts';
import type { Logger } from '../../shared/log/logger.ts';
import { describeError } from '../../shared/refusal.ts';
import type { ChangeRecord } from '../../shared/tables/stream-records.ts';
import { type OutgoingEvent, readChange, toBatches } from './batch-events.ts';
import type { DeadLetter, DeadLetterQueue } from './dead-letter-queue.ts';
import type { EventBus } from './event-bus.ts';

export interface PublisherOptions {
  readonly origin: string;
  readonly bus: EventBus;
  readonly deadLetters: DeadLetterQueue;
  readonly logger: Logger;
}

/**
 * Publishes the events of changes in order. A change that can never be published goes to the dead-letter queue when
 * everything before it is published. The changes after it are published as usual.
 * @returns the sequence number of the first change to retry, together with all after it; undefined if all are done
 */
export type Publisher = (records: readonly ChangeRecord[]) => Promise<string | undefined>;

export const createPublisher = ({ bus, deadLetters, logger, origin }: PublisherOptions): Publisher => {
  const sendToDeadLetterQueue = async (record: ChangeRecord, reason: string): Promise<string | undefined> => {
    const letter = deadLetterOf(record, reason);
    try {
      await deadLetters.send(letter);
    } catch (error) {
      logger.error('dead letter not sent', { ...letter, error: describeError(error) });
      return record.sequenceNumber;
    }
    logger.error('change sent to the dead-letter queue: it can never be published', { ...letter });
    return undefined;
  };

  const fail = ({ event, record: { sequenceNumber } }: OutgoingEvent, error: string): string => {
    const { detail, detailType } = event;
    const ids = 'sequence' in detail ? { taskId: detail.taskId, sequence: detail.sequence } : { id: detail.id };
    logger.error('event not published', { sequenceNumber, ...ids, detailType, error });
    return sequenceNumber;
  };

  const publish = async (
    batch: readonly [OutgoingEvent, ...OutgoingEvent[]],
    published: Map<string, number>,
  ): Promise<string | undefined> => {
    let results: Awaited<ReturnType<EventBus['put']>>;
    try {
      results = await bus.put(batch.map(({ event }) => event));
    } catch (error) {
      return fail(batch[0], describeError(error));
    }
    for (const [i, outgoing] of batch.entries()) {
      const refusal = results[i];
      if (refusal === undefined) {
        const { detailType } = outgoing.event;
        published.set(detailType, (published.get(detailType) ?? 0) + 1);
        continue;
      }
      const failed = refusal.isPermanent
        ? await sendToDeadLetterQueue(outgoing.record, refusal.error)
        : fail(outgoing, refusal.error);
      if (failed !== undefined) return failed;
    }
    return undefined;
  };

  return async (records) => {
    const published = new Map<string, number>();
    const work = async (): Promise<string | undefined> => {
      for (const step of toBatches(records.flatMap((record) => readChange(record, origin)))) {
        const failed =
          'reason' in step ? await sendToDeadLetterQueue(step.record, step.reason) : await publish(step, published);
        if (failed !== undefined) return failed;
      }
      return undefined;
    };
    const failed = await work();
    // The counts by detail type show the results of tasks in the log.
    if (published.size > 0) logger.info('published', { records: records.length, ...Object.fromEntries(published) });
    return failed;
  };
};

/** Returns the ids of a change and no content. An id that is not well-formed is omitted. */
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
