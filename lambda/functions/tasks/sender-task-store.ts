import type { QuarantineReason, ReopenedEntry, TaskItem } from '../../contract/task.ts';
import type { TaskRecord } from './task-view.ts';

/** Result of a cancellation, with the task as it is then. */
export type Cancellation =
  | { readonly cancelled: true; readonly task: TaskRecord }
  | { readonly cancelled: false; readonly task: TaskRecord | undefined };

/** A task with the bytes of its delivery, or their key in the bucket. */
export type TaskWithPayload = TaskRecord & Pick<TaskItem, 'payload' | 'payloadKey'>;

/** A task with its deliveries in quarantine. */
export type TaskWithQuarantine = TaskRecord & Pick<TaskItem, 'quarantine' | 'reopened'>;

/** A delivery in quarantine. The reason decides in which attribute the task stores it. */
export interface Quarantined {
  readonly entry: ReopenedEntry;
  readonly why: QuarantineReason;
}

/** Tasks of one shard, newest first. */
export interface ShardPage {
  readonly tasks: readonly ListedTask[];
  /** True if the shard has no older tasks. */
  readonly ended: boolean;
}

/** A task in the order of creation. */
export type ListedTask = TaskRecord & Pick<TaskItem, 'createdKey'>;

/** The tasks table for the routes of senders. Methods reject if the table is unavailable. */
export interface SenderTaskStore {
  /** Reads consistently. */
  find(taskId: string): Promise<TaskRecord | undefined>;
  /** Reads consistently, with the bytes. */
  findWithPayload(taskId: string): Promise<TaskWithPayload | undefined>;
  /** Reads consistently, with the bytes of deliveries in quarantine. */
  findWithQuarantine(taskId: string): Promise<TaskWithQuarantine | undefined>;
  /**
   * Cancels a task that is pending and not overdue. Retries transaction conflicts.
   * @param now milliseconds since 1970
   */
  cancel(taskId: string, now: number): Promise<Cancellation>;
  /**
   * Makes a delivery in quarantine the result or failure of the expired task that was read.
   * @param now milliseconds since 1970
   * @returns the task, or undefined if the task or the delivery has changed since it was read
   */
  accept(task: TaskWithQuarantine, quarantined: Quarantined, now: number): Promise<TaskRecord | undefined>;
  /**
   * Removes a delivery from quarantine.
   * @param now milliseconds since 1970
   * @returns false if no delivery has this id
   */
  discard(taskId: string, quarantineId: string, now: number): Promise<boolean>;
  /**
   * Returns tasks of a shard before a position in the order of creation.
   * @param limit most tasks of the page
   */
  listShard(shard: number, before: string | undefined, limit: number): Promise<ShardPage>;
}
