import type { ChangeRecord } from '../../shared/tables/stream-records.ts';
import { entrySize, MAX_EVENT_BYTES, PUT_EVENTS_LIMITS } from './event-bus.ts';
import { isAuditItem, toOperatorEvent } from './operator-event.ts';
import type { PublishedEvent } from './published-event.ts';
import { toTaskEvents } from './task-event.ts';

/** A change with its event. */
export interface OutgoingEvent {
  readonly record: ChangeRecord;
  readonly event: PublishedEvent;
  /** Size in bytes, as EventBridge counts it. */
  readonly bytes: number;
}

/** A change that can never be published. */
export interface UnpublishableChange {
  readonly record: ChangeRecord;
  readonly reason: 'NotATask' | 'NotAnAuditItem' | 'TooLarge';
}

/** Returns the events of a change, nothing for a change that is not published, or the reason why it can never be. */
export const readChange = (record: ChangeRecord, origin: string): readonly (OutgoingEvent | UnpublishableChange)[] => {
  const isAudit = isAuditItem(record.image);
  // Items of the audit are only added. A replaced one is no action.
  if (isAudit && record.isModification) return [];
  try {
    const events: readonly (PublishedEvent | undefined)[] = isAudit
      ? [toOperatorEvent(record.image)]
      : toTaskEvents(record.image, origin);
    const outgoing = events
      .filter((event) => event !== undefined)
      .map((event) => ({ record, event, bytes: entrySize(event) }));
    return outgoing.every(({ bytes }) => bytes < MAX_EVENT_BYTES) ? outgoing : [{ record, reason: 'TooLarge' }];
  } catch {
    return [{ record, reason: isAudit ? 'NotAnAuditItem' : 'NotATask' }];
  }
};

/**
 * Returns steps to do in sequence, in the order of the changes. A step is a batch of events for one request to EventBridge,
 * or one change that can never be published. Such a change is a step of its position: otherwise a retry would send it to the
 * dead-letter queue again and again while events before it wait for EventBridge.
 *
 * A batch has as many events as one request takes, but never two of the same task: EventBridge may accept the later event
 * and refuse the earlier one.
 */
export const toBatches = (
  changes: readonly (OutgoingEvent | UnpublishableChange)[],
): readonly (readonly [OutgoingEvent, ...OutgoingEvent[]] | UnpublishableChange)[] => {
  const steps: ([OutgoingEvent, ...OutgoingEvent[]] | UnpublishableChange)[] = [];
  let bytes = 0;
  let subjects = new Set<string>();
  for (const change of changes) {
    if ('reason' in change) {
      steps.push(change);
      continue;
    }
    // The actions of operators have no order: each is its own subject.
    const { detail } = change.event;
    const subject = 'sequence' in detail ? detail.taskId : detail.id;
    const batch = steps.at(-1);
    const fits =
      Array.isArray(batch) &&
      batch.length < PUT_EVENTS_LIMITS.entries &&
      bytes + change.bytes <= PUT_EVENTS_LIMITS.bytes &&
      !subjects.has(subject);
    if (fits) {
      batch.push(change);
      bytes += change.bytes;
      subjects.add(subject);
    } else {
      steps.push([change]);
      bytes = change.bytes;
      subjects = new Set([subject]);
    }
  }
  return steps;
};
