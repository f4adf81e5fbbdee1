import { ANSWER_UNKNOWN } from '../../contract/dispatch.ts';
import type { BulkSending, PlanView } from '../../contract/operator-api.ts';
import type { Registry } from '../../contract/registry.ts';
import { inSeconds, type TaskItem } from '../../contract/task.ts';
import type { SendableTask } from '../dispatch/send-again.ts';
import { orUnavailable } from '../or-unavailable.ts';
import { isRefusal, type Refusal } from '../refusal.ts';
import { showDispatch } from '../tables/dispatch-view.ts';
import type { DispatchIndex } from './dispatch-index.ts';
import type { PendingTasks } from './pending-tasks.ts';
import { type PlanStore, storePlan } from './plan-revocation.ts';
import { notDispatchedTo } from './processor-dispatch.ts';
import type { RevocationJob } from './revocation-job.ts';
import { findSending } from './send-again.ts';
import type { SigningKeys } from './signing-keys.ts';

export interface SendingPlannerOptions extends PlanStore {
  readonly registry: Registry;
  readonly index: Pick<DispatchIndex, 'listFailed'>;
  readonly pending: PendingTasks;
  /** Reads tasks, in any order. Tasks that do not exist are omitted. */
  readonly readTasks: (taskIds: readonly string[]) => Promise<readonly SendableTask[]>;
  readonly signingKeys: Pick<SigningKeys, 'list'>;
}

/** Plans to send the work of many tasks of a processor again, and changes no task. */
export type SendingPlanner = (processor: string, of: BulkSending) => Promise<PlanView | Refusal>;

export const createSendingPlanner = (options: SendingPlannerOptions): SendingPlanner => {
  const { index, now, pending, readTasks, registry, signingKeys } = options;

  /** Ids of tasks that the plan may have. Their state decides. */
  const candidates = async (processor: string, of: BulkSending): Promise<readonly string[]> => {
    if (of === 'failed') return orUnavailable('tasks table', index.listFailed(processor));
    const taskIds: string[] = [];
    const see: Parameters<PendingTasks['scan']>[0] = (tasks) => {
      for (const { dispatch, taskId } of tasks) {
        if (of === 'retired_key' ? dispatch?.kid !== undefined : dispatch?.reason === ANSWER_UNKNOWN)
          taskIds.push(taskId);
      }
    };
    await orUnavailable('tasks table', pending.scan(see, processor));
    return taskIds;
  };

  return async (processor, of) => {
    if (!Object.hasOwn(registry, processor) || registry[processor]?.dispatch === undefined) return notDispatchedTo();
    const at = now();
    const sends: SendingOfJob = { of, ...(of === 'retired_key' && { kids: await retiredKids(signingKeys) }) };
    const plan = { processor, plannedAt: new Date(at).toISOString(), sends };
    const tasks = await orUnavailable('tasks table', readTasks(await candidates(processor, of)));
    const taskIds = tasks.filter((task) => isPlannedSending(task, plan, registry, at)).map(({ taskId }) => taskId);
    return storePlan(options, { processor, sends }, taskIds, at);
  };
};

/** Returns the ids of the retired keys, of whose tokens none is accepted. */
export const retiredKids = async (signingKeys: Pick<SigningKeys, 'list'>): Promise<readonly string[]> =>
  (await signingKeys.list()).flatMap(({ kid, state }) => (state === 'retired' ? [kid] : []));

type SendingOfJob = NonNullable<RevocationJob['sends']>;

/**
 * True if the processor has the work of a pending task, with callbacks that a retired key signed: it cannot call back.
 * @param now seconds since 1970
 */
export const isHeldByRetiredKey = (
  task: Parameters<typeof showDispatch>[0] & Pick<TaskItem, 'status'>,
  kids: readonly string[],
  now: number,
): boolean => {
  const { dispatch, status } = task;
  const isHeld = dispatch?.kid !== undefined && kids.includes(dispatch.kid);
  return isHeld && status === 'pending' && showDispatch(task, now)?.state === 'accepted';
};

/**
 * True if the work of a pending task counts as accepted only because the processor refused it after an attempt without answer. A later
 * report of progress shows that the processor has it.
 * @param now seconds since 1970
 */
export const hasUnknownAnswer = (
  task: Parameters<typeof showDispatch>[0] & Pick<TaskItem, 'status'>,
  now: number,
): boolean => {
  const { acceptedAt = '', reason, state } = showDispatch(task, now) ?? {};
  if (task.status !== 'pending' || state !== 'accepted' || reason !== ANSWER_UNKNOWN) return false;
  return task.progress === undefined || Date.parse(task.progress.at) < Date.parse(acceptedAt);
};

/**
 * True if a job sends the work of a task again. Work that was queued after the plan is not sent once more.
 * @param now milliseconds since 1970
 */
export const isPlannedSending = (
  task: SendableTask,
  { plannedAt, processor, sends }: Pick<RevocationJob, 'plannedAt' | 'processor' | 'sends'>,
  registry: Registry,
  now: number,
): boolean => {
  if (sends === undefined || task.processor !== processor) return false;
  if ((task.queuedAt ?? 0) > inSeconds(Date.parse(plannedAt))) return false;
  return isOfKind(task, sends, inSeconds(now)) && !isRefusal(findSending(task, registry, now));
};

const isOfKind = (task: SendableTask, { kids = [], of }: SendingOfJob, now: number): boolean => {
  switch (of) {
    case 'failed':
      return showDispatch(task, now)?.state === 'failed';
    case 'retired_key':
      return isHeldByRetiredKey(task, kids, now);
    case 'answer_unknown':
      return hasUnknownAnswer(task, now);
  }
};
