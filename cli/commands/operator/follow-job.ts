import { setTimeout as wait } from 'node:timers/promises';
import type { JobView, PosternOperator } from '@postern/client/operator';
import type { Context } from '../../context.ts';
import type { Exit } from '../../exit-codes.ts';
import { progressBar } from '../../progress-bar.ts';
import { suggestCommand } from '../../suggest-command.ts';

/** Milliseconds between two looks at a job. A job revokes some tasks a second. */
const POLL_MILLISECONDS = { first: 250, longest: 2_000 } as const;

/**
 * Shows the progress of a job until it ends, and prints it. Ctrl-C stops the looking, not the job.
 * @returns `failed`, if an operator aborted it or a task could not be changed
 */
export const followJob = async (context: Context, operator: PosternOperator, jobId: string): Promise<Exit> => {
  const { io, settings, signal } = context;
  let job: JobView;
  try {
    for (let pause: number = POLL_MILLISECONDS.first; ; pause = Math.min(pause * 2, POLL_MILLISECONDS.longest)) {
      job = await operator.jobs.get(jobId, { signal });
      if (job.state !== 'running') break;
      io.showProgress(progressOf(job));
      await wait(pause, undefined, { signal });
    }
  } catch (error) {
    io.showProgress('');
    io.note(`The job ${jobId} goes on without this command. Look at it, or stop it:

  ${suggestCommand(settings, `operator jobs get ${jobId}`)}
  ${suggestCommand(settings, `operator jobs abort ${jobId} --reason TEXT`)}
`);
    throw error;
  }
  io.showProgress('');
  io.print(job, () => jobLines(job));
  return job.state === 'done' && job.failed.length === 0 ? 'ok' : 'failed';
};

const progressOf = ({ count, done, failed, skipped }: JobView): string => {
  const seen = done + skipped + failed.length;
  return `${progressBar(count === 0 ? 100 : Math.min(100, (seen / count) * 100))} ${seen} of ${count} tasks`;
};

export const jobLines = ({ count, done, failed, jobId, pace, skipped, state }: JobView): string =>
  [
    `job        ${jobId}`,
    `state      ${state}`,
    `tasks      ${count}, at most ${pace} a second`,
    `done       ${done}`,
    `skipped    ${skipped}${skipped === 0 ? '' : ' (closed since the plan, or with new callbacks)'}`,
    `failed     ${failed.length}`,
    ...failed.map((taskId) => `           ${taskId}`),
  ].join('\n');
