import type { AuditEntry } from '../../contract/audit.ts';
import type { RevocationJob, RevocationPlan } from './revocation-job.ts';

/** Plans and jobs of bulk revocations. Methods reject if a table is unavailable. */
export interface RevocationStore {
  /** Stores a plan with the list of its tasks. */
  putPlan(plan: RevocationPlan, taskIds: readonly string[]): Promise<void>;
  /** Returns a plan that may have expired or been used. */
  findPlan(planId: string): Promise<RevocationPlan | undefined>;
  /**
   * Uses up the plan of a job, and stores the job and the audit item: all of it or nothing.
   * @returns false if another request has used up the plan
   */
  start(job: RevocationJob, audit: AuditEntry): Promise<boolean>;
  findJob(jobId: string): Promise<RevocationJob | undefined>;
  /**
   * Aborts a job and stores the audit item: both or nothing. A job that is done or aborted stays as it is; the item is
   * stored too.
   * @returns undefined if the job does not exist
   */
  abort(jobId: string, audit: AuditEntry): Promise<AbortedJob | undefined>;
}

/** A job after a request to abort it. */
export interface AbortedJob {
  readonly job: RevocationJob;
  /** False if the job had ended before. */
  readonly isChanged: boolean;
}
