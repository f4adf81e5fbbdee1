import type { Progress, TaskChange, TaskStatus } from './task.ts';

/** `source` of everything on the environment's event bus. */
export const EVENT_SOURCE = 'postern';

export const DETAIL_TYPES = {
  opened: 'Task Opened',
  progressed: 'Task Progressed',
  succeeded: 'Task Succeeded',
  failed: 'Task Failed',
  expired: 'Task Expired',
  cancelled: 'Task Cancelled',
  quarantined: 'Task Quarantined',
  reopened: 'Task Reopened',
  replayed: 'Replay Detected',
  // Changes that are nobody's news.
  reissued: null,
  rescheduled: null,
  uploadOffered: null,
  discarded: null,
} as const satisfies Record<TaskChange, string | null>;

export type DetailType = NonNullable<(typeof DETAIL_TYPES)[TaskChange]>;

/** Where a delivery is, never the delivery itself. */
export interface PayloadReference {
  readonly contentType: string;
  readonly size: number;
  readonly sha256: string;
  /** URL of the sender API that answers with the bytes. */
  readonly location: string;
}

/** `detail` of every event. */
export interface EventDetail {
  /** Task id and sequence: the same when the event is delivered again. */
  readonly id: string;
  /** Grows by one with each change of the task; the bus itself keeps no order. */
  readonly sequence: number;
  readonly taskId: string;
  readonly processor: string;
  readonly resource: string;
  readonly owner?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly status: TaskStatus;
  readonly createdAt: string;
  readonly expiresAt: string;
  /** When the change happened. */
  readonly at: string;
  readonly result?: PayloadReference;
  readonly failure?: PayloadReference;
  readonly progress?: Progress;
  readonly replay?: { readonly count: number; readonly from: string; readonly sha256: string };
}

export const eventId = (taskId: string, sequence: number): string => `${taskId}-${sequence}`;
