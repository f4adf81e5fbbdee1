import type { AuditEntry } from '../../contract/audit.ts';
import type { TaskItem } from '../../contract/task.ts';
import type { TaskUpdate } from '../tables/task-updates.ts';
import type { OperatorTaskRecord } from './operator-task.ts';

/** A task with everything that an action depends on. */
export type ActionableTask = OperatorTaskRecord & Pick<TaskItem, 'expiresIn' | 'reissuedAt' | 'payloadKey'>;

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
   * @returns false if the task has changed since it was read
   */
  change(taskId: string, update: TaskUpdate, entry: AuditEntry): Promise<boolean>;
}
