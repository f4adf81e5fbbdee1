import { type ConsoleFrameOptions, createConsoleFrame } from '../../shared/console/frame.ts';
import type { HttpRequest } from '../../shared/http/message.ts';
import { jsonResponse } from '../../shared/http/message.ts';
import type { Match } from '../../shared/http/router.ts';
import { type Property, REASON, readActionBody } from '../../shared/operator/action-body.ts';
import { type ActionFrameOptions, answerAction, type DoneAction } from '../../shared/operator/answer-action.ts';
import { isRefusal, type Refusal } from '../../shared/refusal.ts';
import { answerRevealForm } from './console.ts';
import type { Reveal } from './reveal.ts';

export interface RevealPayloadEndpointOptions extends ActionFrameOptions {
  readonly reveal: Reveal;
  readonly frame: ConsoleFrameOptions;
}

/** The route of the operator API that shows a payload. */
const createApiEndpoint =
  (options: RevealPayloadEndpointOptions) =>
  (request: HttpRequest, match: Match): Promise<DoneAction | Refusal> => {
    const { taskId = '' } = match.params;
    return answerAction(request, match, options, {
      action: 'reveal',
      target: taskId,
      isOnTask: true,
      access: 'reveal',
      readBody: () => readActionBody(request, match.route.bodyLimit ?? 0, { of: OF, reason: REASON }),
      perform: async (acting, { of }) => {
        const revelation = await options.reveal(taskId, of, acting);
        if (isRefusal(revelation)) return revelation;
        const { logFields: fields, revealed } = revelation;
        return { response: jsonResponse(200, revealed, request.requestId), fields, action: 'reveal' };
      },
    });
  };

/** Shows a payload to an operator: by the operator API, and by a form of the console. */
export const createRevealPayloadEndpoint = (options: RevealPayloadEndpointOptions) => {
  const answerApi = createApiEndpoint(options);
  const answerForm = createConsoleFrame(options.frame, (visit, { params: { of = '', taskId = '' } }) =>
    answerRevealForm(visit, { taskId, of }, { ...options, origin: options.frame.origin }, options.reveal),
  );
  return (request: HttpRequest, match: Match): Promise<DoneAction | Refusal> =>
    match.route.access.kind === 'operator' ? answerForm(request, match) : answerApi(request, match);
};

const OF: Property<string> = {
  isValid: (value): value is string => typeof value === 'string' && /^[A-Za-z0-9_-]{1,64}$/.test(value),
  expectation: 'must be `result`, `failure`, or the id of a delivery in quarantine',
};
