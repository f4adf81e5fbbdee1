import type { Problem } from '../../lambda/contract/problem.ts';
import type { ErrorCode, Failure } from '../shared/failure.ts';

/** Why a request failed. Neither its text nor its members have a URL of a callback, a token or a key. */
export class PosternError extends Error {
  static override readonly name = 'PosternError';
  override readonly name = 'PosternError';
  readonly code: ErrorCode;
  /** Status of the answer, if one came. */
  declare readonly status?: number;
  /** True if the same request may succeed later. */
  readonly retryable: boolean;
  /** Problem details of the gateway, if the answer had them. The page at `type` says what to do. */
  declare readonly problem?: Problem;
  /** Include this id when you ask for support. */
  declare readonly requestId?: string;

  constructor({ code, message, problem, requestId, retryable, status }: Failure) {
    super(message);
    this.code = code;
    this.retryable = retryable;
    Object.assign(this, {
      ...(status !== undefined && { status }),
      ...(problem !== undefined && { problem }),
      ...(requestId !== undefined && { requestId }),
    });
  }

  toJSON(): object {
    const { message, name, stack: _stack, ...members } = this as PosternError & Record<string, unknown>;
    return { name, message, ...members };
  }
}

export const toPosternError = (failure: Failure): PosternError => new PosternError(failure);
