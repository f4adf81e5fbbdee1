import type { HttpRequest } from '../../shared/http/message.ts';
import { jsonResponse } from '../../shared/http/message.ts';
import type { Match } from '../../shared/http/router.ts';
import { type Property, REASON, readActionBody } from '../../shared/operator/action-body.ts';
import { type ActionFrameOptions, answerAction, type DoneAction } from '../../shared/operator/answer-action.ts';
import { isRefusal, type Refusal } from '../../shared/refusal.ts';
import type { Reveal } from './reveal.ts';

export interface RevealPayloadEndpointOptions extends ActionFrameOptions {
  readonly reveal: Reveal;
}

/** The route that shows a payload to an operator. */
export const createRevealPayloadEndpoint =
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

const OF: Property<string> = {
  isValid: (value): value is string => typeof value === 'string' && /^[A-Za-z0-9_-]{1,64}$/.test(value),
  expectation: 'must be `result`, `failure`, or the id of a delivery in quarantine',
};
