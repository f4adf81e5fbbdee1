import type { OutcomeCode } from '../../contract/outcomes.ts';
import type { FrontFunction } from '../../contract/routes.ts';
import { monotonicMilliseconds } from '../clock.ts';
import type { Fields, Logger, Measurement } from '../log/logger.ts';
import { storeRequestsSent } from '../log/store-requests.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import { settle } from '../settle.ts';
import type { AlbResult } from './alb.ts';
import { fromAlbEvent, isAlbEvent, toAlbResult } from './alb.ts';
import type { HttpRequest, HttpResponse } from './message.ts';
import { problemResponse } from './problem.ts';
import type { Match, Routes } from './router.ts';
import { createRouter } from './router.ts';

/** A response and its fields of the log line. */
export interface HandlerResult {
  readonly response: HttpResponse;
  readonly fields?: Fields;
}

export type HandlerOutcome = HandlerResult | Refusal;

export interface ServeOptions<E extends HandlerOutcome = HandlerOutcome> {
  readonly owner: FrontFunction;
  readonly origin: string;
  readonly logger: Logger;
  /** Handles a request whose route belongs to this function. May throw `RefusalError`. */
  readonly handle: (request: HttpRequest, match: Match) => Promise<E>;
  /** Renders a refusal. @default problemResponse */
  readonly respondToRefusal?: (refusal: Refusal, request: HttpRequest) => HttpResponse;
  /** Returns the measurements of an outcome. @default none */
  readonly measure?: (outcome: NoInfer<E> | Refusal, milliseconds: number) => readonly Measurement[];
  /** Milliseconds, for durations only. @default monotonicMilliseconds */
  readonly clock?: () => number;
}

/** Handles an event of the load balancer. */
export type Handler = (event: unknown, context: { readonly awsRequestId: string }) => Promise<AlbResult>;

/**
 * Creates the handler of a function behind the load balancer. Another event gets 400, an unknown path 404, another method
 * 405, and an unexpected error 503. Each request has one log line.
 * @param routes the function's routes, and others whose methods `Allow` lists for a path that both have
 */
export const serveRoutes = <E extends HandlerOutcome = HandlerOutcome>(
  routes: Routes,
  options: ServeOptions<E>,
): Handler => {
  const { logger, origin, owner } = options;
  const findRoute = createRouter(routes);
  return async (event, context) => {
    const requestId = context.awsRequestId;
    const clock = options.clock ?? monotonicMilliseconds;
    const started = clock();
    const sentBefore = storeRequestsSent();
    if (!isAlbEvent(event)) {
      logger.error('not an event of the load balancer', { requestId, status: 400, code: 'request_invalid' });
      return toAlbResult(
        problemResponse(refuse('request_invalid', 'not an event of the load balancer'), origin, requestId),
      );
    }
    const request = fromAlbEvent(event, requestId);
    const match = findRoute(owner, request.method, request.path);
    const outcome: E | Refusal = isRefusal(match) ? match : await settle(() => options.handle(request, match));
    // Two decimals: CloudWatch bills each byte of a log line.
    const milliseconds = Math.round((clock() - started) * 100) / 100;

    const respondToRefusal = options.respondToRefusal ?? ((refusal) => problemResponse(refusal, origin, requestId));
    const response = isRefusal(outcome) ? respondToRefusal(outcome, request) : outcome.response;
    const fields: Fields = {
      requestId,
      method: LOGGED_METHODS.has(request.method) ? request.method : 'other',
      // Never the path as sent: a segment may be a token.
      ...(!isRefusal(match) && { route: match.name, ...foundIds(match, outcome, response.status) }),
      status: response.status,
      ...(isRefusal(outcome) ? { code: outcome.code, reason: outcome.reason, ...outcome.fields } : outcome.fields),
      sourceAddress: request.sourceAddress,
      storeRequests: storeRequestsSent() - sentBefore,
      milliseconds,
    };
    logger[response.status >= 500 ? 'error' : 'info']('request', fields, options.measure?.(outcome, milliseconds));
    return toAlbResult(response);
  };
};

/** Other methods are not logged: the text may be a token. */
const LOGGED_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Codes of refusals that are only made for an existing task. */
const TASK_FOUND: ReadonlySet<OutcomeCode> = new Set([
  'task_closed',
  'task_pending',
  'reopen_limit',
  'result_unavailable',
  'quarantine_unknown',
  'task_changed',
]);

/**
 * Path parameters that are safe to log. Before a task is found by an id, the text in its place may be a token or a short
 * code. Refusals of a known task otherwise have it among their own fields.
 */
const foundIds = ({ params }: Match, outcome: object, status: number): Fields => {
  if (isRefusal(outcome)) return TASK_FOUND.has(outcome.code) ? { taskId: params.taskId } : {};
  return status < 400 ? { taskId: params.taskId, id: params.id } : {};
};
