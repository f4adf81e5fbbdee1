import type { TaskItem } from '../../contract/task.ts';
import type { PendingTask } from '../../shared/operator/pending-tasks.ts';
import type { RevocationJob } from '../../shared/operator/revocation-job.ts';

/** A task with what its revocation needs. */
export interface RevocableTask extends PendingTask, Pick<TaskItem, 'application' | 'revision' | 'journal'> {}

/**
 * Result of the revocation of one task:
 * - `revoked`: its callbacks are revoked now.
 * - `repeated`: an earlier attempt of the same job had revoked them.
 * - `changed`: the task has changed since it was read.
 */
export type RevocationResult = 'revoked' | 'repeated' | 'changed';

/** Tasks, for bulk revocations. Methods reject if a table is unavailable. */
export interface TaskRevocations {
  /** Reads tasks from the table itself. A task that does not exist is omitted. */
  read(taskIds: readonly string[]): Promise<readonly RevocableTask[]>;
  /** Returns those of the tasks that an attempt of the job's current batch has revoked. */
  findRevoked(job: RevocationJob, taskIds: readonly string[]): Promise<ReadonlySet<string>>;
  /**
   * Revokes the callbacks of a task and stores the audit item of it: both or nothing, and once in each job.
   * @param now milliseconds since 1970
   */
  revoke(job: RevocationJob, task: RevocableTask, now: number): Promise<RevocationResult>;
}
