import type { OperatorAction } from '../../contract/audit.ts';
import type { PlanView } from '../../contract/operator-api.ts';
import { readQuery } from '../../shared/access-token/query.ts';
import type { HttpRequest } from '../../shared/http/message.ts';
import { jsonResponse } from '../../shared/http/message.ts';
import type { Match } from '../../shared/http/router.ts';
import type { HandlerResult } from '../../shared/http/serve.ts';
import { type Body, REASON, readActionBody } from '../../shared/operator/action-body.ts';
import {
  type Acting,
  type ActionFrameOptions,
  type ActionRoute,
  answerAction,
  auditEntryOf,
  type DoneAction,
} from '../../shared/operator/answer-action.ts';
import type { AskOperatorPolicy } from '../../shared/operator/ask-operator-policy.ts';
import type { ProcessorOperations } from '../../shared/operator/processor-operations.ts';
import {
  type DispatchAllBody,
  type RevokeAllBody,
  readDispatchAllBody,
  readRevokeAllBody,
} from '../../shared/operator/revoke-all-body.ts';
import { isRefusal, type Refusal, refuse } from '../../shared/refusal.ts';

export interface BulkRoutesOptions extends ActionFrameOptions {
  readonly processorOperations: ProcessorOperations;
  /** `null`: the environment has no policies. */
  readonly askPolicy: AskOperatorPolicy | null;
}

/** Answers a GET about processors and bulk jobs; undefined for another route. */
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

/** Answers an action of bulk jobs; undefined for another route. */
export const answerBulkAction = (
  request: HttpRequest,
  match: Match,
  options: BulkRoutesOptions,
): Promise<DoneAction | Refusal> | undefined => {
  switch (match.name) {
    case 'operatorRevokeAll':
      return answerAction(request, match, options, revokeAll(request, match, options));
    case 'operatorDispatchAll':
      return answerAction(request, match, options, dispatchAll(request, match, options));
    case 'operatorAbortJob':
      return answerAction(request, match, options, abortJob(request, match, options));
    default:
      return undefined;
  }
};

const revokeAll = (request: HttpRequest, match: Match, options: BulkRoutesOptions): ActionRoute<RevokeAllBody> => ({
  ...common(match, 'revoke_all'),
  readBody: () => readRevokeAllBody(request, match.route.bodyLimit ?? 0),
  perform: async (acting, body) =>
    body.plan === undefined
      ? confirm(request, acting, body, 'revoke', options)
      : answerPlan(request, await options.processorOperations.planRevocation(acting.target)),
});

const dispatchAll = (request: HttpRequest, match: Match, options: BulkRoutesOptions): ActionRoute<DispatchAllBody> => ({
  ...common(match, 'dispatch'),
  readBody: () => readDispatchAllBody(request, match.route.bodyLimit ?? 0),
  perform: async (acting, body) =>
    body.plan === undefined
      ? confirm(request, acting, body, 'dispatch', options)
      : answerPlan(request, await options.processorOperations.planSending(acting.target, body.of)),
});

const common = ({ params: { id: processor = '' } }: Match, action: OperatorAction) =>
  ({ action, target: processor, isOnTask: false, access: 'act' }) as const;

const answerPlan = ({ requestId }: HttpRequest, plan: PlanView | Refusal): DoneAction | Refusal =>
  isRefusal(plan) ? plan : { response: jsonResponse(200, plan, requestId), fields: { count: plan.count } };

/** Starts the job of a plan. */
const confirm = async (
  request: HttpRequest,
  acting: Acting,
  { confirm: count, planId }: { readonly confirm: number; readonly planId: string },
  kind: 'revoke' | 'dispatch',
  options: BulkRoutesOptions,
): Promise<DoneAction | Refusal> => {
  const decision = options.askPolicy?.(acting) ?? {};
  if (isRefusal(decision)) return decision;
  const { action, target: processor } = acting;
  const confirmation = { processor, planId, confirm: count, kind };
  const audit = auditEntryOf(acting, options, 'done');
  const started = await options.processorOperations.revocations.confirm(confirmation, audit);
  if (isRefusal(started)) return started;
  const fields = { ...decision, jobId: started.jobId, count };
  return { response: jsonResponse(202, started, request.requestId), fields, action };
};

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
