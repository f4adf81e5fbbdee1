import { MAX_PROBLEM_ERRORS, MAX_PROBLEM_POINTER_CHARS, RETRY_AFTER_SECONDS } from '../../contract/limits.ts';
import { OUTCOMES, problemType, statusOf } from '../../contract/outcomes.ts';
import type { ProblemError } from '../../contract/problem.ts';
import type { Refusal } from '../refusal.ts';
import type { HttpResponse } from './message.ts';
import { responseHeaders } from './message.ts';

/** Renders a refusal for the caller: problem details (RFC 9457) with the challenge of RFC 6750 §3. */
export const problemResponse = (refusal: Refusal, origin: string, requestId: string): HttpResponse => {
  const { oauthError } = OUTCOMES[refusal.code];
  const status = statusOf(refusal.code, refusal.isInPath);
  const headers: Record<string, string> = {
    ...responseHeaders(requestId),
    'Content-Type': 'application/problem+json',
  };
  if (refusal.challenge !== null && (status === 401 || status === 403 || oauthError !== null)) {
    Object.assign(headers, { 'WWW-Authenticate': challengeOf(refusal, origin) }, refusal.challenge?.headers);
  }
  if (status === 405) headers.Allow = (refusal.allow ?? []).join(', ');
  if (status === 429 || status === 503) headers['Retry-After'] = String(RETRY_AFTER_SECONDS);
  return { status, headers, body: `${JSON.stringify(problemOf(refusal, origin, requestId))}\n` };
};

/** Returns the problem document of a refusal. */
export const problemOf = (refusal: Refusal, origin: string, requestId: string) => ({
  type: problemType(origin, refusal.code),
  title: OUTCOMES[refusal.code].title,
  status: statusOf(refusal.code, refusal.isInPath),
  code: refusal.code,
  requestId,
  ...(refusal.detail !== undefined && { detail: refusal.detail }),
  ...(refusal.revision !== undefined && { revision: refusal.revision }),
  ...(refusal.errors && { errors: refusal.errors.slice(0, MAX_PROBLEM_ERRORS).map(bounded) }),
});

/** Drops a very long pointer or name, so that a response does not echo a payload. */
const bounded = (error: ProblemError): ProblemError => {
  if ('accepted' in error) return error;
  const [place] = Object.entries(error).filter(([name]) => name !== 'detail');
  return place !== undefined && place[1].length > MAX_PROBLEM_POINTER_CHARS
    ? { pointer: '', detail: error.detail }
    : error;
};

/** RFC 6750 §3: the challenge has no error code if the request had no credentials. */
const challengeOf = ({ challenge, code, scope }: Refusal, origin: string): string => {
  const { oauthError } = OUTCOMES[code];
  const { scheme, parameters } = challenge ?? {
    scheme: 'Bearer',
    parameters: { ...(oauthError !== null && { error: oauthError }), ...(scope !== undefined && { scope }) },
  };
  const all = Object.entries({ realm: origin, ...parameters }).map(([name, value]) => `${name}="${value}"`);
  return `${scheme} ${all.join(', ')}`;
};
