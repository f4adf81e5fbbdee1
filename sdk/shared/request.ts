import { ATTEMPT_TIMEOUT_MILLISECONDS } from '../../lambda/contract/sdk-limits.ts';
import type { Outcome } from './failure.ts';
import type { Platform } from './platform.ts';

/** One attempt of a request. */
export interface Attempt<T> {
  /** The request in words without secrets, for example `POST /v1/tasks`. */
  readonly request: string;
  readonly url: string;
  readonly init: RequestInit;
  /** Reads the answer within the time limit of the attempt. */
  readonly read: (response: Response) => Promise<Outcome<T>>;
  /**
   * True if the time limit is for the beginning of the answer only: the body may be of any size.
   * @default false
   */
  readonly isLong?: boolean;
  /** @default ATTEMPT_TIMEOUT_MILLISECONDS */
  readonly timeoutMilliseconds?: number;
  /** The caller's deadline. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Makes one attempt. It follows no redirect: a redirect would carry the credentials to another place.
 * @throws the reason of the caller's signal, if it is aborted. Every other error becomes `network_error`
 */
export const send = async <T>(
  { fetch }: Pick<Platform, 'fetch'>,
  { init, isLong = false, read, request, signal, timeoutMilliseconds = ATTEMPT_TIMEOUT_MILLISECONDS, url }: Attempt<T>,
): Promise<Outcome<T>> => {
  signal?.throwIfAborted();
  const controller = new AbortController();
  let isTimedOut = false;
  const timer = setTimeout(() => {
    isTimedOut = true;
    controller.abort();
  }, timeoutMilliseconds);
  try {
    const either = signal === undefined ? controller.signal : AbortSignal.any([signal, controller.signal]);
    const response = await fetch(url, { ...init, redirect: 'manual', signal: either });
    if (isLong) clearTimeout(timer);
    return await read(response);
  } catch (error) {
    signal?.throwIfAborted();
    const reason = isTimedOut ? `none came within ${timeoutMilliseconds / 1_000} s` : reasonOf(error);
    return {
      failure: {
        code: 'network_error',
        message: `${request} got no answer: ${reason}. Check the network and the address, and try again.`,
        retryable: true,
        isUncertain: true,
      },
    };
  } finally {
    clearTimeout(timer);
  }
};

/** A code as ECONNREFUSED. The text of an error is left out: it may quote a URL or a header. */
const reasonOf = (error: unknown): string => {
  const { cause } = error as { readonly cause?: unknown };
  for (const { code } of [error, cause].filter((each) => each instanceof Error) as { readonly code?: unknown }[]) {
    if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,63}$/.test(code)) return code;
  }
  return 'the connection failed';
};
