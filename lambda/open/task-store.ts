import type { TaskItem } from '../contract/task.ts';
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
  | 'owner'
  | 'carrier'
  | 'createdAt'
  | 'expiresAt'
  | 'deadline'
  | 'heartbeat'
  | 'heartbeatDeadline'
  | 'callbacks'
  | 'reissuedAt'
  | 'purgeAt'
>;

/** New callbacks of a task, in the place of those that were read. */
export interface Reissue {
  readonly before: IssuedTask;
  readonly after: Required<Pick<TaskItem, 'callbacks' | 'carrier' | 'expiresAt' | 'deadline' | 'heartbeatDeadline'>> &
    Required<Pick<TaskItem, 'due' | 'purgeAt' | 'reissuedAt'>>;
  readonly codes: readonly CodeRecord[];
  /** RFC 3339. */
  readonly at: string;
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
   * Replaces the callbacks of a task that is still pending and still has those that were read.
   * @param now seconds since 1970
   * @returns false where it is not, or has others by now
   */
  reissue(reissue: Reissue, now: number): Promise<boolean>;
}
