import { applicationOf } from '../../contract/applications.ts';
import type { TaskItem } from '../../contract/task.ts';
import type { Fields } from '../log/logger.ts';
import { type Policy, policyFields, type Question } from '../policy/policy.ts';
import { type Refusal, refuse } from '../refusal.ts';
import { lastExpiresIn } from '../tables/task-times.ts';
import type { Acting } from './answer-action.ts';

type AskedTask = Pick<
  TaskItem,
  | 'taskId'
  | 'application'
  | 'processor'
  | 'resource'
  | 'owner'
  | 'carrier'
  | 'createdAt'
  | 'expiresAt'
  | 'expiresIn'
  | 'reissuedAt'
>;

/**
 * Evaluates the policies of the environment for an action of an operator.
 * @param task the task of an action on a task; absent: the target of the action is not a task
 * @returns fields for the log, or the refusal
 */
export type AskOperatorPolicy = (acting: Acting, task?: AskedTask) => Fields | Refusal;

export interface AskOperatorPolicyOptions {
  readonly policy: () => Policy;
  /** True if the environment is protected. */
  readonly isProtected: boolean;
}

export const createAskOperatorPolicy =
  ({ isProtected, policy }: AskOperatorPolicyOptions): AskOperatorPolicy =>
  (acting, task) => {
    const decision = policy().decide({
      principal: { type: 'Operator', id: acting.operator.sub, attributes: { issuer: acting.operator.issuer } },
      action: acting.action,
      resource: resourceOf(acting, task),
      context: {
        reason: acting.reason,
        protected: isProtected,
        // Policies see the same attributes when a sender reopens a task.
        ...(acting.action === 'reopen' &&
          task && { carrier: task.carrier, expiresIn: lastExpiresIn(task), callbacks: [] }),
      },
    });
    const fields = policyFields(decision);
    return decision.allowed
      ? fields
      : { ...refuse('action_disabled', 'no policy allows it, or one forbids it'), fields };
  };

const resourceOf = ({ action, target }: Acting, task: AskedTask | undefined): Question['resource'] => {
  if (task === undefined) return { type: 'Target', id: target, attributes: { kind: KINDS[action] ?? 'task' } };
  const { owner, processor, resource, taskId } = task;
  return {
    type: 'Task',
    id: taskId,
    attributes: { processor, resource, ...(owner !== undefined && { owner }) },
    application: applicationOf(task),
  };
};

/** Kinds of targets that are not tasks. */
const KINDS: Readonly<Partial<Record<Acting['action'], string>>> = {
  revoke_all: 'processor',
  abort: 'job',
  redrive: 'queue',
  retire: 'key',
  dispatch: 'processor',
  pause: 'processor',
  resume_dispatch: 'processor',
};
