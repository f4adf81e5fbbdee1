import type { Problem } from '../../lambda/contract/problem.ts';
import type { ErrorCode, Failure } from '../shared/failure.ts';

/**
 * Codes of errors: those of the gateway and of every client, and two of this package.
 *
 * - `capability_missing`: the callbacks have no URL for this method
 * - `upload_refused`: the store did not take the bytes of an upload
 */
export type CallbackErrorCode = ErrorCode | 'capability_missing' | 'upload_refused';

/** The reason of an error, as data. */
export interface CallbackFailure extends Omit<Failure, 'code'> {
  readonly code: CallbackErrorCode;
}

/** A callback that was not delivered. No text of it has a URL, a token or a key. */
export class CallbackError extends Error {
  static override readonly name = 'CallbackError';
  override readonly name = 'CallbackError';
  readonly code: CallbackErrorCode;
  /** Status of the answer. Absent if none came. */
  declare readonly status?: number;
  /**
   * True if this URL cannot be used, or not any more. False if the same call may succeed later, or after a correction of the
   * payload or the proof: the token was not used up.
   */
  readonly giveUp: boolean;
  /** The refusal as the gateway described it: `errors` names what to correct. */
  declare readonly problem?: Problem;
  /** Include this id when you ask for support. */
  declare readonly requestId?: string;

  constructor(failure: CallbackFailure) {
    super(failure.message);
    const { code, problem, requestId, status } = failure;
    this.code = code;
    this.giveUp = isFinal(failure);
    if (status !== undefined) this.status = status;
    if (problem !== undefined) this.problem = problem;
    if (requestId !== undefined) this.requestId = requestId;
  }
}

/** Refusals that leave the token usable: the request or its payload can be corrected. */
const CORRECTABLE: readonly CallbackErrorCode[] = [
  'access_token_refused',
  'token_missing',
  'proof_missing',
  'proof_invalid',
  'payload_too_large',
  'content_type_refused',
  'payload_invalid',
  'upload_refused',
];

const isFinal = ({ code, retryable, status = 0 }: CallbackFailure): boolean =>
  code === 'capability_missing' || (!retryable && status >= 300 && !CORRECTABLE.includes(code));
