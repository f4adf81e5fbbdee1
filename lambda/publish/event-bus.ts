import { type EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import { EVENT_SOURCE } from '../contract/events.ts';
import type { TaskEvent } from './task-event.ts';

/** What EventBridge takes in one request: entries, and bytes over all of them. */
export const PUT_EVENTS_LIMITS = { entries: 10, bytes: 262_144 } as const;

/** Why an event was not taken: an error code of EventBridge, or the name of what went wrong on the way. */
export interface NotTaken {
  readonly error: string;
}

export interface EventBus {
  /**
   * Publishes events in one request.
   * @param events no more than one request takes
   * @returns one entry for each event in their order: undefined where it was taken
   * @throws when EventBridge does not answer
   */
  put(events: readonly TaskEvent[]): Promise<readonly (NotTaken | undefined)[]>;
}

/** The environment's event bus. */
export const createEventBus = (client: Pick<EventBridgeClient, 'send'>, name: string): EventBus => ({
  put: async (events) => {
    const { Entries: entries = [] } = await client.send(
      new PutEventsCommand({ Entries: events.map((event) => toEntry(event, name)) }),
    );
    return events.map((_, i) => {
      const entry = entries[i];
      return entry?.EventId === undefined ? { error: entry?.ErrorCode ?? 'NoEventId' } : undefined;
    });
  },
});

const toEntry = ({ detail, detailType, time }: TaskEvent, bus: string): PutEventsRequestEntry => ({
  EventBusName: bus,
  Source: EVENT_SOURCE,
  DetailType: detailType,
  Time: new Date(time),
  Detail: JSON.stringify(detail),
});

/** What EventBridge counts for an entry: 14 bytes of time, source, detail type and detail. */
export const entrySize = ({ detail, detailType }: TaskEvent): number =>
  14 + [EVENT_SOURCE, detailType, JSON.stringify(detail)].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
