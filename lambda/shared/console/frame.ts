import { createHash } from 'node:crypto';
import type { EndSession } from '../../contract/console-session.ts';
import { ASSET_MAX_AGE_SECONDS } from '../../contract/operator-limits.ts';
import { CONSOLE_ROLES } from '../../contract/operator-roles.ts';
import { OUTCOMES, statusOf } from '../../contract/outcomes.ts';
import { ROUTES } from '../../contract/routes.ts';
import { PAGE_HEADERS } from '../html/page.ts';
import type { Url } from '../html/template.ts';
import { urlOf } from '../html/url.ts';
import { type HttpRequest, type HttpResponse, responseHeaders } from '../http/message.ts';
import type { Match } from '../http/router.ts';
import type { HandlerResult } from '../http/serve.ts';
import type { DoneAction } from '../operator/answer-action.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import type { GetConsoleKey } from './console-key.ts';
import { checkForm, type FormPurpose, makeFormToken } from './form.ts';
import { type Frame, renderPage, shownOf } from './layout.ts';
import { takeNotice } from './notice.ts';
import { ASSERTION_HEADER, type Operator, type OperatorVerifier } from './operator-assertion.ts';
import { ACCESS_TOKEN_HEADER } from './operator-roles.ts';
import { noAccessPage, refusalPage, renderIdle, renderSignedOut } from './plain-pages.ts';
import { acceptsHtml, publicPageResponse } from './refusal-answer.ts';
import { endSession, isByPerson, keepSession, readSession, type SessionOptions } from './session.ts';
import type { ConsoleAnswer, ConsolePage, Visit } from './visit.ts';

export interface ConsoleFrameOptions extends SessionOptions {
  readonly environment: string;
  /** True if the environment is protected. Every page says so. */
  readonly isProtected: boolean;
  readonly verifier: OperatorVerifier;
  /** Issuer of operators' sign-ins. */
  readonly issuer: string;
  readonly key: GetConsoleKey;
  /** The console's client at the identity provider. */
  readonly clientId: string;
  /** End-session endpoint of the identity provider; `null` if it does not have one. */
  readonly endSession: EndSession | null;
  readonly assets: ConsoleAssets;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** URLs of the style sheet and the script, with a hash of their content. */
export interface ConsoleAssets {
  readonly style: Url;
  readonly script: Url;
}

/** Returns the URLs of the files. A browser keeps them, because another content has another URL. */
export const assetsOf = (files: { readonly style: string; readonly script: string }): ConsoleAssets => ({
  style: urlOf('consoleStyle', {}, { v: versionOf(files.style) }),
  script: urlOf('consoleScript', {}, { v: versionOf(files.script) }),
});

/** Returns a short hash of a content. */
const versionOf = (content: string): string => createHash('sha256').update(content).digest('hex').slice(0, 16);

/** The files are for signed-in operators, so no shared cache may keep them. */
const LASTING = `private, max-age=${ASSET_MAX_AGE_SECONDS}, immutable`;

/** Answers a request of a signed-in person who has a role. */
export type AnswerVisit = (visit: Visit, match: Match) => Promise<ConsoleAnswer | Refusal>;

/**
 * Frame of every request of the console. All routes, also the style sheet, need the load balancer's assertion of an operator.
 * It ends a session without a request for a page within the idle limit. A signed-in person without a role sees a page that
 * says so and can sign out. A refusal is a page of the console if the browser accepts HTML.
 */
export const createConsoleFrame =
  (options: ConsoleFrameOptions, answer: AnswerVisit) =>
  async (request: HttpRequest, match: Match): Promise<DoneAction | Refusal> => {
    const operator = await options.verifier.verify(
      request.header(ASSERTION_HEADER),
      request.header(ACCESS_TOKEN_HEADER),
    );
    if (isRefusal(operator)) return operator;
    const key = await options.key();
    const now = Math.floor(options.now() / 1000);
    const session = readSession(request, key, operator.subject, options, now);
    const id = { sub: operator.subject, issuer: options.issuer };
    const visit: Visit = { request, operator, id, key, session, now };
    const result = await answerRoute(options, answer, match, visit);
    const fields = { ...result.fields, operator: operator.subject };
    return isRefusal(result) ? { ...result, fields } : { ...result, fields };
  };

const answerRoute = async (
  options: ConsoleFrameOptions,
  answer: AnswerVisit,
  match: Match,
  visit: Visit,
): Promise<DoneAction | Refusal> => {
  // An operator can sign out also after the idle limit.
  if (match.name === 'consoleSignOut') return signOut(options, visit);
  if (visit.now - visit.session.seen > options.idleSeconds) return endIdle(options, visit);
  // A person without a role sees a page in the console's style.
  const isFile = match.name === 'consoleStyle' || match.name === 'consoleScript';
  const hasAccess = isFile || CONSOLE_ROLES.some((role) => visit.operator.roles.includes(role));
  const found = hasAccess
    ? await answer(visit, match)
    : refuse('operator_role_missing', 'neither operator_read nor operator');
  if (!isRefusal(found)) return toResult(options, visit, found, hasAccess);
  if (!acceptsHtml(visit.request)) return found;
  const { code, fields, reason } = found;
  const status = statusOf(code, found.isInPath);
  const page = hasAccess ? refusalPage(found) : noAccessPage(visit.operator);
  const result = toResult(options, visit, { ...page, status }, hasAccess);
  return { ...result, fields: { ...result.fields, ...fields, code, reason } };
};

/** Renders an answer. */
const toResult = (
  options: ConsoleFrameOptions,
  visit: Visit,
  answer: ConsoleAnswer,
  hasAccess: boolean,
): DoneAction => {
  const { requestId } = visit.request;
  if ('content' in answer) {
    const { content, contentType, isLasting } = answer;
    return {
      response: {
        status: 200,
        headers: {
          ...responseHeaders(requestId),
          'Content-Type': contentType,
          ...(isLasting && { 'Cache-Control': LASTING }),
        },
        body: content,
      },
    };
  }
  const { action, cookies = [], fields } = answer;
  const more = { ...(fields && { fields }), ...(action && { action }) };
  const kept = isByPerson(visit.request)
    ? [keepSession(visit.key, visit.operator.subject, visit.session, options, visit.now)]
    : [];
  if ('location' in answer) {
    return {
      response: {
        status: 303,
        headers: { ...responseHeaders(requestId), Location: answer.location.text },
        body: '',
        cookies: [...cookies, ...kept],
      },
      ...more,
    };
  }
  const response = pageResponse(options, visit, answer, hasAccess);
  return {
    response: { ...response, cookies: [...(response.cookies ?? []), ...cookies, ...kept] },
    ...more,
  };
};

const pageResponse = (
  { assets, environment, isProtected, origin, sessionSeconds }: ConsoleFrameOptions,
  { key, now, operator, request }: Visit,
  page: ConsolePage,
  hasAccess: boolean,
): HttpResponse => {
  const headers = { ...responseHeaders(request.requestId), ...PAGE_HEADERS };
  const taken = takeNotice(request, key, origin, operator.subject, now);
  const cookies = taken === undefined ? [] : [taken.cookie];
  const etag = `"${versionOf(JSON.stringify([shownOf(page), operator.roles]))}"`;
  if (page.live !== undefined && request.header('if-none-match').includes(etag)) {
    return { status: 304, headers: { ...headers, ETag: etag }, body: '' };
  }
  const frame: Frame = {
    ...assets,
    environment,
    isProtected,
    operator,
    hasAccess,
    signOutToken: makeFormToken(key, signOutBy(operator), now + sessionSeconds),
    path: request.path,
  };
  return {
    status: page.status ?? 200,
    headers: { ...headers, ...(page.live !== undefined && { ETag: etag }) },
    body: renderPage(page, frame, page.notice ?? taken?.notice, etag),
    cookies,
  };
};

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
const signOut = (options: ConsoleFrameOptions, { key, now, operator, request }: Visit): HandlerResult | Refusal => {
  const { origin } = options;
  const refusal = checkForm(request, key, { origin, purpose: signOutBy(operator), now });
  if (refusal !== undefined) return refusal;
  const continueAt = endSessionUrl(options);
  const response = publicPageResponse(200, renderSignedOut(continueAt), request.requestId);
  return {
    response: {
      ...response,
      headers: { ...response.headers, ...(continueAt !== undefined && { Refresh: `0; url=${continueAt}` }) },
      cookies: endSession(origin),
    },
  };
};

const endIdle = (options: ConsoleFrameOptions, { request }: Visit): HandlerResult | Refusal => {
  const refusal = refuse('access_token_invalid', 'no page within the idle limit');
  if (!acceptsHtml(request)) return refusal;
  const { code, reason } = refusal;
  const page = renderIdle(options.idleSeconds, endSessionUrl(options));
  return {
    response: {
      ...publicPageResponse(OUTCOMES[code].status, page, request.requestId),
      cookies: endSession(options.origin),
    },
    fields: { code, reason },
  };
};

/** OpenID Connect RP-Initiated Logout 1.0 §2: the client names itself, because the load balancer keeps the ID token. */
const endSessionUrl = ({ clientId, endSession, origin }: ConsoleFrameOptions): string | undefined => {
  if (endSession === null) return undefined;
  const url = new URL(endSession.endpoint);
  url.searchParams.set('client_id', clientId);
  url.searchParams.set(endSession.returnParameter, origin + ROUTES.console.path);
  return url.href;
};
