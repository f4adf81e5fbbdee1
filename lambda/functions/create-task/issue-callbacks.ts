import type { Registry } from '../../contract/registry.ts';
import type { Sender } from '../../shared/access-token/sender.ts';
import type { CallbackIssuer, CallbackParameters, IssuedCallbacks } from '../../shared/callbacks/callback-issuer.ts';
import type { IssueAttributes } from '../../shared/callbacks/issue-attributes.ts';
import type { Fields } from '../../shared/log/logger.ts';
import type { AskSenderPolicy } from '../../shared/policy/ask-sender-policy.ts';
import { isRefusal, type Refusal } from '../../shared/refusal.ts';
import { timesOf } from '../../shared/tables/task-times.ts';
import { findDestination } from './find-destination.ts';
import type { ReissueRequest } from './request.ts';
import type { IssuedTask } from './task-creation-store.ts';
import { currentParametersOf } from './task-with-callbacks.ts';

export interface IssueCallbacksOptions {
  readonly registry: Registry;
  readonly retentionSeconds: number;
  readonly issuer: CallbackIssuer;
  readonly askPolicy: AskSenderPolicy;
}

/** New callbacks of a stored task. They are not stored yet. */
export interface NewCallbacks extends IssuedCallbacks {
  /** Attributes that the task will have. */
  readonly after: IssueAttributes;
  /** Decision of the policies, for the log. */
  readonly logFields: Fields;
}

/**
 * Signs new callbacks of a stored task. A parameter that the request omits keeps its current value.
 * @param now seconds since 1970
 */
export type IssueCallbacks = (
  task: IssuedTask,
  request: ReissueRequest,
  sender: Sender,
  action: 'reissue' | 'reopen',
  now: number,
) => Promise<NewCallbacks | Refusal>;

export const createIssueCallbacks =
  ({ askPolicy, issuer, registry, retentionSeconds }: IssueCallbacksOptions): IssueCallbacks =>
  async (task, request, sender, action, now) => {
    const requested = { ...currentParametersOf(task), ...request };
    const destination = findDestination(task.processor, requested, registry, sender.application);
    if (isRefusal(destination)) return destination;
    const { carrier, processor } = destination;
    const { callbacks, expiresIn } = requested;
    const decision = askPolicy({ sender, action, task, parameters: { callbacks, carrier, expiresIn } });
    if (isRefusal(decision)) return { ...decision, fields: { ...decision.fields, taskId: task.taskId } };

    const parameters: CallbackParameters = {
      taskId: task.taskId,
      processor,
      carrier,
      ...(task.owner !== undefined && { owner: task.owner }),
      issuedAt: now,
      expiry: now + expiresIn,
      tokens: issuer.name(callbacks, processor),
    };
    return {
      ...(await issuer.issue(parameters)),
      after: {
        callbacks: parameters.tokens,
        // Offers of the earlier upload token are useless: their objects are refused. They would stay on the task for ever.
        uploads: {},
        carrier,
        expiresIn,
        reissuedAt: now,
        ...timesOf(now, expiresIn, task.heartbeat, retentionSeconds),
      },
      logFields: decision,
    };
  };
