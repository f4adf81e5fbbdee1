import { inSeconds, isOverdue } from '../../contract/task.ts';
import type { PendingTask } from './pending-tasks.ts';

/**
 * True if a task of a processor is pending with live callbacks, and the callbacks existed at an instant. Times of issue have
 * whole seconds, so callbacks that were issued in the second of the instant count as existing.
 * @param at milliseconds since 1970
 * @param now milliseconds since 1970
 */
export const hadLiveCallbacks = (task: PendingTask, processor: string, at: number, now: number): boolean =>
  task.status === 'pending' &&
  task.processor === processor &&
  !isOverdue(task, inSeconds(now)) &&
  Object.keys(task.callbacks).length > 0 &&
  Date.parse(task.createdAt) <= at &&
  (task.reissuedAt === undefined || task.reissuedAt <= inSeconds(at));
