import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Journal } from '../observe/journal.ts';
import { describeError } from '../observe/journal.ts';
import { type EventBus, entrySize, PUT_EVENTS_LIMITS } from './event-bus.ts';
import { type TaskEvent, toTaskEvent } from './task-event.ts';

/** A change of the tasks table, in the order of its shard. */
export interface ChangeRecord {
  readonly sequenceNumber: string;
  /** The item after the change. */
  readonly image: Readonly<Record<string, AttributeValue>>;
}

export interface PublisherOptions {
  readonly origin: string;
  readonly bus: EventBus;
  readonly journal: Journal;
}

/**
 * Publishes the events of changes in their order; changes that are nobody's news are passed over.
 * @returns the sequence number of the first change that has to be tried again, with all after it; undefined if none.
 * One that can never become an event is no exception: the stream's mapping tries it again, in ever smaller batches, until
 * it is alone, then sends its position to the dead-letter queue and goes on with the next.
 */
export type Publisher = (records: readonly ChangeRecord[]) => Promise<string | undefined>;

interface Outgoing {
  readonly sequenceNumber: string;
  readonly event: TaskEvent;
}

export const createPublisher = ({ bus, journal, origin }: PublisherOptions): Publisher => {
  /** The events up to the first change that cannot be one. */
  const read = (
    records: readonly ChangeRecord[],
  ): { readonly outgoing: readonly Outgoing[]; readonly stop?: string } => {
    const outgoing: Outgoing[] = [];
    for (const { image, sequenceNumber } of records) {
      try {
        const event = toTaskEvent(image, origin);
        if (event !== undefined) outgoing.push({ sequenceNumber, event });
      } catch (error) {
        journal.error('change not published: it is no task', { sequenceNumber, reason: describeError(error) });
        return { outgoing, stop: sequenceNumber };
      }
    }
    return { outgoing };
  };

  const fail = ({ event, sequenceNumber }: Outgoing, error: string): string => {
    const { taskId, sequence } = event.detail;
    journal.error('event not published', { sequenceNumber, taskId, sequence, detailType: event.detailType, error });
    return sequenceNumber;
  };

  return async (records) => {
    const { outgoing, stop } = read(records);
    for (const batch of inBatches(outgoing)) {
      let results: Awaited<ReturnType<EventBus['put']>>;
      try {
        results = await bus.put(batch.map(({ event }) => event));
      } catch (error) {
        return fail(batch[0], describeError(error));
      }
      for (const [i, each] of batch.entries()) {
        const refused = results[i];
        if (refused !== undefined) return fail(each, refused.error);
      }
    }
    if (outgoing.length > 0) journal.info('published', { records: records.length, events: outgoing.length });
    return stop;
  };
};

/**
 * As many as one request takes, the order kept, and no task twice: the bus may take a request's later event and refuse an
 * earlier one.
 */
const inBatches = (all: readonly Outgoing[]): readonly (readonly [Outgoing, ...Outgoing[]])[] => {
  const batches: [Outgoing, ...Outgoing[]][] = [];
  let bytes = 0;
  let tasks = new Set<string>();
  for (const outgoing of all) {
    const size = entrySize(outgoing.event);
    const { taskId } = outgoing.event.detail;
    const batch = batches.at(-1);
    const fits =
      batch !== undefined &&
      batch.length < PUT_EVENTS_LIMITS.entries &&
      bytes + size <= PUT_EVENTS_LIMITS.bytes &&
      !tasks.has(taskId);
    if (fits) {
      batch.push(outgoing);
      bytes += size;
      tasks.add(taskId);
    } else {
      batches.push([outgoing]);
      bytes = size;
      tasks = new Set([taskId]);
    }
  }
  return batches;
};
