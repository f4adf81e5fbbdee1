import type { DispatchSettings } from '../../contract/dispatch.ts';
import { MAX_DISPATCH_ANSWER_BYTES } from '../../contract/dispatch-limits.ts';
import { readRemoteId } from '../../shared/dispatch/remote-id.ts';
import type { CompleteRequest } from '../../shared/dispatch/sign-request.ts';
import type { Egress } from '../../shared/egress/addresses.ts';
import { type GuardOptions, guardedRequest, REFUSED_ADDRESS } from '../../shared/egress/guarded-request.ts';
import { readRetryAfter } from './next-attempt.ts';
import type { ProcessorRequest } from './processor-request.ts';

/** What came of one attempt. */
export type AttemptOutcome =
  | { readonly kind: 'accepted'; readonly status: number; readonly remoteId?: string }
  | {
      /** Another attempt follows. */
      readonly kind: 'retry';
      readonly status?: number;
      /** Code of the error, if there was no answer. */
      readonly error?: string;
      /** True if the processor may have the work. */
      readonly isUncertain: boolean;
      /** Seconds. */
      readonly retryAfter?: number;
      readonly isLimited: boolean;
    }
  /** The processor refused the credentials. */
  | { readonly kind: 'unauthorized'; readonly status: 401 }
  | { readonly kind: 'refused'; readonly status: number }
  | { readonly kind: 'addressRefused' };

export interface SendOptions extends GuardOptions {
  readonly egress: Egress;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Sends a request to its processor. Never rejects. @param timeoutMilliseconds time that is left for the attempt */
export type SendRequest = (
  made: ProcessorRequest,
  settings: DispatchSettings,
  timeoutMilliseconds: number,
) => Promise<AttemptOutcome>;

/** Statuses after which the same request may be accepted later. */
const RETRIED = [401, 403, 407, 408, 425, 429];

/** RFC 9110 §15.6. */
export const isServerError = (status: number): boolean => status >= 500 && status <= 599;

export const createSendRequest =
  (options: SendOptions): SendRequest =>
  async ({ request, secrets }, settings, timeoutMilliseconds) => {
    const answer = await guardedRequest(outgoing(request, timeoutMilliseconds), options);
    if (!answer.isAnswered) {
      return answer.code === REFUSED_ADDRESS
        ? { kind: 'addressRefused' }
        : { kind: 'retry', error: answer.code, isUncertain: answer.mayBeSent, isLimited: false };
    }
    const { body, headers, status } = answer;
    if (settings.accept.includes(status)) {
      const remoteId =
        settings.remoteId === undefined || body === undefined
          ? undefined
          : readRemoteId(body, settings.remoteId, secrets);
      return { kind: 'accepted', status, ...(remoteId !== undefined && { remoteId }) };
    }
    if (status === 401) return { kind: 'unauthorized', status };
    if (!isServerError(status) && !RETRIED.includes(status)) return { kind: 'refused', status };
    const retryAfter = readRetryAfter(headers['retry-after'], options.now());
    return {
      kind: 'retry',
      status,
      isUncertain: false,
      isLimited: status === 429,
      ...(retryAfter !== undefined && { retryAfter }),
    };
  };

const outgoing = ({ body, headers, method, url }: CompleteRequest, timeoutMilliseconds: number) => ({
  url: new URL(url),
  method,
  headers: { 'user-agent': 'postern', ...headers },
  body,
  timeoutMilliseconds,
  maxAnswerBytes: MAX_DISPATCH_ANSWER_BYTES,
});
