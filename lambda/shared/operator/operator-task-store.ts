import type { AuditEntry } from '../../contract/audit.ts';
import type { TaskItem } from '../../contract/task.ts';
import type { TaskUpdate } from '../tables/task-updates.ts';
import type { OperatorTaskRecord } from './operator-task.ts';

/** A task with everything that an action depends on. */
export type ActionableTask = OperatorTaskRecord & Pick<TaskItem, 'expiresIn' | 'reissuedAt' | 'payloadKey' | 'shard'>;

/** A change of a task, with what must be kept with it. */
export interface TaskActionUpdate {
  readonly update: TaskUpdate;
  /** The input of the task is kept for this issue of its callbacks. @default it need not exist */
  readonly keptInput?: { readonly purgeAt: number; readonly issue: number };
}

/** `noInput`: the task has no input any more. */
export type TaskActionWritten = 'done' | 'changed' | 'noInput';

/** Single tasks of all applications, for operators. Methods reject if a table is unavailable. */
export interface OperatorTaskStore {
  /** Reads consistently, without the bytes of its delivery. */
  find(taskId: string): Promise<OperatorTaskRecord | undefined>;
  /** Reads consistently, with everything that an action depends on, without the bytes of a delivery. */
  findActionable(taskId: string): Promise<ActionableTask | undefined>;
  /** Returns the recorded uses of tokens by their jti. A token that was never used is omitted. */
  countUses(jtis: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /**
   * Changes a task and writes the audit item: both or nothing. Retries transaction conflicts.
   * @returns `changed` if the task has changed since it was read
   */
  change(taskId: string, change: TaskActionUpdate, entry: AuditEntry): Promise<TaskActionWritten>;
}
