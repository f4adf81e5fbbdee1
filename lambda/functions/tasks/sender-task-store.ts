import type { QuarantineReason, ReopenedEntry, TaskItem } from '../../contract/task.ts';
import type { TaskRecord } from './task-view.ts';

/** How an attempt to cancel ended: done, or not, and what stood there then. */
export type Cancellation =
  | { readonly cancelled: true; readonly task: TaskRecord }
  | { readonly cancelled: false; readonly task: TaskRecord | undefined };

/** A task and the bytes of its delivery, or where they are. */
export type TaskWithPayload = TaskRecord & Pick<TaskItem, 'payload' | 'payloadKey'>;

/** A task and its deliveries in quarantine. */
export type TaskWithQuarantine = TaskRecord & Pick<TaskItem, 'quarantine' | 'reopened'>;

/** A delivery in quarantine, and why it is there: where the task keeps it follows from that. */
export interface Quarantined {
  readonly entry: ReopenedEntry;
  readonly why: QuarantineReason;
}

/** Tasks of one shard, newest first. */
export interface ShardPage {
  readonly tasks: readonly ListedTask[];
  /** The shard has no older ones. */
  readonly ended: boolean;
}

/** A task in the order of opening. */
export type ListedTask = TaskRecord & Pick<TaskItem, 'createdKey'>;

/** What the sender's reading and closing routes need of the tasks table. Every method rejects when it does not answer. */
export interface SenderTaskStore {
  /** Read consistently. */
  find(taskId: string): Promise<TaskRecord | undefined>;
  /** Read consistently, with the bytes. */
  findWithPayload(taskId: string): Promise<TaskWithPayload | undefined>;
  /** Read consistently, with the bytes of deliveries in quarantine. */
  findWithQuarantine(taskId: string): Promise<TaskWithQuarantine | undefined>;
  /**
   * Cancels a task that is pending and before its time is over. Conflicts with transactions are retried inside.
   * @param now milliseconds since 1970
   */
  cancel(taskId: string, now: number): Promise<Cancellation>;
  /**
   * Makes a delivery in quarantine the result, or the failure, of the expired task that was read.
   * @param now milliseconds since 1970
   * @returns the task; undefined where it or the delivery is not as it was read any more
   */
  accept(task: TaskWithQuarantine, quarantined: Quarantined, now: number): Promise<TaskRecord | undefined>;
  /**
   * Removes a delivery from quarantine.
   * @param now milliseconds since 1970
   * @returns false where there is none of that id
   */
  discard(taskId: string, quarantineId: string, now: number): Promise<boolean>;
  /**
   * Tasks of a shard that were opened before a place in the order of opening.
   * @param limit at most so many
   */
  listShard(shard: number, before: string | undefined, limit: number): Promise<ShardPage>;
}
