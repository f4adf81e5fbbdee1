import type { TaskItem } from '../../contract/task.ts';
import type { PartitionPage } from '../../shared/tables/merge-partitions.ts';
import type { Found } from '../../shared/tables/owned-task.ts';
import type { Quarantined } from '../../shared/tables/quarantined.ts';
import type { TaskWithQuarantine } from '../../shared/tables/task-updates.ts';
import type { TaskRecord } from '../../shared/tables/task-view.ts';

/** Result of a cancellation, with the task as it is then. */
export interface Cancellation {
  readonly cancelled: boolean;
  readonly task: Found<TaskRecord>;
}

/** A task with the bytes of its delivery, or their key in the bucket. */
export type TaskWithPayload = TaskRecord & Pick<TaskItem, 'payload' | 'payloadKey'>;

/** An entry of an index in the order of creation. Each of them projects keys only. */
export type ListedKey = Pick<TaskItem, 'taskId' | 'createdKey'>;

/** A part of one shard in the order of creation, newest first. Both positions are exclusive. */
export interface ShardRange {
  readonly shard: number;
  readonly before: string | undefined;
  readonly after: string | undefined;
  /** Most entries of the page. */
  readonly limit: number;
}

/** Attributes with an index of their own. */
export type SearchedAttribute = 'resource' | 'owner';

/**
 * The tasks table for the routes of senders. Methods reject if the table is unavailable. Each takes the application first, and
 * neither returns nor changes a task of another one.
 */
export interface SenderTaskStore {
  /** Reads consistently. */
  find(application: string, taskId: string): Promise<Found<TaskRecord>>;
  /** Reads consistently, with the bytes. */
  findWithPayload(application: string, taskId: string): Promise<Found<TaskWithPayload>>;
  /** Reads consistently, with the deliveries in quarantine. */
  findWithQuarantine(application: string, taskId: string): Promise<Found<TaskWithQuarantine>>;
  /**
   * Cancels a task that is pending and not overdue. Retries transaction conflicts.
   * @param now milliseconds since 1970
   */
  cancel(application: string, taskId: string, now: number): Promise<Cancellation>;
  /**
   * Makes a delivery in quarantine the result or failure of the expired task that was read.
   * @param now milliseconds since 1970
   * @returns the task, or undefined if it has changed since it was read
   */
  accept(
    application: string,
    task: TaskWithQuarantine,
    quarantined: Quarantined,
    now: number,
  ): Promise<TaskRecord | undefined>;
  /**
   * Removes a delivery from the quarantine of the task that was read.
   * @param now milliseconds since 1970
   * @returns false if the task has changed since it was read
   */
  discard(application: string, task: TaskWithQuarantine, quarantined: Quarantined, now: number): Promise<boolean>;
  /** Returns the keys of tasks of a shard of the application. */
  listShard(application: string, range: ShardRange): Promise<PartitionPage<ListedKey>>;
  /** Returns the keys of tasks of a shard of the application that have this value, or another value with the same digest. */
  searchShard(
    application: string,
    attribute: SearchedAttribute,
    value: string,
    range: ShardRange,
  ): Promise<PartitionPage<ListedKey>>;
  /** Reads the tasks with these ids, consistently and in any order. Omits those that no longer exist or belong to another application. */
  findAll(application: string, taskIds: readonly string[]): Promise<readonly TaskRecord[]>;
}
