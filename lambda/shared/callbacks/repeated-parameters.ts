import type { Processor } from '../../contract/registry.ts';
import { inSeconds, type TaskItem } from '../../contract/task.ts';
import type { CallbackParameters } from './callback-issuer.ts';

/** Attributes of a task from which its current callbacks follow. */
export type RepeatableTask = Pick<TaskItem, 'taskId' | 'owner' | 'carrier' | 'expiresAt' | 'callbacks'>;

/**
 * Returns parameters to sign the current callbacks of a task again: the same jtis and `exp`, issued now. A signing key may
 * accept only recent tokens, therefore the time of issue is new.
 * @param now seconds since 1970
 */
export const repeatedParameters = (task: RepeatableTask, processor: Processor, now: number): CallbackParameters => {
  const expiry = expiryOf(task);
  return {
    taskId: task.taskId,
    processor,
    carrier: task.carrier,
    ...(task.owner !== undefined && { owner: task.owner }),
    // Within the clock tolerance after `exp` the task is still pending, but no token is issued after its own `exp`.
    issuedAt: Math.min(now, expiry),
    expiry,
    tokens: task.callbacks,
  };
};

/** Returns `exp` of the current callbacks, in seconds since 1970. */
const expiryOf = ({ expiresAt }: Pick<RepeatableTask, 'expiresAt'>): number => inSeconds(Date.parse(expiresAt));
