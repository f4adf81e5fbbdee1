import type { HttpRequest } from '../../shared/http/message.ts';
import type { Match } from '../../shared/http/router.ts';
import { REASON, readActionBody } from '../../shared/operator/action-body.ts';
import { type ActionFrameOptions, answerAction, type DoneAction } from '../../shared/operator/answer-action.ts';
import { type Refusal, refuse } from '../../shared/refusal.ts';

/** The route that shows a payload to an operator. */
export const createRevealPayloadEndpoint =
  (options: ActionFrameOptions) =>
  (request: HttpRequest, match: Match): Promise<DoneAction | Refusal> =>
    answerAction(request, match, options, {
      action: 'reveal',
      target: match.params.taskId ?? '',
      isOnTask: true,
      access: 'reveal',
      readBody: () => readActionBody(request, match.route.bodyLimit ?? 0, { of: OF, reason: REASON }),
      perform: async () => refuse('not_found', 'no payload is shown yet'),
    });

const OF = {
  isValid: (value: unknown): value is string => typeof value === 'string' && /^[A-Za-z0-9_-]{1,64}$/.test(value),
  expectation: 'must be `result`, `failure`, or the id of a delivery in quarantine',
};
