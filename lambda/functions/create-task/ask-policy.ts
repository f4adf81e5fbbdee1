import type { Capability } from '../../contract/capabilities.ts';
import type { Carrier } from '../../contract/carriers.ts';
import type { TaskItem } from '../../contract/task.ts';
import type { Fields } from '../../shared/log/logger.ts';
import { type Policy, policyFields } from '../../shared/policy/policy.ts';
import { type Refusal, refuse } from '../../shared/refusal.ts';

/** Callbacks that a sender asks for: of which task, and on which terms. */
export interface AskedCallbacks {
  readonly clientId: string;
  readonly task: Pick<TaskItem, 'taskId' | 'processor' | 'resource' | 'owner'>;
  readonly terms: {
    readonly carrier: Carrier;
    /** Seconds. */
    readonly expiresIn: number;
    readonly callbacks: readonly Capability[];
  };
}

/**
 * Asks the policies of the environment whether a sender may have callbacks. Every way to them asks this one question
 * before anything is signed: a way that did not ask would be a way around the policies.
 * @returns what the log line says, or the refusal
 */
export type AskPolicy = (asked: AskedCallbacks) => Fields | Refusal;

/** @param policy `null`: the environment has none */
export const createAskPolicy =
  (policy: (() => Policy) | null): AskPolicy =>
  ({ clientId, task, terms }) => {
    if (policy === null) return {};
    const { owner, processor, resource, taskId } = task;
    const { callbacks, carrier, expiresIn } = terms;
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
