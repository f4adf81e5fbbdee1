import type { Capability } from '../../contract/capabilities.ts';
import type { Carrier } from '../../contract/carriers.ts';
import type { TaskItem } from '../../contract/task.ts';
import type { Fields } from '../../shared/log/logger.ts';
import { type Policy, policyFields } from '../../shared/policy/policy.ts';
import { type Refusal, refuse } from '../../shared/refusal.ts';

/** The callbacks that a sender requests. */
export interface CallbackPolicyRequest {
  readonly clientId: string;
  readonly task: Pick<TaskItem, 'taskId' | 'processor' | 'resource' | 'owner'>;
  readonly parameters: {
    readonly carrier: Carrier;
    /** Seconds. */
    readonly expiresIn: number;
    readonly callbacks: readonly Capability[];
  };
}

/**
 * Evaluates the policies of the environment for a sender that requests callbacks. Every route that issues callbacks must
 * call it before anything is signed. A route without it would bypass the policies.
 * @returns fields for the log, or the refusal
 */
export type AskPolicy = (request: CallbackPolicyRequest) => Fields | Refusal;

/** @param policy `null`: the environment has no policies */
export const createAskPolicy =
  (policy: (() => Policy) | null): AskPolicy =>
  ({ clientId, parameters, task }) => {
    if (policy === null) return {};
    const { owner, processor, resource, taskId } = task;
    const { callbacks, carrier, expiresIn } = parameters;
    const decision = policy().decide({
      principal: { type: 'Sender', id: clientId, attributes: {} },
      action: 'open',
      task: { id: taskId, attributes: { processor, resource, ...(owner !== undefined && { owner }) } },
      context: { carrier, expiresIn, callbacks },
    });
    const fields = policyFields(decision);
    if (decision.allowed) return fields;
    return {
      ...refuse('policy_denied', 'no policy allows it, or one forbids it'),
      fields: { ...fields, client: clientId },
    };
  };
