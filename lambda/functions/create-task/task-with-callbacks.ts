import { applicationOf } from '../../contract/applications.ts';
import { CAPABILITY_NAMES, type Capability, DEFAULT_CALLBACKS } from '../../contract/capabilities.ts';
import type { Carrier } from '../../contract/carriers.ts';
import type { Processor } from '../../contract/registry.ts';
import type { Callbacks, TaskWithCallbacks } from '../../contract/sender-api.ts';
import { inSeconds, type TaskItem, type TaskStatus } from '../../contract/task.ts';
import { lastExpiresIn } from '../../shared/tables/task-times.ts';
import type { CallbackParameters } from './callback-issuer.ts';
import type { IssuedTask } from './task-creation-store.ts';

export const showTask = (
  task: Pick<TaskItem, 'taskId' | 'application' | 'createdAt' | 'expiresAt'>,
  status: TaskStatus,
  callbacks: Callbacks,
): TaskWithCallbacks => {
  const { createdAt, expiresAt, taskId } = task;
  return { taskId, application: applicationOf(task), status, createdAt, expiresAt, callbacks };
};

/** Parameters of the current callbacks of a task. */
export interface CurrentParameters {
  readonly callbacks: readonly Capability[];
  /** Seconds. */
  readonly expiresIn: number;
  readonly carrier: Carrier;
}

/** Returns the parameters of the last issue. Callbacks that an operator revoked still count as its callbacks. */
export const currentParametersOf = (task: IssuedTask): CurrentParameters => ({
  callbacks: lastCallbacksOf(task),
  expiresIn: lastExpiresIn(task),
  carrier: task.carrier,
});

const lastCallbacksOf = ({ callbacks, revoked = {} }: IssuedTask): readonly Capability[] => {
  const last = CAPABILITY_NAMES.filter((name) => callbacks[name] !== undefined || revoked[name] !== undefined);
  return last.length === 0 ? DEFAULT_CALLBACKS : last;
};

/**
 * Returns parameters to sign the current callbacks of a task again: the same jtis and `exp`, issued now. A signing key may
 * accept only recent tokens, therefore the time of issue is new.
 * @param now seconds since 1970
 */
export const repeatedParameters = (task: IssuedTask, processor: Processor, now: number): CallbackParameters => {
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
const expiryOf = ({ expiresAt }: Pick<IssuedTask, 'expiresAt'>): number => inSeconds(Date.parse(expiresAt));
