import { statusOf } from '../../contract/outcomes.ts';
import { PUBLIC_PAGE_HEADERS } from '../html/page.ts';
import { type HttpRequest, type HttpResponse, responseHeaders } from '../http/message.ts';
import { problemResponse } from '../http/problem.ts';
import type { Refusal } from '../refusal.ts';
import { renderRefusal } from './plain-pages.ts';

/** Returns a page if the client accepts HTML, as browsers do. Otherwise it returns a problem document. */
export const createRefusalAnswer =
  (origin: string) =>
  (refusal: Refusal, request: HttpRequest): HttpResponse => {
    // A challenge would be useless: people sign in at the load balancer.
    const problem = problemResponse({ ...refusal, challenge: null }, origin, request.requestId);
    if (!acceptsHtml(request)) return problem;
    const status = statusOf(refusal.code, refusal.isInPath);
    const page = publicPageResponse(status, renderRefusal(refusal.code, status), request.requestId);
    return { ...page, headers: { ...problem.headers, ...page.headers } };
  };

/** A page without a session. */
export const publicPageResponse = (status: number, body: string, requestId: string): HttpResponse => ({
  status,
  headers: { ...responseHeaders(requestId), ...PUBLIC_PAGE_HEADERS },
  body,
});

export const acceptsHtml = (request: HttpRequest): boolean =>
  request
    .header('accept')
    .flatMap((line) => line.split(','))
    .some((range) => /^\s*text\/html\s*(;|$)/i.test(range) && !/;\s*q=0(\.0*)?\s*$/i.test(range));
