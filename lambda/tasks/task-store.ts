import type { TaskItem } from '../contract/task.ts';
import type { TaskRecord } from './task-view.ts';

/** How an attempt to cancel ended: done, or not, and what stood there then. */
export type Cancellation =
  | { readonly cancelled: true; readonly task: TaskRecord }
  | { readonly cancelled: false; readonly task: TaskRecord | undefined };

/** What the sender's reading and closing routes need of the tasks table. Every method rejects when it does not answer. */
export interface TaskStore {
  /** Read consistently, without the bytes. */
  find(taskId: string): Promise<TaskRecord | undefined>;
  /** Read consistently, with the bytes. */
  findWithPayload(taskId: string): Promise<TaskItem | undefined>;
  /**
   * Cancels a task that is pending and before its deadline. Conflicts with transactions are retried inside.
   * @param now milliseconds since 1970
   */
  cancel(taskId: string, now: number): Promise<Cancellation>;
}
