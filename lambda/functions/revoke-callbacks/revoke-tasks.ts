import { monotonicMilliseconds } from '../../shared/clock.ts';
import { concurrently } from '../../shared/concurrently.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { RevocationJob } from '../../shared/operator/revocation-job.ts';
import { describeError } from '../../shared/refusal.ts';
import { isPermanent } from './is-permanent.ts';
import type { BatchResult, JobStore, LeasedJob } from './job-store.ts';
import type { JobTask, JobTaskResult, JobTasks } from './job-tasks.ts';
import { revocationsOfJobs } from './revocations-of-jobs.ts';
import type { TaskRevocations } from './task-revocations.ts';

export interface RevokerOptions {
  readonly jobs: JobStore;
  /** Tasks of jobs that revoke callbacks. */
  readonly tasks: TaskRevocations;
  /** Tasks of jobs that send work again. @default the environment sends no work */
  readonly sendings?: JobTasks;
  readonly logger: Logger;
  /** Random name of a run, for its leases. */
  readonly randomId: () => string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Waits a number of milliseconds. */
  readonly wait: (milliseconds: number) => Promise<void>;
  /** Milliseconds, for durations only. @default monotonicMilliseconds */
  readonly clock?: () => number;
}

/**
 * Milliseconds. If less time is left, a run begins no batch: a batch with only slow requests can take this long.
 * Another run continues at the same position.
 */
const RESERVE_MILLISECONDS = 60_000;

/** Tasks of a batch that are changed at the same time: below the number of connections of the client. */
const CONCURRENT_TASKS = 10;

/** Attempts for a task that changes meanwhile. */
const MAX_ATTEMPTS = 5;

/**
 * Continues every running job that no other worker has, one after the other, each at its pace.
 * @param remaining returns the milliseconds that are left for this run
 * @throws {Error} if a table is unavailable. The next run continues at the last counted batch.
 */
export type Revoker = (remaining: () => number) => Promise<void>;

export const createRevoker = (options: RevokerOptions): Revoker => {
  const { clock = monotonicMilliseconds, jobs, logger, now, randomId, sendings, wait } = options;
  const revocations = revocationsOfJobs(options.tasks);

  const tasksOf = ({ sends }: RevocationJob): JobTasks => {
    if (sends === undefined) return revocations;
    if (sendings === undefined) throw new Error('The environment sends no work.');
    return sendings;
  };

  const changeTask = async (job: RevocationJob, first: JobTask | undefined): Promise<TaskResult> => {
    let task = first;
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      if (task === undefined || !task.isWanted(now())) return 'skipped';
      const result = await task.change(now());
      if (result !== 'changed') return result;
      [task] = await tasksOf(job).read(job, [task.taskId]);
    }
    return 'failed';
  };

  /** Handles one batch. A batch that a crashed worker had begun gives the same counts. */
  const changeBatch = async (job: RevocationJob): Promise<BatchResult & { readonly changed: number }> => {
    const tasks = tasksOf(job);
    const taskIds = await jobs.nextTasks(job, job.pace);
    const read = new Map((await tasks.read(job, taskIds)).map((task) => [task.taskId, task]));
    const by: Record<TaskResult, string[]> = { done: [], repeated: [], skipped: [], failed: [] };
    const unavailable: unknown[] = [];
    await concurrently(taskIds, CONCURRENT_TASKS, async (taskId) => {
      try {
        by[await changeTask(job, read.get(taskId))].push(taskId);
      } catch (error) {
        if (isPermanent(error)) by.failed.push(taskId);
        else unavailable.push(error);
      }
    });
    if (unavailable.length > 0) throw unavailable[0];
    for (const taskId of by.failed)
      logger.error(job.sends === undefined ? 'callbacks not revoked' : 'work not sent again', {
        jobId: job.jobId,
        taskId,
      });
    // A task of an earlier attempt is no longer one that the plan had: its audit item shows the difference.
    const earlier = (await tasks.findDone(job, by.skipped)).size;
    return {
      size: taskIds.length,
      done: by.done.length + by.repeated.length + earlier,
      skipped: by.skipped.length - earlier,
      failed: by.failed,
      changed: by.done.length,
    };
  };

  /** Counts what a crashed worker of an aborted job had done since its last counted batch. */
  const settle = async (leased: LeasedJob): Promise<void> => {
    const { job } = leased;
    if (job.batchAt === undefined || job.position >= job.count) return;
    const taskIds = await jobs.nextTasks(job, job.pace);
    await jobs.settle(leased, (await tasksOf(job).findDone(job, taskIds)).size);
  };

  const end = async (leased: LeasedJob): Promise<void> => {
    if (leased.job.state === 'aborted') await settle(leased);
    else await jobs.finish(leased, now());
    await jobs.release(leased);
    await jobs.forget(leased.job.jobId);
  };

  const work = async (claimed: LeasedJob, remaining: () => number): Promise<void> => {
    const { jobId } = claimed.job;
    let leased = claimed;
    let changed = 0;
    const log = (message: string) => {
      const { count, done, skipped, failed, state } = leased.job;
      const fields = { jobId, state, count, done, skipped, failed: failed.length };
      const counted = {
        metric: 'OperatorActions',
        value: changed,
        by: leased.job.sends === undefined ? 'revoke' : 'dispatch',
      } as const;
      logger.info(message, fields, changed === 0 ? [] : [counted]);
    };
    while (leased.job.state === 'running' && leased.job.position < leased.job.count) {
      if (remaining() < RESERVE_MILLISECONDS) {
        await jobs.release(leased);
        log('paused');
        return;
      }
      const began = clock();
      const result = await changeBatch(leased.job);
      changed += result.changed;
      const advanced = await jobs.advance(leased, result, now());
      if (advanced === undefined) {
        log('taken over by another worker');
        return;
      }
      leased = advanced;
      if (leased.job.position < leased.job.count) {
        await wait(Math.max(0, (result.size / leased.job.pace) * 1_000 - (clock() - began)));
      }
    }
    await end(leased);
    log('ended');
  };

  return async (remaining) => {
    const owner = randomId();
    const failures: unknown[] = [];
    for (const jobId of await jobs.findRunning()) {
      if (remaining() < RESERVE_MILLISECONDS) break;
      try {
        const leased = await jobs.claim(jobId, owner, now());
        if (leased === 'missing') await jobs.forget(jobId);
        else if (leased !== undefined) await work(leased, remaining);
      } catch (error) {
        // An error of one job does not stop the other jobs.
        failures.push(error);
        logger.error('job not continued', { jobId, reason: describeError(error) });
      }
    }
    if (failures.length > 0) throw new Error(`${failures.length} jobs could not be continued.`);
  };
};

type TaskResult = Exclude<JobTaskResult, 'changed'> | 'skipped';
