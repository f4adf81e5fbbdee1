import type { TaskItem } from '../../contract/task.ts';

/** An entry of the index of pending tasks. */
export interface PendingEntry {
  readonly taskId: string;
  readonly processor: string;
  /** Seconds since 1970. A later heartbeat moves the deadline of the task, not of the entry. */
  readonly due: number;
  /** RFC 3339. */
  readonly createdAt: string;
}

/** A task with what decides if it is pending, and if its callbacks are live. */
export type PendingTask = Pick<
  TaskItem,
  'taskId' | 'status' | 'processor' | 'createdAt' | 'deadline' | 'heartbeatDeadline' | 'callbacks' | 'reissuedAt'
>;

/** Pending tasks of the environment. Methods reject if the table is unavailable. */
export interface PendingTasks {
  /**
   * Calls `see` with every page of the index, in any order. The index follows the table within about a second.
   * @param processor only entries of this processor; undefined: of all
   */
  scan(see: (page: readonly PendingEntry[]) => void, processor?: string): Promise<void>;
  /** Reads tasks from the table itself. A task that does not exist is omitted. */
  read(taskIds: readonly string[]): Promise<readonly PendingTask[]>;
}
