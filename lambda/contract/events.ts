import type { AuditEntry } from './audit.ts';
import type { DispatchDetail } from './dispatch.ts';
import type { ResumeView } from './resume.ts';
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
  revoked: 'Callbacks Revoked',
  replayed: 'Replay Detected',
  resumed: 'Workflow Resumed',
  resumeRefused: 'Resume Refused',
  dispatched: 'Task Dispatched',
  /** A task that failed by it has the event `Task Failed` too. */
  dispatchFailed: 'Dispatch Failed',
  // Changes that are not published.
  reissued: null,
  rescheduled: null,
  uploadOffered: null,
  discarded: null,
  resuming: null,
  upgraded: null,
  dispatching: null,
  dispatchRetried: null,
  dispatchWaiting: null,
  dispatchStopped: null,
  dispatchQueued: null,
} as const satisfies Record<TaskChange, string | null>;

/** Detail types of changes of tasks. */
export type TaskDetailType = NonNullable<(typeof DETAIL_TYPES)[TaskChange]>;

/** Changes that are published. */
export type PublishedChange = {
  [C in TaskChange]: (typeof DETAIL_TYPES)[C] extends null ? never : C;
}[TaskChange];

/** Detail type of an action that an operator has done. */
export const OPERATOR_ACTED = 'Operator Acted';

export type DetailType = TaskDetailType | typeof OPERATOR_ACTED;

/** The location of a delivery. Events never have its bytes. */
export interface PayloadReference {
  readonly contentType: string;
  readonly size: number;
  readonly sha256: string;
  /** URL of the sender API that returns the bytes. */
  readonly location: string;
}

/** The member `detail` of every event of a task. */
export interface EventDetail {
  /** Task id and sequence. A repeated delivery of the event has the same id. */
  readonly id: string;
  /** Grows by one with each change of the task. EventBridge does not keep the order of events. */
  readonly sequence: number;
  readonly taskId: string;
  readonly application: string;
  readonly processor: string;
  readonly resource: string;
  readonly owner?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly status: TaskStatus;
  readonly createdAt: string;
  readonly expiresAt: string;
  /** Time of the change. */
  readonly at: string;
  readonly result?: PayloadReference;
  readonly failure?: PayloadReference;
  readonly progress?: Progress;
  readonly replay?: { readonly count: number; readonly from: string; readonly sha256: string };
  /** Only of `Workflow Resumed` and `Resume Refused`. */
  readonly resume?: ResumeView;
  /** Only of `Task Dispatched` and `Dispatch Failed`, and of `Task Failed` if the dispatch has failed. */
  readonly dispatch?: DispatchDetail;
}

export const eventId = (taskId: string, sequence: number): string => `${taskId}-${sequence}`;

/** The member `detail` of an event of an operator's action. The audit has the reason; the event does not. */
export interface OperatorEventDetail
  extends Pick<AuditEntry, 'id' | 'at' | 'action' | 'target' | 'taskId' | 'application' | 'operator' | 'outcome'> {}
