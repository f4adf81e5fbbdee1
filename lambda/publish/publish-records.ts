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
 * Publishes the events of changes in their order.
 * @returns the sequence number of the first change that has to be tried again, with all after it; undefined if none.
 * A change that can never become an event is logged and passed over: it would hold up the others for ever.
 */
export type Publisher = (records: readonly ChangeRecord[]) => Promise<string | undefined>;

interface Outgoing {
  readonly sequenceNumber: string;
  readonly event: TaskEvent;
}

export const createPublisher = ({ bus, journal, origin }: PublisherOptions): Publisher => {
  const toOutgoing = ({ image, sequenceNumber }: ChangeRecord): readonly Outgoing[] => {
    try {
      const event = toTaskEvent(image, origin);
      return event === undefined ? [] : [{ sequenceNumber, event }];
    } catch (error) {
      journal.error('change passed over: it is no task', { sequenceNumber, reason: describeError(error) });
      return [];
    }
  };

  const fail = ({ event, sequenceNumber }: Outgoing, error: string): string => {
    const { taskId, sequence } = event.detail;
    journal.error('event not published', { sequenceNumber, taskId, sequence, detailType: event.detailType, error });
    return sequenceNumber;
  };

  return async (records) => {
    let published = 0;
    for (const batch of inBatches(records.flatMap(toOutgoing))) {
      let results: Awaited<ReturnType<EventBus['put']>>;
      try {
        results = await bus.put(batch.map(({ event }) => event));
      } catch (error) {
        return fail(batch[0], describeError(error));
      }
      for (const [i, outgoing] of batch.entries()) {
        const refused = results[i];
        if (refused !== undefined) return fail(outgoing, refused.error);
      }
      published += batch.length;
    }
    journal.info('published', { records: records.length, events: published });
    return undefined;
  };
};

/** As many as one request takes, the order kept. */
const inBatches = (all: readonly Outgoing[]): readonly (readonly [Outgoing, ...Outgoing[]])[] => {
  const batches: [Outgoing, ...Outgoing[]][] = [];
  let bytes = 0;
  for (const outgoing of all) {
    const size = entrySize(outgoing.event);
    const batch = batches.at(-1);
    if (batch === undefined || batch.length >= PUT_EVENTS_LIMITS.entries || bytes + size > PUT_EVENTS_LIMITS.bytes) {
      batches.push([outgoing]);
      bytes = size;
    } else {
      batch.push(outgoing);
      bytes += size;
    }
  }
  return batches;
};
