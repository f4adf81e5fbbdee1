import { readQuery } from '../../shared/access-token/query.ts';
import type { HttpRequest } from '../../shared/http/message.ts';
import { jsonResponse } from '../../shared/http/message.ts';
import type { Match } from '../../shared/http/router.ts';
import type { HandlerResult } from '../../shared/http/serve.ts';
import { REASON, REVISION, readActionBody } from '../../shared/operator/action-body.ts';
import { type ActionFrameOptions, answerAction, type DoneAction } from '../../shared/operator/answer-action.ts';
import type { ProcessorDispatch } from '../../shared/operator/processor-dispatch.ts';
import { isRefusal, type Refusal, refuse } from '../../shared/refusal.ts';

export interface DispatchRoutesOptions extends ActionFrameOptions {
  readonly processorDispatch: ProcessorDispatch;
}

/** Answers a GET about sending work to processors; undefined for another route. */
export const answerDispatchRead = async (
  request: HttpRequest,
  { name }: Match,
  { processorDispatch }: Pick<DispatchRoutesOptions, 'processorDispatch'>,
): Promise<HandlerResult | Refusal | undefined> => {
  if (name !== 'operatorListDispatch') return undefined;
  const { errors } = readQuery(request, [], false);
  if (errors.length > 0) return refuse('request_invalid', 'unknown query parameter', { errors });
  return { response: jsonResponse(200, { processors: await processorDispatch.list() }, request.requestId) };
};

const ACTIONS = {
  operatorPauseProcessor: { action: 'pause', kind: 'pause' },
  operatorResumeProcessor: { action: 'resume_dispatch', kind: 'resume' },
} as const;

const isDispatchAction = (name: string): name is keyof typeof ACTIONS => Object.hasOwn(ACTIONS, name);

/** Answers an action that pauses or resumes a processor; undefined for another route. */
export const answerDispatchAction = (
  request: HttpRequest,
  match: Match,
  options: DispatchRoutesOptions,
): Promise<DoneAction | Refusal> | undefined => {
  const { name, params, route } = match;
  if (!isDispatchAction(name)) return undefined;
  const { action, kind } = ACTIONS[name];
  const { id: processor = '' } = params;
  return answerAction(request, match, options, {
    action,
    target: processor,
    isOnTask: false,
    access: 'act',
    readBody: () => readActionBody(request, route.bodyLimit ?? 0, { reason: REASON, revision: REVISION }),
    perform: async (acting, { revision }) => {
      const changed = await options.processorDispatch.change(processor, kind, revision, acting);
      if (isRefusal(changed)) return changed;
      const { isChanged, logFields, view } = changed;
      return {
        response: jsonResponse(200, view, request.requestId),
        fields: { ...logFields, processor },
        ...(isChanged && { action }),
      };
    },
  });
};
