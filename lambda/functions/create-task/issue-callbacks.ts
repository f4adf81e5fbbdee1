import type { JsonValue } from '../../contract/dispatch.ts';
import type { Registry } from '../../contract/registry.ts';
import type { Sender } from '../../shared/access-token/sender.ts';
import type { CallbackIssuer, CallbackParameters, IssuedCallbacks } from '../../shared/callbacks/callback-issuer.ts';
import type { IssueAttributes } from '../../shared/callbacks/issue-attributes.ts';
import { isDispatched } from '../../shared/dispatch/send-again.ts';
import type { Fields } from '../../shared/log/logger.ts';
import type { AskSenderPolicy } from '../../shared/policy/ask-sender-policy.ts';
import { isRefusal, type Refusal, refuse } from '../../shared/refusal.ts';
import { timesOf } from '../../shared/tables/task-times.ts';
import { capabilitiesToSend, refuseUnfit } from './dispatch-request.ts';
import { admitCallbacks, findDestination, findProcessor } from './find-destination.ts';
import type { ReissueRequest } from './request.ts';
import type { IssuedTask } from './task-creation-store.ts';
import { type CurrentParameters, currentParametersOf } from './task-with-callbacks.ts';

export interface IssueCallbacksOptions {
  readonly registry: Registry;
  readonly retentionSeconds: number;
  readonly issuer: CallbackIssuer;
  readonly askPolicy: AskSenderPolicy;
}

/** Parameters of new callbacks, and the input of the work that has them. */
export type SentParameters = ReissueRequest & { readonly input?: JsonValue };

/** New callbacks of a stored task. They are not stored yet. */
export interface NewCallbacks extends IssuedCallbacks {
  /** Attributes that the task will have. */
  readonly after: IssueAttributes;
  /** Decision of the policies, for the log. */
  readonly logFields: Fields;
}

/**
 * Signs new callbacks of a stored task, unless Postern sends them. A parameter that the request omits keeps its current value.
 * @param now seconds since 1970
 */
export type IssueCallbacks = (
  task: IssuedTask,
  request: SentParameters,
  sender: Sender,
  action: 'reissue' | 'reopen',
  now: number,
) => Promise<NewCallbacks | Refusal>;

export const createIssueCallbacks = (options: IssueCallbacksOptions): IssueCallbacks => {
  const { askPolicy, issuer, registry, retentionSeconds } = options;

  const admitDestination = (task: IssuedTask, requested: CurrentParameters, { application }: Sender) => {
    const destination = findDestination(task.processor, requested, registry, application);
    return isRefusal(destination) ? destination : { ...requested, ...destination };
  };

  /** Admits new callbacks of work that Postern sends. */
  const admitSending = (task: IssuedTask, request: SentParameters, { application }: Sender, now: number) => {
    const processor = findProcessor(task.processor, registry, application);
    if (isRefusal(processor)) return processor;
    if (!isDispatched(processor)) return refuse('not_dispatched', 'Postern sends no work to the processor any more');
    const callbacks = capabilitiesToSend(request.callbacks, processor);
    if (isRefusal(callbacks)) return callbacks;
    const { callbacks: _callbacks, ...parameters } = request;
    const requested = { ...currentParametersOf(task), ...parameters, callbacks };
    const destination = admitCallbacks(processor, requested);
    if (isRefusal(destination)) return destination;
    const sent = { ...task, application: application.id, issue: (task.dispatch?.issue ?? 0) + 1 };
    const { carrier: _carrier, ...rest } = requested;
    const unfit = refuseUnfit(
      sent,
      { ...rest, ...(request.carrier !== undefined && { carrier: request.carrier }) },
      destination,
      now,
    );
    return unfit ?? { ...requested, ...destination };
  };

  return async (task, request, sender, action, now) => {
    const { input: _input, ...parameters } = request;
    const isSent = task.dispatch !== undefined;
    const admitted = isSent
      ? admitSending(task, request, sender, now)
      : admitDestination(task, { ...currentParametersOf(task), ...parameters }, sender);
    if (isRefusal(admitted)) return admitted;
    const { callbacks, carrier, expiresIn, processor } = admitted;
    const decision = askPolicy({ sender, action, task, parameters: { callbacks, carrier, expiresIn } });
    if (isRefusal(decision)) return { ...decision, fields: { ...decision.fields, taskId: task.taskId } };

    const issue: CallbackParameters = {
      taskId: task.taskId,
      processor,
      carrier,
      ...(task.owner !== undefined && { owner: task.owner }),
      issuedAt: now,
      expiry: now + expiresIn,
      tokens: issuer.name(callbacks, processor),
    };
    return {
      // The dispatcher signs the callbacks of work that it sends.
      ...(isSent ? NO_CALLBACKS : await issuer.issue(issue)),
      after: {
        callbacks: issue.tokens,
        // Offers of the earlier upload token are useless: their objects are refused. They would stay on the task for ever.
        uploads: {},
        carrier,
        expiresIn,
        reissuedAt: now,
        // The heartbeat of work that is sent begins when the processor accepts it.
        ...timesOf(now, expiresIn, isSent ? undefined : task.heartbeat, retentionSeconds),
      },
      logFields: decision,
    };
  };
};

const NO_CALLBACKS: IssuedCallbacks = { callbacks: {}, codes: [] };
