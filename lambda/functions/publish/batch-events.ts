import type { ChangeRecord } from './change-record.ts';
import { entrySize, MAX_EVENT_BYTES, PUT_EVENTS_LIMITS } from './event-bus.ts';
import { type TaskEvent, toTaskEvent } from './task-event.ts';

export interface Outgoing {
  readonly record: ChangeRecord;
  readonly event: TaskEvent;
  /** As EventBridge counts it. */
  readonly bytes: number;
}

export interface Unpublishable {
  readonly record: ChangeRecord;
  readonly reason: 'NotATask' | 'TooLarge';
}

/** What a change means for the bus: nothing, one event, or that it can never be one. */
export const readChange = (record: ChangeRecord, origin: string): readonly (Outgoing | Unpublishable)[] => {
  try {
    const event = toTaskEvent(record.image, origin);
    if (event === undefined) return [];
    const bytes = entrySize(event);
    return [bytes < MAX_EVENT_BYTES ? { record, event, bytes } : { record, reason: 'TooLarge' }];
  } catch {
    return [{ record, reason: 'NotATask' }];
  }
};

/**
 * What is done one after the other, in the order of the changes: requests to the bus, and each change that can never be
 * published by itself, so that it is not laid aside again and again while what is before it waits for the bus.
 *
 * A request has as many events as it takes, and no task twice: the bus may take its later event and refuse an earlier
 * one.
 */
export const inSteps = (
  all: readonly (Outgoing | Unpublishable)[],
): readonly (readonly [Outgoing, ...Outgoing[]] | Unpublishable)[] => {
  const steps: ([Outgoing, ...Outgoing[]] | Unpublishable)[] = [];
  let bytes = 0;
  let tasks = new Set<string>();
  for (const each of all) {
    if ('reason' in each) {
      steps.push(each);
      continue;
    }
    const { taskId } = each.event.detail;
    const batch = steps.at(-1);
    const fits =
      Array.isArray(batch) &&
      batch.length < PUT_EVENTS_LIMITS.entries &&
      bytes + each.bytes <= PUT_EVENTS_LIMITS.bytes &&
      !tasks.has(taskId);
    if (fits) {
      batch.push(each);
      bytes += each.bytes;
      tasks.add(taskId);
    } else {
      steps.push([each]);
      bytes = each.bytes;
      tasks = new Set([taskId]);
    }
  }
  return steps;
};
