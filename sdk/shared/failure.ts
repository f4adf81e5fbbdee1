import type { OutcomeCode } from '../../lambda/contract/outcomes.ts';
import type { Problem } from '../../lambda/contract/problem.ts';

/**
 * Codes of errors: those of the gateway, and three of the client.
 *
 * - `network_error`: no answer came
 * - `access_token_refused`: the identity provider gave no access token
 * - `answer_invalid`: no gateway gives this answer
 */
export type ErrorCode = OutcomeCode | 'network_error' | 'access_token_refused' | 'answer_invalid';

/** Why a request failed, as data. Each package makes its own error from it. It has no URL and no credential. */
export interface Failure {
  readonly code: ErrorCode;
  /** What happened, why, and what to do. */
  readonly message: string;
  /** Status of the answer, if one came. */
  readonly status?: number;
  /** True if the same request may succeed later. */
  readonly retryable: boolean;
  /** `X-Request-Id`, which support asks for. */
  readonly requestId?: string;
  readonly problem?: Problem;
  /** Wait that the answer asked for, in milliseconds. */
  readonly retryAfter?: number;
  /** True if the request may have been carried out although no answer of the gateway came. */
  readonly isUncertain?: true;
}

/** The answer of a request, or the reason why no answer can be used. */
export type Outcome<T> = { readonly value: T } | { readonly failure: Failure };
