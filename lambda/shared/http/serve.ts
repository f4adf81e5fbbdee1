import type { OutcomeCode } from '../../contract/outcomes.ts';
import type { FrontFunction } from '../../contract/routes.ts';
import { monotonicMilliseconds } from '../clock.ts';
import type { Fields, Logger, Measurement } from '../log/logger.ts';
import { describeError, isRefusal, isRefusalError, type Refusal, refuse } from '../refusal.ts';
import type { AlbResult } from './alb.ts';
import { fromAlbEvent, isAlbEvent, toAlbResult } from './alb.ts';
import type { HttpRequest, HttpResponse } from './message.ts';
import { problemResponse } from './problem.ts';
import type { Match } from './router.ts';
import { findRoute } from './router.ts';

/** An answer, and what the log line says of it. */
export interface HandlerResult {
  readonly response: HttpResponse;
  readonly fields?: Fields;
}

/** How one request ended. */
export type HandlerOutcome = HandlerResult | Refusal;

export interface ServeOptions<E extends HandlerOutcome = HandlerOutcome> {
  readonly owner: FrontFunction;
  readonly origin: string;
  readonly logger: Logger;
  /** Answers a request whose route and method are this function's own. May throw `RefusalError`. */
  readonly handle: (request: HttpRequest, match: Match) => Promise<E>;
  /** How a refusal is answered. @default problemResponse */
  readonly respondToRefusal?: (refusal: Refusal, request: HttpRequest) => HttpResponse;
  /** What the outcome counts as; nothing unless given. */
  readonly measure?: (outcome: NoInfer<E> | Refusal, milliseconds: number) => readonly Measurement[];
  /** Milliseconds, for durations only. @default monotonicMilliseconds */
  readonly clock?: () => number;
}

/**
 * The way from the load balancer's event to its result, the same for every function behind it: an event that it would
 * never send is 400, an unknown path 404, another method 405, anything unforeseen 503, and one log line each.
 */
export const serve =
  <E extends HandlerOutcome = HandlerOutcome>(options: ServeOptions<E>) =>
  async (event: unknown, context: { readonly awsRequestId: string }): Promise<AlbResult> => {
    const { logger, origin, owner } = options;
    const requestId = context.awsRequestId;
    const clock = options.clock ?? monotonicMilliseconds;
    const started = clock();
    if (!isAlbEvent(event)) {
      logger.error('not an event of the load balancer', { requestId, status: 400, code: 'request_invalid' });
      return toAlbResult(
        problemResponse(refuse('request_invalid', 'not an event of the load balancer'), origin, requestId),
      );
    }
    const request = fromAlbEvent(event, requestId);
    const match = findRoute(owner, request.method, request.path);
    const outcome: E | Refusal = isRefusal(match) ? match : await settle(() => options.handle(request, match));
    const milliseconds = clock() - started;

    const respondToRefusal = options.respondToRefusal ?? ((refusal) => problemResponse(refusal, origin, requestId));
    const response = isRefusal(outcome) ? respondToRefusal(outcome, request) : outcome.response;
    const fields: Fields = {
      requestId,
      method: LOGGED_METHODS.has(request.method) ? request.method : 'other',
      // Never the path as sent, and no segment of it that may be a token.
      ...(!isRefusal(match) && { route: match.name, ...foundIds(match, outcome, response.status) }),
      status: response.status,
      ...(isRefusal(outcome) ? { code: outcome.code, reason: outcome.reason, ...outcome.fields } : outcome.fields),
      sourceAddress: request.sourceAddress,
      milliseconds: Math.round(milliseconds * 100) / 100,
    };
    logger[response.status >= 500 ? 'error' : 'info']('request', fields, options.measure?.(outcome, milliseconds));
    return toAlbResult(response);
  };

/** Any word may come as a method, a token too. */
const LOGGED_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Refusals of a request whose task was found. */
const TASK_FOUND: ReadonlySet<OutcomeCode> = new Set([
  'task_closed',
  'task_pending',
  'reopen_limit',
  'result_unavailable',
  'quarantine_unknown',
]);

/**
 * Ids in the path, once they are known to be ids: until something was found by one, a token or a short code may stand in
 * its place. A refusal that knows its task otherwise has it among its own fields.
 */
const foundIds = ({ params }: Match, outcome: object, status: number): Fields => {
  if (isRefusal(outcome)) return TASK_FOUND.has(outcome.code) ? { taskId: params.taskId } : {};
  return status < 400 ? { taskId: params.taskId, id: params.id } : {};
};

/** Whatever goes wrong inside is a refusal: a thrown one as it is, anything else as "not available". */
const settle = async <E>(run: () => Promise<E>): Promise<E | Refusal> => {
  try {
    return await run();
  } catch (error) {
    if (isRefusalError(error)) return error.refusal;
    return refuse('unavailable', `unforeseen: ${describeError(error)}`);
  }
};
