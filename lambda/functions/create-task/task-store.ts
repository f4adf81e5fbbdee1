import type { ReopenedEntry, Reopening, TaskItem } from '../../contract/task.ts';
import type { CodeRecord } from './callbacks.ts';
import type { Recorded, Repeatable } from './idempotency.ts';

/** A task to be stored with everything that goes with it. */
export interface NewTask {
  readonly task: TaskItem;
  readonly codes: readonly CodeRecord[];
  /** The request, where it has an idempotency key. */
  readonly request?: Repeatable;
}

/** A task was opened, or an earlier request with the same key had opened one. */
export type Opening = { readonly opened: true } | { readonly opened: false; readonly earlier: Recorded };

/** What is needed of a task to issue its callbacks. */
export type IssuedTask = Pick<
  TaskItem,
  | 'taskId'
  | 'status'
  | 'processor'
  | 'resource'
  | 'owner'
  | 'carrier'
  | 'createdAt'
  | 'expiresAt'
  | 'deadline'
  | 'heartbeat'
  | 'heartbeatDeadline'
  | 'callbacks'
  | 'reissuedAt'
  | 'expiresIn'
  | 'purgeAt'
>;

/** What a sender may say of new callbacks, or leave as it is. */
export const TERMS = ['callbacks', 'expiresIn', 'carrier'] as const satisfies readonly (keyof IssuedTask)[];
export type Term = (typeof TERMS)[number];

/** What a task holds of its current callbacks, and the times that follow from them. */
export type NewIssue = Required<
  Pick<
    TaskItem,
    | 'callbacks'
    | 'uploads'
    | 'carrier'
    | 'expiresIn'
    | 'reissuedAt'
    | 'expiresAt'
    | 'deadline'
    | 'heartbeatDeadline'
    | 'due'
    | 'purgeAt'
  >
>;

/** New callbacks of a pending task, in the place of whichever it has. */
export interface Reissue {
  readonly before: IssuedTask;
  /** What the request left out: it was taken from `before`. */
  readonly leftOut: readonly Term[];
  readonly after: NewIssue;
  readonly codes: readonly CodeRecord[];
  /** RFC 3339. */
  readonly at: string;
}

/** What is needed of a task to take its delivery back. */
export type ClosedTask = IssuedTask &
  Pick<TaskItem, 'result' | 'failure' | 'payload' | 'payloadKey' | 'reopened' | 'reopenings'>;

/** A task that is pending again, with new callbacks. */
export interface Reopened {
  readonly before: ClosedTask;
  readonly after: NewIssue;
  readonly codes: readonly CodeRecord[];
  /** What it had been closed with. */
  readonly entry: ReopenedEntry;
  readonly reopening: Reopening;
}

/** What opening tasks needs of the tables. Every method rejects when they do not answer; conflicts are retried inside. */
export interface TaskStore {
  /** Stores a task that was not there, its short codes and its idempotency key: all of it or nothing. */
  open(task: NewTask, now: number): Promise<Opening>;
  /** The request that was recorded under a key of the lookups table, forgotten or not. */
  findRecorded(lookupKey: string): Promise<Recorded | undefined>;
  /** Read consistently. */
  find(taskId: string): Promise<IssuedTask | undefined>;
  /**
   * Replaces the callbacks of a task that is still pending. Short codes are stored before: one whose task then has other
   * callbacks leads to a token that is revoked.
   * @param now seconds since 1970
   * @returns false where it is pending no more, or what was left out is not as it was read
   */
  reissue(reissue: Reissue, now: number): Promise<boolean>;
  /** Read consistently, with the bytes of what the task was closed with. */
  findClosed(taskId: string): Promise<ClosedTask | undefined>;
  /**
   * Makes a task pending again that is closed as it was read, in one write. Short codes are stored before.
   * @returns false where the task is not as it was read any more
   */
  reopen(reopened: Reopened): Promise<boolean>;
}
