import type { PlanView } from '../../contract/operator-api.ts';
import { REVOCATION_PLAN } from '../../contract/operator-limits.ts';
import type { Registry } from '../../contract/registry.ts';
import { inSeconds } from '../../contract/task.ts';
import { orUnavailable } from '../or-unavailable.ts';
import { type Refusal, refuse } from '../refusal.ts';
import { hadLiveCallbacks } from './live-callbacks.ts';
import type { PendingTasks } from './pending-tasks.ts';
import type { RevocationPlan } from './revocation-job.ts';
import type { RevocationStore } from './revocation-store.ts';

/** What a plan is stored with. */
export interface PlanStore {
  readonly store: Pick<RevocationStore, 'putPlan'>;
  readonly randomId: () => string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export interface RevocationPlannerOptions extends PlanStore {
  readonly registry: Registry;
  readonly pending: PendingTasks;
}

/**
 * Plans to revoke the callbacks of all pending tasks of a processor, and changes no task. The plan has the tasks that are
 * pending with live callbacks at this instant.
 */
export type RevocationPlanner = (processor: string) => Promise<PlanView | Refusal>;

export const createRevocationPlanner =
  ({ now, pending, randomId, registry, store }: RevocationPlannerOptions): RevocationPlanner =>
  async (processor) => {
    if (!Object.hasOwn(registry, processor)) return unknownProcessor();
    const at = now();
    const taskIds: string[] = [];
    const see: Parameters<PendingTasks['scan']>[0] = (tasks) => {
      for (const task of tasks) if (hadLiveCallbacks(task, processor, at, at)) taskIds.push(task.taskId);
    };
    await orUnavailable('tasks table', pending.scan(see, processor));
    return storePlan({ now, randomId, store }, { processor }, taskIds, at);
  };

/**
 * Stores a plan with the list of its tasks.
 * @param at milliseconds since 1970
 */
export const storePlan = async (
  { randomId, store }: PlanStore,
  of: Pick<RevocationPlan, 'processor' | 'sends'>,
  tasks: readonly string[],
  at: number,
): Promise<PlanView> => {
  const taskIds = tasks.toSorted();
  const planId = randomId();
  const count = taskIds.length;
  const expiresAt = inSeconds(at) + REVOCATION_PLAN.seconds;
  const plan = { ...of, planId, plannedAt: new Date(at).toISOString(), count, expiresAt };
  await orUnavailable('lookups table', store.putPlan(plan, taskIds));
  return {
    planId,
    count,
    sample: taskIds.slice(0, REVOCATION_PLAN.sample),
    expiresAt: new Date(expiresAt * 1000).toISOString(),
  };
};

/** Returns the refusal of an unknown processor in a path: 404. */
export const unknownProcessor = (): Refusal => refuse('processor_unknown', 'not in the registry', { isInPath: true });
