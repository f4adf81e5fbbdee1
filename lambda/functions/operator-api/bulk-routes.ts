import { readQuery } from '../../shared/access-token/query.ts';
import type { HttpRequest } from '../../shared/http/message.ts';
import { jsonResponse } from '../../shared/http/message.ts';
import type { Match } from '../../shared/http/router.ts';
import type { HandlerResult } from '../../shared/http/serve.ts';
import { type Body, REASON, readActionBody } from '../../shared/operator/action-body.ts';
import {
  type ActionFrameOptions,
  type ActionRoute,
  answerAction,
  auditEntryOf,
  type DoneAction,
} from '../../shared/operator/answer-action.ts';
import type { AskOperatorPolicy } from '../../shared/operator/ask-operator-policy.ts';
import type { ProcessorOperations } from '../../shared/operator/processor-operations.ts';
import { type RevokeAllBody, readRevokeAllBody } from '../../shared/operator/revoke-all-body.ts';
import { isRefusal, type Refusal, refuse } from '../../shared/refusal.ts';

export interface BulkRoutesOptions extends ActionFrameOptions {
  readonly processorOperations: ProcessorOperations;
  /** `null`: the environment has no policies. */
  readonly askPolicy: AskOperatorPolicy | null;
}

/** Answers a GET about processors and bulk revocations; undefined for another route. */
export const answerBulkRead = async (
  request: HttpRequest,
  { name, params: { id = '' } }: Match,
  { processorOperations: { processors, revocations } }: Pick<BulkRoutesOptions, 'processorOperations'>,
): Promise<HandlerResult | Refusal | undefined> => {
  const answer = async (find: () => Promise<object | Refusal>): Promise<HandlerResult | Refusal> => {
    const { errors } = readQuery(request, [], false);
    if (errors.length > 0) return refuse('request_invalid', 'unknown query parameter', { errors });
    const found = await find();
    return isRefusal(found) ? found : { response: jsonResponse(200, found, request.requestId) };
  };
  switch (name) {
    case 'operatorListProcessors':
      return answer(async () => ({ processors: await processors.list() }));
    case 'operatorGetProcessor':
      return answer(() => processors.read(id));
    case 'operatorGetJob':
      return answer(() => revocations.read(id));
    default:
      return undefined;
  }
};

/** Answers an action of bulk revocations; undefined for another route. */
export const answerBulkAction = (
  request: HttpRequest,
  match: Match,
  options: BulkRoutesOptions,
): Promise<DoneAction | Refusal> | undefined => {
  switch (match.name) {
    case 'operatorRevokeAll':
      return answerAction(request, match, options, revokeAll(request, match, options));
    case 'operatorAbortJob':
      return answerAction(request, match, options, abortJob(request, match, options));
    default:
      return undefined;
  }
};

const revokeAll = (
  request: HttpRequest,
  { params: { id: processor = '' }, route }: Match,
  options: BulkRoutesOptions,
): ActionRoute<RevokeAllBody> => ({
  action: 'revoke_all',
  target: processor,
  isOnTask: false,
  access: 'act',
  readBody: () => readRevokeAllBody(request, route.bodyLimit ?? 0),
  perform: async (acting, body) => {
    const { requestId } = request;
    if (body.plan !== undefined) {
      const plan = await options.processorOperations.planRevocation(processor);
      return isRefusal(plan) ? plan : { response: jsonResponse(200, plan, requestId), fields: { count: plan.count } };
    }
    const decision = options.askPolicy?.(acting) ?? {};
    if (isRefusal(decision)) return decision;
    const { confirm, planId } = body;
    const audit = auditEntryOf(acting, options, 'done');
    const started = await options.processorOperations.revocations.confirm({ processor, planId, confirm }, audit);
    if (isRefusal(started)) return started;
    const fields = { ...decision, jobId: started.jobId, count: confirm };
    return { response: jsonResponse(202, started, requestId), fields, action: 'revoke_all' };
  },
});

const JOB_ABORT = { reason: REASON };

const abortJob = (
  request: HttpRequest,
  { params: { id: jobId = '' }, route }: Match,
  options: BulkRoutesOptions,
): ActionRoute<Body<typeof JOB_ABORT>> => ({
  action: 'abort',
  target: jobId,
  isOnTask: false,
  access: 'act',
  readBody: () => readActionBody(request, route.bodyLimit ?? 0, JOB_ABORT),
  perform: async (acting) => {
    const decision = options.askPolicy?.(acting) ?? {};
    if (isRefusal(decision)) return decision;
    const aborted = await options.processorOperations.revocations.abort(
      jobId,
      auditEntryOf(acting, options, 'done', { jobId }),
    );
    if (isRefusal(aborted)) return aborted;
    const { isChanged, job } = aborted;
    return {
      response: jsonResponse(200, job, request.requestId),
      fields: { ...decision, jobId },
      ...(isChanged && { action: 'abort' as const }),
    };
  },
});
