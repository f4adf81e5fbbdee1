import type { OperatorEvent } from './operator-event.ts';
import type { TaskEvent } from './task-event.ts';

/** An event for EventBridge. */
export type PublishedEvent = TaskEvent | OperatorEvent;
