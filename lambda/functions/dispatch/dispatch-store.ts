import type { DispatchFailure, StoredDispatch } from '../../contract/dispatch.ts';
import type { DISPATCH_READ_ATTRIBUTES } from '../../contract/dispatch-attributes.ts';
import type { TaskItem } from '../../contract/task.ts';
import type { DispatchEnd } from '../../shared/tables/dispatch-view.ts';

/** A task whose work is sent, with all that its request needs. */
export type SentTask = Pick<TaskItem, (typeof DISPATCH_READ_ATTRIBUTES)[number]> & {
  readonly dispatch: StoredDispatch;
};

/** An attempt that was claimed. */
export interface Claim {
  /** The task, as it is after the claim. */
  readonly task: SentTask;
  /** Number of the attempt. */
  readonly attempt: number;
}

/** The last answer of a processor. `status` is absent if there was none. */
export interface LastAnswer {
  readonly status?: number;
}

/** Tasks whose work is sent. Methods reject if the table is unavailable. Times are milliseconds since 1970. */
export interface DispatchStore {
  /** Returns the task; undefined if it does not exist, or Postern does not send its work. Reads consistently. */
  find(taskId: string): Promise<SentTask | undefined>;
  /**
   * Begins an attempt. It has the task until its lease ends.
   * @param used attempts that count, before this one
   * @param isUncertain true if an attempt of this issue had no answer
   * @returns undefined if the task has changed since it was read, or another attempt is under way
   */
  claim(
    task: SentTask,
    claim: {
      readonly now: number;
      readonly used: number;
      readonly isUncertain: boolean;
      readonly kid: string | undefined;
    },
  ): Promise<Claim | undefined>;
  /**
   * Records that the processor has the work of the present issue, whatever has become of the task. A task that is accepted
   * already stays as it is.
   * @returns false if it was accepted already, or has another issue
   */
  accept(
    task: SentTask,
    accepted: LastAnswer & { readonly now: number; readonly remoteId?: string; readonly isAnswerUnknown?: true },
  ): Promise<boolean>;
  /**
   * Records that the attempt failed and another one follows.
   * @returns false if the claim is over, or the task has changed since it was read
   */
  retry(
    claim: Claim,
    next: LastAnswer & {
      readonly now: number;
      /** Seconds since 1970. */
      readonly at: number;
      readonly used: number;
      readonly uncounted: number;
      readonly isUncertain: boolean;
      /** For the timeline. */
      readonly reason: string;
    },
  ): Promise<boolean>;
  /**
   * Records that no attempt follows.
   * @param failsTask true if the task fails too
   * @returns false if the task has changed since it was read
   */
  fail(
    task: SentTask,
    failure: LastAnswer & { readonly now: number; readonly reason: DispatchFailure; readonly failsTask: boolean },
  ): Promise<boolean>;
  /**
   * Records an end that came without an answer.
   * @param by `isClaimed`: the caller has claimed the last attempt of the task, so its lease does not matter
   * @returns false if the task has changed since it was read, or an attempt of another caller is under way
   */
  end(task: SentTask, end: DispatchEnd, now: number, by: { readonly isClaimed: boolean }): Promise<boolean>;
  /**
   * Records that the next attempt is due later.
   * @param at seconds since 1970
   * @returns false if the task has changed since it was read
   */
  postpone(task: SentTask, at: number): Promise<boolean>;
}
