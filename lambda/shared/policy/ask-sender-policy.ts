import type { Capability } from '../../contract/capabilities.ts';
import type { Carrier } from '../../contract/carriers.ts';
import type { TaskItem } from '../../contract/task.ts';
import type { Sender } from '../access-token/sender.ts';
import type { Fields } from '../log/logger.ts';
import { type Refusal, refuse } from '../refusal.ts';
import { type Policy, policyFields, type Question } from './policy.ts';

/** Parameters of the callbacks that a sender requests. */
export interface CallbackPolicyParameters {
  readonly carrier: Carrier;
  /** Seconds. */
  readonly expiresIn: number;
  readonly callbacks: readonly Capability[];
}

type AskedTask = Pick<TaskItem, 'taskId' | 'processor' | 'resource' | 'owner'>;

/** Request of a sender about one task of its application, or about all of them. */
export type SenderPolicyRequest = { readonly sender: Sender } & (
  | {
      readonly action: 'open' | 'reissue' | 'reopen';
      readonly task: AskedTask;
      readonly parameters: CallbackPolicyParameters;
    }
  | { readonly action: 'read' | 'cancel' | 'settle'; readonly task: AskedTask }
  /** `parameters`: those of new callbacks. Absent if the present ones are sent. */
  | { readonly action: 'dispatch'; readonly task: AskedTask; readonly parameters?: CallbackPolicyParameters }
  | { readonly action: 'list' }
);

/** Evaluates the policies of the environment. @returns fields for the log, or the refusal */
export type AskSenderPolicy = (request: SenderPolicyRequest) => Fields | Refusal;

/**
 * Creates the function that every route of the sender API must call: before anything is signed, changed or returned. A route
 * without it would bypass the policies. They restrict: a task of another application is never asked about.
 * @param policy `null`: the environment has no policies
 * @param isProtected true if the environment is protected
 */
export const createAskSenderPolicy =
  (policy: (() => Policy) | null, isProtected: boolean): AskSenderPolicy =>
  (request) => {
    if (policy === null) return {};
    let fields: Fields = {};
    for (const question of questionsOf(request, isProtected)) {
      const decision = policy().decide(question);
      fields = policyFields(decision);
      if (!decision.allowed) return { ...refuse('policy_denied', 'no policy allows it, or one forbids it'), fields };
    }
    return fields;
  };

/**
 * New callbacks of a stored task need `open` too: what policies forbid for a new task, a sender must not get by a re-issue.
 */
const questionsOf = (request: SenderPolicyRequest, isProtected: boolean): readonly Question[] => [
  ...(request.action === 'reissue' || request.action === 'reopen'
    ? [questionOf({ ...request, action: 'open' }, isProtected)]
    : []),
  ...(request.action === 'dispatch' && request.parameters !== undefined
    ? [questionOf({ ...request, action: 'open', parameters: request.parameters }, isProtected)]
    : []),
  questionOf(request, isProtected),
];

const questionOf = (request: SenderPolicyRequest, isProtected: boolean): Question => {
  const { clientId, application } = request.sender;
  const { id } = application;
  return {
    principal: { type: 'Sender', id: clientId, attributes: {}, application: id },
    action: request.action,
    resource:
      request.action === 'list'
        ? { type: 'Application', id, attributes: {} }
        : { type: 'Task', id: request.task.taskId, attributes: attributesOf(request.task), application: id },
    context: {
      ...(request.action !== 'dispatch' && 'parameters' in request && contextOf(request.parameters)),
      // Operators do these too, and one action has one form of context.
      ...(SHARED_ACTIONS.includes(request.action) && { reason: '', protected: isProtected }),
    },
  };
};

/** Actions of senders and of operators. */
const SHARED_ACTIONS: readonly string[] = [
  'cancel',
  'dispatch',
  'reopen',
] satisfies readonly SenderPolicyRequest['action'][];

/** The caller's object may have more members, and Cedar refuses those that the schema does not have. */
const contextOf = ({ callbacks, carrier, expiresIn }: CallbackPolicyParameters) => ({ callbacks, carrier, expiresIn });

const attributesOf = ({ owner, processor, resource }: AskedTask) => ({
  processor,
  resource,
  ...(owner !== undefined && { owner }),
});
