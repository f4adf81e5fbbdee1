import { expandName } from '../../contract/abbreviations.ts';
import { type Applications, INVOCATION_ALIAS_PREFIX, invokerOf } from '../../contract/applications.ts';
import { MAX_OPENING_BODY_BYTES } from '../../contract/dispatch-limits.ts';
import { statusOf } from '../../contract/outcomes.ts';
import type { RouteName } from '../../contract/routes.ts';
import type { TaskWithCallbacks } from '../../contract/sender-api.ts';
import { type Sender, senderFields } from '../../shared/access-token/sender.ts';
import { monotonicMilliseconds } from '../../shared/clock.ts';
import { problemOf } from '../../shared/http/problem.ts';
import type { Handler } from '../../shared/http/serve-routes.ts';
import type { Logger, Measurement } from '../../shared/log/logger.ts';
import { storeRequestsSent } from '../../shared/log/store-requests.ts';
import { isRefusal, type Refusal, refuse } from '../../shared/refusal.ts';
import { settle } from '../../shared/settle.ts';
import { IDEMPOTENCY_MEMBER, readIdempotencyMember } from './idempotency.ts';
import type { OpenedTask, OpenTask } from './open-task.ts';
import { refuseRequest } from './request.ts';

/**
 * The part of Lambda's context that is used.
 * https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html
 */
export interface LambdaContext {
  readonly awsRequestId: string;
  /**
   * ARN by which the function was invoked. It ends with the alias, if the caller named one. Lambda always sets it; without it, an event is one
   * of the load balancer, which needs an access token.
   */
  readonly invokedFunctionArn?: string;
}

export interface InvocationOptions {
  readonly origin: string;
  readonly applications: Applications;
  readonly openTask: OpenTask;
  /** True if names in payloads may be abbreviated to unambiguous prefixes. */
  readonly abbreviations: boolean;
  readonly logger: Logger;
  /** Milliseconds, for durations only. @default monotonicMilliseconds */
  readonly clock?: () => number;
}

/** Handles an invocation of one alias. */
export type InvocationHandler = (alias: string, payload: unknown, requestId: string) => Promise<TaskWithCallbacks>;

/**
 * Hands events of the load balancer and invocations of applications to their handlers. The alias decides, which the caller needs the
 * right to invoke; the payload has no influence.
 */
export const createHandler =
  (http: Handler, invocation: InvocationHandler) => (event: unknown, context: LambdaContext) => {
    const alias = aliasOf(context.invokedFunctionArn);
    return alias?.startsWith(INVOCATION_ALIAS_PREFIX)
      ? invocation(alias, event, context.awsRequestId)
      : http(event, context);
  };

/** `arn:aws:lambda:REGION:ACCOUNT:function:NAME:ALIAS`, or without an alias. */
const aliasOf = (arn: string | undefined): string | undefined => arn?.split(':')[7];

/** Log lines of invocations have the route of the same request by HTTP, so that queries find both. */
const ROUTE: RouteName = 'openTask';

/**
 * Creates the handler of invocations by applications. The payload is the body of `POST /v1/tasks` with the idempotency key as a
 * further member, and the answer is the body of its response. Each invocation has one log line.
 */
export const createInvocationHandler = (options: InvocationOptions): InvocationHandler => {
  const { abbreviations, applications, clock = monotonicMilliseconds, logger, openTask, origin } = options;

  const open = async (sender: Sender, payload: unknown): Promise<OpenedTask | Refusal> => {
    const split = takeKey(payload, abbreviations);
    if (isRefusal(split)) return split;
    const { body, key } = split;
    if (isTooLarge(body)) return refuse('payload_too_large', `more than ${MAX_OPENING_BODY_BYTES} bytes`);
    return openTask(sender, body, key);
  };

  return async (alias, payload, requestId) => {
    const started = clock();
    const sentBefore = storeRequestsSent();
    const sender = senderOf(alias, applications);
    const outcome = isRefusal(sender) ? sender : await settle(() => open(sender, payload));
    const milliseconds = Math.round((clock() - started) * 100) / 100;

    const status = isRefusal(outcome) ? statusOf(outcome.code) : CREATED;
    const fields = {
      requestId,
      method: 'Invoke',
      alias,
      route: ROUTE,
      status,
      ...(!isRefusal(sender) && senderFields(sender)),
      ...(isRefusal(outcome) ? { code: outcome.code, reason: outcome.reason } : {}),
      ...outcome.fields,
      storeRequests: storeRequestsSent() - sentBefore,
      milliseconds,
    };
    logger[status >= 500 ? 'error' : 'info']('request', fields, measure(outcome));
    if (isRefusal(outcome)) throw new RefusedInvocation(outcome, origin, requestId);
    return outcome.task;
  };
};

const CREATED = 201;

const senderOf = (alias: string, applications: Applications): Sender | Refusal => {
  const id = alias.slice(INVOCATION_ALIAS_PREFIX.length);
  // hasOwn: an alias named like a member of Object.prototype is not of an application.
  const application = Object.hasOwn(applications, id) ? applications[id] : undefined;
  return application === undefined
    ? refuse('application_unknown', 'the alias belongs to no application')
    : { clientId: invokerOf(id), application };
};

/** Separates the idempotency key from the body. Any other payload than an object is a body, which is refused as one. */
const takeKey = (
  payload: unknown,
  abbreviations: boolean,
): { readonly body: unknown; readonly key: string | undefined } | Refusal => {
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload))
    return { body: payload, key: undefined };
  const isKey = (name: string): boolean =>
    abbreviations ? expandName(name, [IDEMPOTENCY_MEMBER]).length > 0 : name === IDEMPOTENCY_MEMBER;
  const members = Object.entries(payload);
  const [sent, ...others] = members.filter(([name]) => isKey(name));
  if (sent === undefined) return { body: payload, key: undefined };
  const [again] = others;
  if (again !== undefined) {
    return refuseRequest([{ pointer: `/${again[0]}`, detail: `${IDEMPOTENCY_MEMBER} may be given once` }]);
  }
  const key = readIdempotencyMember(...sent);
  return isRefusal(key) ? key : { body: Object.fromEntries(members.filter(([name]) => !isKey(name))), key };
};

const isTooLarge = (body: unknown): boolean => {
  try {
    return Buffer.byteLength(JSON.stringify(body)) > MAX_OPENING_BODY_BYTES;
  } catch {
    // Deep nesting ends the stack. No valid request has such a value, so it is refused in any case.
    return false;
  }
};

/** Counts created tasks by application, and invocations that nobody could answer. */
const measure = (outcome: OpenedTask | Refusal): readonly Measurement[] => {
  if (!isRefusal(outcome)) {
    return outcome.repeated ? [] : [{ metric: 'TaskOpened', value: 1, by: outcome.task.application }];
  }
  return outcome.code === 'unavailable' ? [{ metric: 'InvocationUnavailable', value: 1 }] : [];
};

/** A refusal as the caller gets it: the code is the name of the error, and the problem document its message. */
class RefusedInvocation extends Error {
  constructor(refusal: Refusal, origin: string, requestId: string) {
    super(JSON.stringify(problemOf(refusal, origin, requestId)));
    this.name = refusal.code;
    // Lambda's runtime splits the stack into lines for the caller. It fails without a text.
    this.stack = '';
  }

  /** Lambda's runtime also writes the error into the log as JSON. The log gets no text of the caller, and has its own line. */
  toJSON(): string {
    return this.name;
  }
}
