import { MAX_PROBLEM_ERRORS, MAX_PROBLEM_POINTER_CHARS, RETRY_AFTER_SECONDS } from '../contract/limits.ts';
import type { OutcomeCode } from '../contract/outcomes.ts';
import { OUTCOMES, problemType } from '../contract/outcomes.ts';
import type { Fields } from '../observe/journal.ts';
import type { Answer } from './message.ts';
import { answerHeaders } from './message.ts';

/** One thing wrong with a request, and where: a JSON pointer into the body, or the name of a query parameter or header. */
export type ProblemError = { readonly detail: string } & (
  | { readonly pointer: string }
  | { readonly parameter: string }
  | { readonly header: string }
);

/**
 * A refusal is data: a closed public code, and a reason that only the log line has.
 * Only `code`, `errors`, `scope` and `allow` can reach the caller.
 */
export interface Refusal {
  readonly code: OutcomeCode;
  /** For the log; never sent, and never made from a token, a credential or a payload. */
  readonly reason: string;
  /** More for the log: who it was, as far as that is known. */
  readonly fields?: Fields;
  readonly errors?: readonly ProblemError[];
  /** Scope that would have been needed, for the challenge of `insufficient_scope`. */
  readonly scope?: string;
  /** Methods that the path has, for 405. */
  readonly allow?: readonly string[];
}

/** Makes a refusal; the only way in which code says no. */
export const refuse = (
  code: OutcomeCode,
  reason: string,
  more: Pick<Refusal, 'errors' | 'scope' | 'allow'> = {},
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

/** What the outside sees of a refusal: problem details (RFC 9457) with the challenge of RFC 6750 §3. */
export const problemAnswer = (refusal: Refusal, origin: string, requestId: string): Answer => {
  const { status, title, oauthError } = OUTCOMES[refusal.code];
  const headers: Record<string, string> = {
    ...answerHeaders(requestId),
    'Content-Type': 'application/problem+json',
  };
  if (status === 401 || status === 403 || oauthError !== null) headers['WWW-Authenticate'] = challenge(refusal, origin);
  if (status === 405) headers.Allow = (refusal.allow ?? []).join(', ');
  if (status === 503) headers['Retry-After'] = String(RETRY_AFTER_SECONDS);
  const problem = {
    type: problemType(origin, refusal.code),
    title,
    status,
    code: refusal.code,
    requestId,
    ...(refusal.errors && { errors: refusal.errors.slice(0, MAX_PROBLEM_ERRORS).map(bounded) }),
  };
  return { status, headers, body: JSON.stringify(problem) };
};

/** A name as long as a payload would come back as the answer: then only what is wrong is said, not where. */
const bounded = (error: ProblemError): ProblemError => {
  const [place] = Object.entries(error).filter(([name]) => name !== 'detail');
  return place !== undefined && place[1].length > MAX_PROBLEM_POINTER_CHARS
    ? { pointer: '', detail: error.detail }
    : error;
};

/** RFC 6750 §3: no error code where no credentials came. */
const challenge = (refusal: Refusal, origin: string): string => {
  const { oauthError } = OUTCOMES[refusal.code];
  const parameters = [
    `realm="${origin}"`,
    ...(oauthError === null ? [] : [`error="${oauthError}"`]),
    ...(refusal.scope === undefined ? [] : [`scope="${refusal.scope}"`]),
  ];
  return `Bearer ${parameters.join(', ')}`;
};
