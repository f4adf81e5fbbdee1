import type { ReopenedEntry, Reopening, TaskItem } from '../../contract/task.ts';
import type { ShortCodeRecord } from '../../shared/callbacks/callback-issuer.ts';
import type { IssueAttributes } from '../../shared/callbacks/issue-attributes.ts';
import type { QueueAttributes } from '../../shared/dispatch/queue-attributes.ts';
import type { SendableTask } from '../../shared/dispatch/send-again.ts';
import type { StoredTask } from '../../shared/tables/complete-task.ts';
import type { Found } from '../../shared/tables/owned-task.ts';
import type { TaskUpdate } from '../../shared/tables/task-updates.ts';
import type { TaskRecord } from '../../shared/tables/task-view.ts';
import type { IdempotentRequest, RecordedRequest } from './idempotency.ts';

/** What a new task with `supersedes` writes besides itself. */
export interface Supersession {
  /** Key of the record of its value. It names the last task with this value. */
  readonly lookupKey: string;
  /** The task that the record named when it was read. */
  readonly recordedTaskId?: string;
  /** The cancellation of that task. Absent if it is not pending. */
  readonly cancellation?: { readonly taskId: string; readonly update: TaskUpdate };
}

/** A new task and the records that belong to it. */
export interface NewTask {
  readonly task: StoredTask;
  readonly codes: readonly ShortCodeRecord[];
  /** Present if the request has an idempotency key. */
  readonly request?: IdempotentRequest;
  /** Present if the request has `supersedes`. */
  readonly supersession?: Supersession;
  /** JSON text: what the processor is to work on. Only of a task whose work is sent. */
  readonly input?: string;
}

/**
 * The task was stored; or an earlier request with the same idempotency key had created one; or the task to supersede has changed
 * since it was read.
 */
export type StoredCreation =
  | { readonly created: true }
  | { readonly created: false; readonly earlier: RecordedRequest }
  | { readonly created: false; readonly earlier?: never };

/** Attributes of a task that are needed to issue its callbacks. */
export const ISSUED_ATTRIBUTES = [
  'taskId',
  'application',
  'status',
  'processor',
  'resource',
  'owner',
  'carrier',
  'createdAt',
  'expiresAt',
  'deadline',
  'heartbeat',
  'heartbeatDeadline',
  'callbacks',
  'reissuedAt',
  'expiresIn',
  'purgeAt',
  'revoked',
  'journal',
  'supersedesKey',
  'closedAt',
  'progress',
  'revokedAt',
  'dispatch',
  'queuedAt',
] as const satisfies readonly (keyof TaskItem)[];

export type IssuedTask = Pick<TaskItem, (typeof ISSUED_ATTRIBUTES)[number]>;

/** Parameters of new callbacks. A request that omits one keeps the current value. */
export const REISSUE_PARAMETERS = [
  'callbacks',
  'expiresIn',
  'carrier',
] as const satisfies readonly (keyof IssuedTask)[];
export type ReissueParameter = (typeof REISSUE_PARAMETERS)[number];

/** New callbacks of a pending task, which replace the current ones. */
export interface Reissue {
  readonly before: IssuedTask;
  /** Parameters that the request omitted. Their values come from `before`. */
  readonly omitted: readonly ReissueParameter[];
  readonly after: IssueAttributes;
  readonly codes: readonly ShortCodeRecord[];
  /** RFC 3339. */
  readonly at: string;
}

/** Attributes of a closed task that are needed to reopen it. */
export type ClosedTask = IssuedTask &
  Pick<
    TaskItem,
    'result' | 'failure' | 'payloadKey' | 'reopened' | 'reopenings' | 'history' | 'resume' | 'shard' | 'revision'
  >;

/** A task whose work may be sent again. */
export type SendableIssuedTask = SendableTask & Pick<TaskItem, 'application' | 'resource' | 'owner' | 'supersedesKey'>;

/** What becomes of the input of a task whose work is sent again. */
export interface InputWrite {
  /** The new issue of callbacks. */
  readonly issue: number;
  /** JSON text of another input. Absent: the stored input is kept. */
  readonly text?: string;
}

/** A task is queued again, with or without new callbacks. */
export interface QueuedAgain {
  readonly before: Pick<TaskItem, 'taskId' | 'supersedesKey'>;
  readonly update: TaskUpdate;
  /** New callbacks. Absent: the present ones are sent. */
  readonly after?: IssueAttributes;
  readonly input?: InputWrite;
}

/** A reopening: the task becomes pending with new callbacks. */
export interface Reopened {
  readonly before: ClosedTask;
  readonly after: IssueAttributes;
  readonly codes: readonly ShortCodeRecord[];
  /** The delivery that had closed the task. */
  readonly entry: ReopenedEntry;
  readonly reopening: Reopening;
  /** Only of a task whose work Postern sends. */
  readonly queue?: QueueAttributes;
  readonly input?: InputWrite;
}

/**
 * Store of this function. Methods reject if the tables are unavailable. They retry transaction conflicts themselves. Each
 * method that reads or changes a task takes the application first, and neither returns nor changes a task of another one.
 */
export interface TaskCreationStore {
  /**
   * Stores a new task with its short codes and its idempotency key, and cancels the task that it supersedes, all or nothing.
   * @param now seconds since 1970
   */
  create(application: string, task: NewTask, now: number): Promise<StoredCreation>;
  /** Returns the record under a key of the lookups table, also if it is too old. */
  findRecorded(lookupKey: string): Promise<RecordedRequest | undefined>;
  /** Returns the task of a record of `supersedes`. Reads consistently. */
  findSupersedable(lookupKey: string): Promise<string | undefined>;
  /** Reads consistently. */
  find(application: string, taskId: string): Promise<Found<IssuedTask>>;
  /**
   * Replaces the callbacks of a pending task. Short codes are stored first. If the task then has other callbacks, such a
   * code leads to a revoked token.
   * @param now seconds since 1970
   * @returns false if the task is no longer pending, or an omitted parameter has changed since it was read
   */
  reissue(application: string, reissue: Reissue, now: number): Promise<boolean>;
  /** Counts the pending tasks of an application, and stops at `enough`. The index follows the table with a short delay. */
  countPending(application: string, enough: number): Promise<number>;
  /** Reads consistently, with the description of the delivery that closed the task. */
  findClosed(application: string, taskId: string): Promise<Found<ClosedTask>>;
  /**
   * Makes a closed task pending again, in one write. Short codes are stored first.
   * @returns false if the task has changed since it was read
   */
  reopen(application: string, reopened: Reopened): Promise<boolean>;
  /** Returns the input of a task, as JSON text. Reads consistently. */
  findInput(taskId: string): Promise<string | undefined>;
  /** Reads consistently. */
  findSendable(application: string, taskId: string): Promise<Found<SendableIssuedTask>>;
  /**
   * Queues a task again, and keeps or replaces its input, all or nothing.
   * @returns false if the task has changed since it was read, or the input to keep was deleted
   */
  queueAgain(application: string, queued: QueuedAgain): Promise<boolean>;
  /** Reads consistently what views show. */
  findShown(application: string, taskId: string): Promise<Found<TaskRecord>>;
}
