import { applicationOf } from '../../contract/applications.ts';
import { CAPABILITY_NAMES, type Capability, DEFAULT_CALLBACKS } from '../../contract/capabilities.ts';
import type { Carrier } from '../../contract/carriers.ts';
import type { DispatchState } from '../../contract/dispatch.ts';
import type { Callbacks, TaskWithCallbacks } from '../../contract/sender-api.ts';
import type { TaskItem, TaskStatus } from '../../contract/task.ts';
import { lastExpiresIn } from '../../shared/tables/task-times.ts';
import type { IssuedTask } from './task-creation-store.ts';

export const showTask = (
  task: Pick<TaskItem, 'taskId' | 'application' | 'createdAt' | 'expiresAt'>,
  status: TaskStatus,
  callbacks: Callbacks,
): TaskWithCallbacks => {
  const { createdAt, expiresAt, taskId } = task;
  return { taskId, application: applicationOf(task), status, createdAt, expiresAt, callbacks };
};

/** Shows a task whose work Postern sends. Its sender gets no callbacks. */
export const showSentTask = (
  task: Parameters<typeof showTask>[0],
  status: TaskStatus,
  state: DispatchState,
): TaskWithCallbacks => ({ ...showTask(task, status, {}), dispatch: { state } });

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
