import { type EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import { EVENT_SOURCE } from '../../contract/events.ts';
import type { PublishedEvent } from './published-event.ts';

/** Limits of one request: entries, and total bytes. */
export const PUT_EVENTS_LIMITS = { entries: 10, bytes: 262_144 } as const;

/** EventBridge accepts only events that are smaller than this, also if an event is alone in its request. */
export const MAX_EVENT_BYTES = 1_048_576;

/** Refusal of an event by EventBridge. */
export interface EventRefusal {
  /** Error code of EventBridge. */
  readonly error: string;
  /** True if the event itself is the reason: a retry would be refused too. */
  readonly isPermanent: boolean;
}

/**
 * Error codes that AWS lists as not worth a retry and that concern one entry. Such an entry goes to the dead-letter queue.
 * The other codes of AWS's list concern all entries: the bus (`AccessDeniedException`, `InvalidAccountIdException`) or the
 * source (`NotAuthorizedForSourceException`). They end when the permissions are corrected, so these entries are retried.
 * https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsResultEntry.html
 */
const FAULTS_OF_THE_ENTRY: readonly unknown[] = [
  'InvalidArgument',
  'MalformedDetail',
  'NotAuthorizedForDetailTypeException',
  'RedactionFailure',
];

/** Error with which EventBridge refuses a whole request because of its content. */
const REFUSED_REQUEST = 'ValidationException';

export interface EventBus {
  /**
   * Publishes events in one request.
   * @param events at most as many as `PUT_EVENTS_LIMITS`
   * @returns one value for each event in order: undefined if EventBridge accepted the event
   * @throws if EventBridge is unavailable
   */
  put(events: readonly PublishedEvent[]): Promise<readonly (EventRefusal | undefined)[]>;
}

/** The environment's event bus. */
export const createEventBus = (client: Pick<EventBridgeClient, 'send'>, name: string): EventBus => {
  const send = async (events: readonly PublishedEvent[]): Promise<readonly (EventRefusal | undefined)[]> => {
    const { Entries: entries = [] } = await client.send(
      new PutEventsCommand({ Entries: events.map((event) => toEntry(event, name)) }),
    );
    return events.map((_, i) => {
      const { EventId: id, ErrorCode: error = 'NoEventId' } = entries[i] ?? {};
      return id === undefined ? { error, isPermanent: FAULTS_OF_THE_ENTRY.includes(error) } : undefined;
    });
  };
  const put = async (events: readonly PublishedEvent[]): Promise<readonly (EventRefusal | undefined)[]> => {
    try {
      return await send(events);
    } catch (error) {
      if (!(error instanceof Error) || error.name !== REFUSED_REQUEST) throw error;
      if (events.length === 1) return [{ error: REFUSED_REQUEST, isPermanent: true }];
    }
    // One of the events is the reason. Each is sent alone to find it.
    const results: (EventRefusal | undefined)[] = [];
    for (const event of events) results.push(...(await put([event])));
    return results;
  };
  return { put };
};

const toEntry = ({ detail, detailType, time }: PublishedEvent, bus: string): PutEventsRequestEntry => ({
  EventBusName: bus,
  Source: EVENT_SOURCE,
  DetailType: detailType,
  Time: new Date(time),
  Detail: JSON.stringify(detail),
});

/** Returns the size of an entry as EventBridge counts it: 14 bytes of time, source, detail type and detail. */
export const entrySize = ({ detail, detailType }: PublishedEvent): number =>
  14 + [EVENT_SOURCE, detailType, JSON.stringify(detail)].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
