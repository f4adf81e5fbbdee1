import { MAX_PROBLEM_ERRORS, MAX_PROBLEM_POINTER_CHARS, RETRY_AFTER_SECONDS } from '../../contract/limits.ts';
import type { OutcomeCode } from '../../contract/outcomes.ts';
import { OUTCOMES, problemType } from '../../contract/outcomes.ts';
import type { Fields } from '../log/logger.ts';
import type { HttpResponse } from './message.ts';
import { responseHeaders } from './message.ts';

/** One thing wrong with a request, and where: a JSON pointer into the body, or the name of a query parameter or header. */
export type ProblemError =
  | ({ readonly detail: string } & (
      | { readonly pointer: string }
      | { readonly parameter: string }
      | { readonly header: string }
    ))
  | RefusedContentType;

/** The body as a whole has a content type that is not accepted. */
export interface RefusedContentType {
  readonly pointer: '';
  readonly message: string;
  /** Those that are. */
  readonly accepted: readonly string[];
}

/**
 * A refusal is data: a closed public code, and a reason that only the log line has.
 * Only `code`, `detail`, `errors`, `scope`, `allow` and `challenge` can reach the caller.
 */
export interface Refusal {
  readonly code: OutcomeCode;
  /** For the log; never sent, and never made from a token, a credential or a payload. */
  readonly reason: string;
  /** More for the log: who it was, as far as that is known. */
  readonly fields?: Fields;
  /**
   * For the caller: what to correct. It never says whether a key or a secret is known, nor how nearly a credential fits, and
   * never repeats one.
   */
  readonly detail?: string;
  readonly errors?: readonly ProblemError[];
  /** Scope that would have been needed, for the challenge of `insufficient_scope`. */
  readonly scope?: string;
  /** Methods that the path has, for 405. */
  readonly allow?: readonly string[];
  /** The challenge where it is not `Bearer` with the outcome's own error; `null`: none. */
  readonly challenge?: Challenge | null;
}

/** A challenge of another scheme than `Bearer` (RFC 9110 §11.6.1). */
export interface Challenge {
  readonly scheme: string;
  /** Values of auth-params, without quotes. Ours, never the caller's. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Headers that go with it. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Makes a refusal; the only way in which code says no. */
export const refuse = (
  code: OutcomeCode,
  reason: string,
  more: Pick<Refusal, 'detail' | 'errors' | 'scope' | 'allow' | 'challenge'> = {},
): Refusal => ({ code, reason, ...more });

export const isRefusal = (value: object): value is Refusal => 'code' in value && 'reason' in value;

/** A refusal on its way out of code that answers with a value otherwise. Caught in one place per function. */
export class RefusalError extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal, options?: ErrorOptions) {
    super(`${refusal.code}: ${refusal.reason}`, options);
    this.name = 'RefusalError';
    this.refusal = refusal;
  }
}

/** Told by its shape: what lies in a file of its own beside a function has a class of its own. */
export const isRefusalError = (error: unknown): error is RefusalError =>
  error instanceof Error && error.name === 'RefusalError' && 'refusal' in error;

/** What the outside sees of a refusal: problem details (RFC 9457) with the challenge of RFC 6750 §3. */
export const problemResponse = (refusal: Refusal, origin: string, requestId: string): HttpResponse => {
  const { status, title, oauthError } = OUTCOMES[refusal.code];
  const headers: Record<string, string> = {
    ...responseHeaders(requestId),
    'Content-Type': 'application/problem+json',
  };
  if (refusal.challenge !== null && (status === 401 || status === 403 || oauthError !== null)) {
    Object.assign(headers, { 'WWW-Authenticate': challengeOf(refusal, origin) }, refusal.challenge?.headers);
  }
  if (status === 405) headers.Allow = (refusal.allow ?? []).join(', ');
  if (status === 503) headers['Retry-After'] = String(RETRY_AFTER_SECONDS);
  const problem = {
    type: problemType(origin, refusal.code),
    title,
    status,
    code: refusal.code,
    requestId,
    ...(refusal.detail !== undefined && { detail: refusal.detail }),
    ...(refusal.errors && { errors: refusal.errors.slice(0, MAX_PROBLEM_ERRORS).map(bounded) }),
  };
  return { status, headers, body: `${JSON.stringify(problem)}\n` };
};

/** A name as long as a payload would come back as the answer: then only what is wrong is said, not where. */
const bounded = (error: ProblemError): ProblemError => {
  if ('accepted' in error) return error;
  const [place] = Object.entries(error).filter(([name]) => name !== 'detail');
  return place !== undefined && place[1].length > MAX_PROBLEM_POINTER_CHARS
    ? { pointer: '', detail: error.detail }
    : error;
};

/** RFC 6750 §3: no error code where no credentials came. */
const challengeOf = ({ challenge, code, scope }: Refusal, origin: string): string => {
  const { oauthError } = OUTCOMES[code];
  const { scheme, parameters } = challenge ?? {
    scheme: 'Bearer',
    parameters: { ...(oauthError !== null && { error: oauthError }), ...(scope !== undefined && { scope }) },
  };
  const all = Object.entries({ realm: origin, ...parameters }).map(([name, value]) => `${name}="${value}"`);
  return `${scheme} ${all.join(', ')}`;
};
