import type { AuditEntry } from '../../contract/audit.ts';
import type { BulkSending, JobView } from '../../contract/operator-api.ts';
import { BULK_JOB, BULK_PACE } from '../../contract/operator-limits.ts';
import type { Registry } from '../../contract/registry.ts';
import { inSeconds } from '../../contract/task.ts';
import { orUnavailable } from '../or-unavailable.ts';
import { type Refusal, refuse } from '../refusal.ts';
import { unknownProcessor } from './plan-revocation.ts';
import { PLAN_ID_PATTERN, type RevocationJob, showJob } from './revocation-job.ts';
import type { RevocationStore } from './revocation-store.ts';

/** The confirmation of a plan by an operator. */
export interface Confirmation {
  readonly processor: string;
  readonly planId: string;
  /** Number of tasks that the operator expects. */
  readonly confirm: number;
  /** What the operator confirms. A plan of another kind is not known. @default 'revoke' */
  readonly kind?: 'revoke' | 'dispatch';
}

export interface BulkRevocationsOptions {
  readonly registry: Registry;
  readonly store: Omit<RevocationStore, 'putPlan'>;
  /** Invokes the worker and does not wait for it. */
  readonly startWorker: () => Promise<void>;
  /** Called if the worker could not be invoked. Its schedule invokes it within a minute. */
  readonly onNotStarted: (error: unknown) => void;
  readonly randomId: () => string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Tasks a second of new jobs. @default BULK_PACE */
  readonly pace?: number;
}

/** A job, with what it does. */
export interface DescribedJob {
  readonly view: JobView;
  readonly processor: string;
  /** The tasks whose work it sends again. Absent: it revokes callbacks. */
  readonly sends?: BulkSending;
}

/** Bulk jobs, for operators. */
export interface BulkRevocations {
  /**
   * Starts the job of a plan, and uses up the plan.
   * @param audit the entry of the action; its `at` is the beginning of the job
   */
  confirm(confirmation: Confirmation, audit: AuditEntry): Promise<{ readonly jobId: string } | Refusal>;
  read(jobId: string): Promise<JobView | Refusal>;
  /** Reads a job, with what it does. */
  describe(jobId: string): Promise<DescribedJob | Refusal>;
  /** Aborts a job. A job that has ended stays as it is. */
  abort(jobId: string, audit: AuditEntry): Promise<{ readonly job: JobView; readonly isChanged: boolean } | Refusal>;
}

export const createBulkRevocations = (options: BulkRevocationsOptions): BulkRevocations => {
  const { now, onNotStarted, randomId, pace = BULK_PACE, registry, startWorker, store } = options;
  return {
    confirm: async ({ confirm, kind = 'revoke', planId, processor }, audit) => {
      if (!Object.hasOwn(registry, processor)) return unknownProcessor();
      if (!PLAN_ID_PATTERN.test(planId)) return refuse('plan_unknown', 'not the form of a plan id');
      const plan = await orUnavailable('lookups table', store.findPlan(planId));
      const seconds = inSeconds(now());
      if (plan === undefined) return refuse('plan_unknown', 'no such plan');
      if (plan.processor !== processor) return refuse('plan_unknown', 'the plan of another processor');
      if ((plan.sends === undefined) !== (kind === 'revoke')) return refuse('plan_unknown', 'a plan of another kind');
      if (plan.jobId !== undefined) return refuse('plan_unknown', 'used');
      if (plan.expiresAt <= seconds) return refuse('plan_unknown', 'expired');
      if (plan.count !== confirm) return refuse('plan_changed', 'another number of tasks');
      const jobId = randomId();
      const { at, from, operator, reason, requestId } = audit;
      const job: RevocationJob = {
        jobId,
        planId,
        processor,
        plannedAt: plan.plannedAt,
        ...(plan.sends !== undefined && { sends: plan.sends }),
        state: 'running',
        count: plan.count,
        done: 0,
        skipped: 0,
        failed: [],
        pace,
        operator,
        reason,
        from,
        requestId,
        startedAt: at,
        position: 0,
        batchAt: at,
        expiresAt: seconds + BULK_JOB.keptSeconds,
      };
      const isStarted = await orUnavailable('tables', store.start(job, { ...audit, jobId }));
      if (!isStarted) return refuse('plan_unknown', 'used meanwhile');
      await startWorker().catch(onNotStarted);
      return { jobId };
    },

    read: async (jobId) => {
      const job = await orUnavailable('lookups table', store.findJob(jobId));
      return job === undefined ? unknownJob() : showJob(job);
    },

    describe: async (jobId) => {
      const job = await orUnavailable('lookups table', store.findJob(jobId));
      if (job === undefined) return unknownJob();
      return { view: showJob(job), processor: job.processor, ...(job.sends !== undefined && { sends: job.sends.of }) };
    },

    abort: async (jobId, audit) => {
      const aborted = await orUnavailable('tables', store.abort(jobId, audit));
      return aborted === undefined ? unknownJob() : { job: showJob(aborted.job), isChanged: aborted.isChanged };
    },
  };
};

const unknownJob = (): Refusal => refuse('job_unknown', 'no such job');
