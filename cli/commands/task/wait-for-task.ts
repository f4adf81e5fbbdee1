import type { Postern, Task } from '@postern/client';
import { CommandError } from '../../command-error.ts';
import type { Context } from '../../context.ts';
import type { Exit } from '../../exit-codes.ts';
import { oneLine } from '../../io.ts';
import { progressBar } from '../../progress-bar.ts';
import { taskLines } from './show-task.ts';

/** One line about a task that is not closed yet. */
export const progressLine = ({ progress, status, taskId }: Task): string =>
  [
    `${taskId} ${status}`,
    ...(progress?.percent === undefined ? [] : [`${progressBar(progress.percent)} ${progress.percent} %`]),
    ...(progress?.note === undefined ? [] : [oneLine(progress.note)]),
  ].join('  ');

/**
 * Waits until a task has ended, and prints it.
 * @param seconds the longest time to wait
 * @throws {CommandError} `unavailable`, if the time has passed
 */
export const waitForTask = async (
  context: Context,
  postern: Postern,
  taskId: string,
  seconds?: number,
): Promise<Exit> => {
  const { io, now, signal } = context;
  const limit = seconds === undefined ? undefined : AbortSignal.timeout(seconds * 1_000);
  let task: Task;
  try {
    ({ task } = await postern.tasks.wait(taskId, {
      signal: limit === undefined ? signal : AbortSignal.any([signal, limit]),
      until: (seen) => {
        io.showProgress(progressLine(seen));
        return seen.status !== 'pending';
      },
    }));
  } catch (error) {
    if (signal.aborted || limit?.aborted !== true) throw error;
    throw new CommandError(
      'unavailable',
      `The task ${taskId} has not ended after ${seconds} s.`,
      'Wait again, or look at it with "postern task get".',
    );
  } finally {
    io.showProgress('');
  }
  io.print(task, () => taskLines(task, now()));
  return task.status === 'succeeded' ? 'ok' : 'endedOtherwise';
};
