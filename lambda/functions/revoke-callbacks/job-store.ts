import type { RevocationJob } from '../../shared/operator/revocation-job.ts';

/** Tasks of one batch by their result. */
export interface BatchResult {
  /** Tasks of the list that the batch has handled. */
  readonly size: number;
  readonly done: number;
  readonly skipped: number;
  readonly failed: readonly string[];
}

/** A job and the worker that has it. */
export interface LeasedJob {
  readonly job: RevocationJob;
  /** Random name of the worker. */
  readonly owner: string;
}

/** Jobs, for workers. Methods reject if the table is unavailable. Times are milliseconds since 1970. */
export interface JobStore {
  /** Returns the ids of jobs that a worker must look at. */
  findRunning(): Promise<readonly string[]>;
  /**
   * Takes a job for a worker, unless another one has it.
   * @returns undefined if another worker has it; `missing` if it does not exist
   */
  claim(jobId: string, owner: string, now: number): Promise<LeasedJob | 'missing' | undefined>;
  /** Returns the ids of the next tasks of the list, at most `size`. */
  nextTasks(job: RevocationJob, size: number): Promise<readonly string[]>;
  /**
   * Counts a batch, moves the position to the next batch, and extends the lease.
   * @returns the job now, which an operator may have aborted; undefined if another worker has taken the job
   */
  advance(leased: LeasedJob, result: BatchResult, now: number): Promise<LeasedJob | undefined>;
  /** Counts the tasks that a crashed worker had changed before the job was aborted. */
  settle(leased: LeasedJob, done: number): Promise<void>;
  /** Ends a job whose list is handled. An aborted job stays aborted. */
  finish(leased: LeasedJob, now: number): Promise<void>;
  /** Lets other workers take a job. */
  release(leased: LeasedJob): Promise<void>;
  /** Removes a job from the set of those that a worker must look at. */
  forget(jobId: string): Promise<void>;
}
