import type { RESUME_READ_ATTRIBUTES } from '../../contract/resume-attributes.ts';
import type { TaskItem, TaskStatus } from '../../contract/task.ts';

/** A task with everything that its workflow may get. */
export type WaitedTask = Pick<TaskItem, (typeof RESUME_READ_ATTRIBUTES)[number]> & {
  readonly resume: NonNullable<TaskItem['resume']>;
};

/** A task whose workflow is to get its outcome. */
export type ClosedTask = WaitedTask & { readonly status: Exclude<TaskStatus, 'pending'> };

/** Store of tasks whose workflow waits. Methods reject if the table is unavailable. */
export interface ResumeStore {
  /** Returns the task; undefined if it does not exist or no workflow waits for it. */
  find(taskId: string): Promise<WaitedTask | undefined>;
  /**
   * Marks that the workflow may get the outcome from now on.
   * @returns if it was marked before: then an earlier call may have delivered it. Undefined if the task has changed since it was read: its
   * outcome was delivered or refused, or the task was reopened
   */
  claim(task: ClosedTask): Promise<{ readonly wasUncertain: boolean } | undefined>;
  /** Removes the mark: the call had no effect. */
  release(task: ClosedTask): Promise<void>;
  /** Records that the workflow has the outcome, and removes its token. A repeat changes nothing. @param at RFC 3339 */
  deliver(task: ClosedTask, at: string): Promise<void>;
  /** Records that the workflow will not get the outcome, and removes its token. A repeat changes nothing. @param at RFC 3339 */
  refuse(task: ClosedTask, reason: string, at: string): Promise<void>;
}

/** Times of heartbeats. */
export interface HeartbeatStore {
  /**
   * Records a heartbeat of a task's workflow.
   * @param now milliseconds since 1970
   * @param interval shortest time between two heartbeats, in milliseconds
   * @returns false if the last one is more recent
   */
  begin(taskId: string, now: number, interval: number): Promise<boolean>;
}
