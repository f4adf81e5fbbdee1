import type { TaskItem } from '../../contract/task.ts';

/** A pending task with what decides if it is overdue, and if its callbacks are live. */
export type PendingTask = Pick<
  TaskItem,
  | 'taskId'
  | 'status'
  | 'processor'
  | 'createdAt'
  | 'deadline'
  | 'heartbeatDeadline'
  | 'callbacks'
  | 'reissuedAt'
  | 'dispatch'
>;

/** Pending tasks of the environment. Methods reject if a table is unavailable. */
export interface PendingTasks {
  /**
   * Calls `see` with all pending tasks, some at a time and in any order. It also shows overdue tasks that `expire` has not
   * written yet. The index from which it takes their ids follows the table within about a second. The tasks are read from the
   * table itself.
   * @param processor only tasks of this processor; undefined: of all
   */
  scan(see: (tasks: readonly PendingTask[]) => void, processor?: string): Promise<void>;
}
