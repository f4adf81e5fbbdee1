import type { OutcomeCode } from '../contract/outcomes.ts';
import type { ProblemError } from '../contract/problem.ts';
import type { Fields } from './log/logger.ts';

/**
 * A refusal is data: a closed public code, and a reason that only the log line has.
 * Only `code`, `isInPath`, `detail`, `errors`, `revision`, `scope`, `allow` and `challenge` can reach the caller.
 */
export interface Refusal {
  /** The mark by which `isRefusal` knows a refusal. */
  readonly kind: 'refusal';
  readonly code: OutcomeCode;
  /** True if the refused value is part of the path. Some outcomes then have another status, see `statusOf`. */
  readonly isInPath?: true;
  /** For the log. Never sent, and never made from a token, a credential or a payload. */
  readonly reason: string;
  /** More for the log: the client, processor or task, once they are known. */
  readonly fields?: Fields;
  /**
   * For the caller: what to correct. It never says whether a key or a secret is known or how nearly a credential fits, and
   * it never repeats a credential.
   */
  readonly detail?: string;
  readonly errors?: readonly ProblemError[];
  /** The missing scope, for the challenge of `insufficient_scope`. */
  readonly scope?: string;
  /** The current revision of the task, for `task_changed`. */
  readonly revision?: number;
  /** Methods of the path, for 405. */
  readonly allow?: readonly string[];
  /**
   * Replaces the default challenge; `null` sends no challenge.
   * @default scheme `Bearer` with the outcome's OAuth error
   */
  readonly challenge?: Challenge | null;
}

/** An authentication challenge (RFC 9110 §11.6.1). */
export interface Challenge {
  readonly scheme: string;
  /** Values of auth-params, without quotes. Our own words, never text of the caller. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Response headers that belong to the challenge. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Makes a refusal. Code returns it beside its own result: `T | Refusal`. */
export const refuse = (
  code: OutcomeCode,
  reason: string,
  more: Pick<Refusal, 'isInPath' | 'detail' | 'errors' | 'revision' | 'scope' | 'allow' | 'challenge'> = {},
): Refusal => ({ kind: 'refusal', code, reason, ...more });

/** True if a value is a refusal. A value that a caller wrote could have the same mark: keep it inside an object of ours. */
export const isRefusal = (value: unknown): value is Refusal =>
  (value as { readonly kind?: unknown } | null | undefined)?.kind === 'refusal';

/** Carries a refusal out of code that cannot return one: `orUnavailable`, and callbacks of libraries. `settle` catches it. */
export class RefusalError extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal, options?: ErrorOptions) {
    super(`${refusal.code}: ${refusal.reason}`, options);
    this.name = 'RefusalError';
    this.refusal = refusal;
  }
}

/** Compares the shape, not the class: a separately bundled file has its own copy of the class. */
export const isRefusalError = (error: unknown): error is RefusalError =>
  error instanceof Error && error.name === 'RefusalError' && 'refusal' in error;

/** Returns the name of an error, which is safe to log. A message might quote the request. */
export const describeError = (error: unknown): string => (error instanceof Error ? error.name : typeof error);
