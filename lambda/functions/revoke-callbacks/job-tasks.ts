import type { RevocationJob } from '../../shared/operator/revocation-job.ts';

/**
 * Result of the change of one task:
 * - `done`: the task is changed now.
 * - `repeated`: an earlier attempt of the same job had changed it.
 * - `changed`: the task has changed since it was read.
 * - `failed`: it cannot be changed.
 */
export type JobTaskResult = 'done' | 'repeated' | 'changed' | 'failed';

/** A task of a job, as it was read. */
export interface JobTask {
  readonly taskId: string;
  /** True if the task is still one that the plan had. @param now milliseconds since 1970 */
  isWanted(now: number): boolean;
  /**
   * Changes the task and stores its audit item: both or nothing, and once in each job.
   * @param now milliseconds since 1970
   */
  change(now: number): Promise<JobTaskResult>;
}

/** Tasks of one kind of bulk jobs. Methods reject if a table is unavailable. */
export interface JobTasks {
  /** Reads tasks from the table itself. A task that does not exist is omitted. */
  read(job: RevocationJob, taskIds: readonly string[]): Promise<readonly JobTask[]>;
  /** Returns those of the tasks that an attempt of the job's current batch has changed. */
  findDone(job: RevocationJob, taskIds: readonly string[]): Promise<ReadonlySet<string>>;
}
