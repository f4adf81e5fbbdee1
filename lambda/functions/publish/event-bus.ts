import { type EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import { EVENT_SOURCE } from '../../contract/events.ts';
import type { TaskEvent } from './task-event.ts';

/** What we put into one request: entries, and bytes over all of them. */
export const PUT_EVENTS_LIMITS = { entries: 10, bytes: 262_144 } as const;

/** Bytes that an event must stay below, alone in its request: what EventBridge takes at all. */
export const MAX_EVENT_BYTES = 1_048_576;

/** Why an event was not taken. */
export interface NotTaken {
  /** An error code of EventBridge. */
  readonly error: string;
  /** It is the event's own fault: it would be refused for ever. */
  readonly forGood: boolean;
}

/**
 * Error codes that AWS lists as not worth a retry, and that speak of this one entry: it is laid aside, and the entries after
 * it go on. The others of AWS's list speak of what all entries have in common, the bus (`AccessDeniedException`,
 * `InvalidAccountIdException`) or the source (`NotAuthorizedForSourceException`): they would meet every entry, and pass
 * once the rights are corrected. No entry is laid aside for them.
 * https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsResultEntry.html
 */
const FAULTS_OF_THE_ENTRY: readonly unknown[] = [
  'InvalidArgument',
  'MalformedDetail',
  'NotAuthorizedForDetailTypeException',
  'RedactionFailure',
];

/** The error with which EventBridge refuses a request as a whole for what is in it. */
const REFUSED_REQUEST = 'ValidationException';

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
export const createEventBus = (client: Pick<EventBridgeClient, 'send'>, name: string): EventBus => {
  const send = async (events: readonly TaskEvent[]): Promise<readonly (NotTaken | undefined)[]> => {
    const { Entries: entries = [] } = await client.send(
      new PutEventsCommand({ Entries: events.map((event) => toEntry(event, name)) }),
    );
    return events.map((_, i) => {
      const { EventId: id, ErrorCode: error = 'NoEventId' } = entries[i] ?? {};
      return id === undefined ? { error, forGood: FAULTS_OF_THE_ENTRY.includes(error) } : undefined;
    });
  };
  const put = async (events: readonly TaskEvent[]): Promise<readonly (NotTaken | undefined)[]> => {
    try {
      return await send(events);
    } catch (error) {
      if (!(error instanceof Error) || error.name !== REFUSED_REQUEST) throw error;
      if (events.length === 1) return [{ error: REFUSED_REQUEST, forGood: true }];
    }
    // One of them is the reason: alone, each is judged for itself.
    const results: (NotTaken | undefined)[] = [];
    for (const event of events) results.push(...(await put([event])));
    return results;
  };
  return { put };
};

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
