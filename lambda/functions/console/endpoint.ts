import type { EndSession } from '../../contract/console-session.ts';
import { CONSOLE_ROLES, type OperatorRole } from '../../contract/operator-roles.ts';
import { OUTCOMES } from '../../contract/outcomes.ts';
import { ROUTES } from '../../contract/routes.ts';
import { pageHeaders } from '../../shared/html.ts';
import type { HttpRequest, HttpResponse } from '../../shared/http/message.ts';
import { responseHeaders } from '../../shared/http/message.ts';
import { problemResponse } from '../../shared/http/problem.ts';
import type { Match } from '../../shared/http/router.ts';
import type { HandlerResult } from '../../shared/http/serve.ts';
import { isRefusal, type Refusal, refuse } from '../../shared/refusal.ts';
import type { ConsoleKey, GetConsoleKey } from './console-key.ts';
import { checkForm, type FormPurpose, makeFormToken } from './form.ts';
import { ASSERTION_HEADER, type Operator, type OperatorVerifier } from './operator-assertion.ts';
import { ACCESS_TOKEN_HEADER } from './operator-roles.ts';
import { renderConsole, renderIdle, renderNoAccess, renderRefusal, renderSignedOut } from './page.ts';
import { endSession, keepSession, readSession, type Session, type SessionOptions } from './session.ts';
import { CONSOLE_STYLE, standaloneStyleSource } from './style.ts';

export interface ConsoleEndpointOptions extends SessionOptions {
  readonly environment: string;
  readonly verifier: OperatorVerifier;
  readonly key: GetConsoleKey;
  /** The console's client at the identity provider. */
  readonly clientId: string;
  /** End-session endpoint of the identity provider; `null` if it does not have one. */
  readonly endSession: EndSession | null;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** A request of a signed-in person. */
interface Visit {
  readonly request: HttpRequest;
  readonly operator: Operator;
  readonly key: ConsoleKey;
  readonly session: Session;
  /** Seconds since 1970. */
  readonly now: number;
}

/**
 * The operator's console. All of its routes, also the style sheet, need the load balancer's assertion of an operator. It ends
 * a session without a request for a page within the idle limit. A signed-in person without a role sees a page that says so
 * and can sign out.
 */
export const createConsoleEndpoint =
  (options: ConsoleEndpointOptions) =>
  async (request: HttpRequest, match: Match): Promise<HandlerResult | Refusal> => {
    const operator = await options.verifier.verify(
      request.header(ASSERTION_HEADER),
      request.header(ACCESS_TOKEN_HEADER),
    );
    if (isRefusal(operator)) return operator;
    const key = await options.key();
    const now = Math.floor(options.now() / 1000);
    const session = readSession(request, key, operator.subject, options, now);
    const visit: Visit = { request, operator, key, session, now };
    const result = answerRoute(options, match, visit);
    const fields = { ...result.fields, operator: operator.subject };
    return isRefusal(result) ? { ...result, fields } : { ...result, fields };
  };

const answerRoute = (options: ConsoleEndpointOptions, match: Match, visit: Visit): HandlerResult | Refusal => {
  // An operator can sign out also after the idle limit.
  if (match.name === 'consoleSignOut') return signOut(options, visit);
  if (visit.now - visit.session.seen > options.idleSeconds) return endIdle(options, visit);
  if (match.name === 'consoleStyle') return { response: styleSheet(visit.request.requestId) };
  if (match.name !== 'console') return refuse('not_found', `route ${match.name} is not one of this function`);
  return CONSOLE_ROLES.some((role: OperatorRole) => visit.operator.roles.includes(role))
    ? { response: signedInPage(options, visit, 200) }
    : refuseRole(options, visit);
};

const signedInPage = (options: ConsoleEndpointOptions, visit: Visit, status: 200 | 403): HttpResponse => {
  const { environment, origin, sessionSeconds } = options;
  const { key, now, operator, request, session } = visit;
  const signOutToken = makeFormToken(key, signOutBy(operator), now + sessionSeconds);
  const signedIn = { operator, environment, signOutToken };
  return {
    status,
    headers: { ...responseHeaders(request.requestId), ...pageHeaders("'self'", "'self'") },
    body: status === 200 ? renderConsole(signedIn, origin) : renderNoAccess(signedIn),
    cookies: [keepSession(key, operator.subject, session, options, now)],
  };
};

const refuseRole = (options: ConsoleEndpointOptions, visit: Visit): HandlerResult | Refusal => {
  const refusal = refuse('operator_role_missing', 'neither operator_read nor operator');
  if (!acceptsHtml(visit.request)) return refusal;
  const { code, reason } = refusal;
  return { response: signedInPage(options, visit, 403), fields: { code, reason } };
};

const styleSheet = (requestId: string): HttpResponse => ({
  status: 200,
  headers: { ...responseHeaders(requestId), 'Content-Type': 'text/css; charset=utf-8' },
  body: CONSOLE_STYLE,
});

/** The purpose of the sign-out form. A session has no revisions. */
const signOutBy = (operator: Operator): FormPurpose => ({
  operator: operator.subject,
  action: 'sign-out',
  target: operator.subject,
  revision: 0,
});

/**
 * Ends the console's session and sends the browser to the end-session endpoint of the identity provider. It uses `Refresh`,
 * because browsers block a redirect of a form to another origin under `form-action 'self'`.
 */
const signOut = (options: ConsoleEndpointOptions, { key, now, operator, request }: Visit): HandlerResult | Refusal => {
  const { origin } = options;
  const refusal = checkForm(request, key, { origin, purpose: signOutBy(operator), now });
  if (refusal !== undefined) return refusal;
  const continueAt = endSessionUrl(options);
  return {
    response: {
      status: 200,
      headers: {
        ...responseHeaders(request.requestId),
        ...pageHeaders(standaloneStyleSource()),
        ...(continueAt !== undefined && { Refresh: `0; url=${continueAt}` }),
      },
      body: renderSignedOut(continueAt),
      cookies: endSession(origin),
    },
  };
};

const endIdle = (options: ConsoleEndpointOptions, { request }: Visit): HandlerResult | Refusal => {
  const refusal = refuse('access_token_invalid', 'no page within the idle limit');
  if (!acceptsHtml(request)) return refusal;
  const { code, reason } = refusal;
  const { status } = OUTCOMES[code];
  return {
    response: {
      status,
      headers: { ...responseHeaders(request.requestId), ...pageHeaders(standaloneStyleSource()) },
      body: renderIdle(options.idleSeconds, endSessionUrl(options)),
      cookies: endSession(options.origin),
    },
    fields: { code, reason },
  };
};

/** OpenID Connect RP-Initiated Logout 1.0 §2: the client names itself, because the load balancer keeps the ID token. */
const endSessionUrl = ({ clientId, endSession, origin }: ConsoleEndpointOptions): string | undefined => {
  if (endSession === null) return undefined;
  const url = new URL(endSession.endpoint);
  url.searchParams.set('client_id', clientId);
  url.searchParams.set(endSession.returnParameter, origin + ROUTES.console.path);
  return url.href;
};

/** Returns a page if the client accepts HTML, as browsers do. Otherwise it returns a problem document. */
export const createRefusalAnswer =
  (origin: string) =>
  (refusal: Refusal, request: HttpRequest): HttpResponse => {
    // A challenge would be useless: people sign in at the load balancer.
    const problem = problemResponse({ ...refusal, challenge: null }, origin, request.requestId);
    return acceptsHtml(request)
      ? {
          ...problem,
          headers: { ...problem.headers, ...pageHeaders(standaloneStyleSource()) },
          body: renderRefusal(refusal.code),
        }
      : problem;
  };

const acceptsHtml = (request: HttpRequest): boolean =>
  request
    .header('accept')
    .flatMap((line) => line.split(','))
    .some((range) => /^\s*text\/html\s*(;|$)/i.test(range) && !/;\s*q=0(\.0*)?\s*$/i.test(range));
