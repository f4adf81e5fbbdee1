import type { Registry } from '../../contract/registry.ts';
import type { Fields } from '../../shared/log/logger.ts';
import { isRefusal, type Refusal } from '../../shared/refusal.ts';
import type { AskPolicy } from './ask-policy.ts';
import { chooseCarrier, findProcessor } from './callback-parameters.ts';
import type { CallbackIssuer, CallbackTerms, IssuedCallbacks } from './callbacks.ts';
import type { ReissueRequest } from './open-request.ts';
import { lastTermsOf, timesOf } from './opened-task.ts';
import type { IssuedTask, NewIssue } from './task-store.ts';

export interface IssueAnewOptions {
  readonly registry: Registry;
  readonly retentionSeconds: number;
  readonly issuer: CallbackIssuer;
  readonly askPolicy: AskPolicy;
}

/** New callbacks of a task that was read, and what the task then holds. Nothing is stored yet. */
export interface IssuedAnew extends IssuedCallbacks {
  readonly after: NewIssue;
  /** For the log: what the policies said, where there are any. */
  readonly said: Fields;
}

/**
 * Signs new callbacks of a task. What the request leaves out is as it was at the last issue.
 * @param now seconds since 1970
 */
export type IssueAnew = (
  task: IssuedTask,
  request: ReissueRequest,
  clientId: string,
  now: number,
) => Promise<IssuedAnew | Refusal>;

export const createIssueAnew =
  ({ askPolicy, issuer, registry, retentionSeconds }: IssueAnewOptions): IssueAnew =>
  async (task, request, clientId, now) => {
    const processor = findProcessor(task.processor, registry);
    if (isRefusal(processor)) return processor;
    const wanted = { ...lastTermsOf(task), ...request };
    const carrier = chooseCarrier(processor, wanted);
    if (typeof carrier !== 'string') return carrier;
    const { callbacks, expiresIn } = wanted;
    const said = askPolicy({ clientId, task, terms: { callbacks, carrier, expiresIn } });
    if (isRefusal(said)) return { ...said, fields: { ...said.fields, taskId: task.taskId } };

    const terms: CallbackTerms = {
      taskId: task.taskId,
      processor,
      carrier,
      ...(task.owner !== undefined && { owner: task.owner }),
      issuedAt: now,
      expiry: now + expiresIn,
      tokens: issuer.name(callbacks, processor),
    };
    return {
      ...(await issuer.issue(terms)),
      after: {
        callbacks: terms.tokens,
        // Offers of the earlier upload token: what arrives for them is refused, and they would stay on the task for good.
        uploads: {},
        carrier,
        expiresIn,
        reissuedAt: now,
        ...timesOf(now, expiresIn, task.heartbeat, retentionSeconds),
      },
      said,
    };
  };
