import type { OperatorId } from '../../contract/audit.ts';
import type { BulkSending, JobView } from '../../contract/operator-api.ts';
import { LOOKUP_PREFIXES } from '../../contract/tables.ts';

/** A plan to change many tasks of a processor, and the list of these tasks. */
export interface RevocationPlan {
  readonly planId: string;
  readonly processor: string;
  /** The tasks whose work is sent again. Absent: callbacks are revoked. */
  readonly sends?: {
    readonly of: BulkSending;
    /** The keys that were retired when the plan was made, for `retired_key`. */
    readonly kids?: readonly string[];
  };
  /** RFC 3339: time at which these tasks were pending with live callbacks, or could be sent again. */
  readonly plannedAt: string;
  /** Number of tasks of the list. */
  readonly count: number;
  /** Seconds since 1970: the plan can be confirmed before. */
  readonly expiresAt: number;
  /** The job that used up the plan. */
  readonly jobId?: string;
}

/** A job, as the lookups table stores it. */
export interface RevocationJob extends JobView, Pick<RevocationPlan, 'planId' | 'processor' | 'plannedAt' | 'sends'> {
  /** The operator who confirmed the plan, for the audit items of its tasks. */
  readonly operator: OperatorId;
  readonly reason: string;
  readonly from: string;
  readonly requestId: string;
  /** RFC 3339. */
  readonly startedAt: string;
  readonly endedAt?: string;
  /** Number of counted tasks of the list. A worker that crashed may have changed tasks of the next batch too. */
  readonly position: number;
  /**
   * RFC 3339: time of the batch at `position`. Every attempt of the batch gives the audit item of a task this time, and so
   * the same key. Absent once an aborted job is settled.
   */
  readonly batchAt?: string;
  /** The worker that has the job. */
  readonly leaseOwner?: string;
  /** Milliseconds since 1970. */
  readonly leaseUntil?: number;
  /** TTL, seconds since 1970. */
  readonly expiresAt: number;
}

/** Form of the ids of plans and jobs. */
export const PLAN_ID_PATTERN = /^[A-Za-z0-9_-]{22}$/;

export const planKey = (planId: string): string => `${LOOKUP_PREFIXES.plan}${planId}`;

/** Key of one part of a plan's list of tasks. An id has no `#`, so no id names a part. */
export const planPartKey = (planId: string, part: number): string => `${planKey(planId)}#${part}`;

export const jobKey = (jobId: string): string => `${LOOKUP_PREFIXES.job}${jobId}`;

/** Key of the set of jobs that a worker must look at. An id has no `#`, so it is not the key of a job. */
export const RUNNING_JOBS_KEY = `${LOOKUP_PREFIXES.job}#running`;

/** Returns a job as the operator API shows it. */
export const showJob = ({ count, done, failed, jobId, pace, skipped, state }: RevocationJob): JobView => ({
  jobId,
  state,
  count,
  done,
  skipped,
  failed,
  pace,
});
