import type { Capability } from '../../lambda/contract/capabilities.ts';
import { MAX_BODY_BYTES } from '../../lambda/contract/limits.ts';
import { retry } from '../shared/backoff.ts';
import { base64url } from '../shared/base64.ts';
import type { Failure, Outcome } from '../shared/failure.ts';
import { readJsonObject, readRefusal } from '../shared/http-answers.ts';
import { send } from '../shared/request.ts';
import { CallbackError, type CallbackFailure } from './callback-error.ts';
import type { CallbackUrl } from './callback-urls.ts';
import type { ProcessorPlatform } from './platform.ts';
import type { Proof, ProofContext } from './proofs/proof.ts';
import { redact } from './secrets.ts';
import { sha256 } from './sha256.ts';

/** One delivery: the same bytes in each attempt. */
export interface Message {
  readonly capability: Capability;
  readonly contentType: string;
  readonly body: Uint8Array<ArrayBuffer>;
  /** Sent as `Idempotency-Key`. Deliveries with equal keys are the same, although their bytes differ. */
  readonly idempotencyKey?: string | undefined;
  /** True if an equal message of before is another one, as with reports of progress. */
  readonly isNew?: true;
  readonly signal?: AbortSignal | undefined;
}

/** A callback with everything that its requests need. */
export interface CallbackTarget extends ProofContext {
  readonly callback: CallbackUrl;
  readonly proof: Proof;
  readonly platform: ProcessorPlatform;
}

/** An answer of 2xx. */
export interface Accepted {
  readonly answer: Readonly<Record<string, unknown>>;
  /** True if the gateway had recorded the same delivery before. */
  readonly replayed: boolean;
}

/** The request in words without secrets. */
const REQUESTS: Readonly<Record<Capability, string>> = {
  result: 'The delivery of the result',
  failure: 'The report of the failure',
  progress: 'The report of progress',
  upload: 'The announcement of the upload',
};

/**
 * Delivers: the same bytes with a fresh proof in each attempt, until an answer decides or the attempts are used up.
 * @throws {CallbackError} if it is refused, or has no answer
 * @throws the reason of the signal, as soon as it is aborted
 */
export const sendCallback = async (target: CallbackTarget, message: Message): Promise<Accepted> => {
  const { callback, platform } = target;
  const request = REQUESTS[message.capability];
  if (message.body.length > MAX_BODY_BYTES) {
    throw new CallbackError({
      code: 'payload_too_large',
      message: `${request} has ${message.body.length} bytes; expected at most ${MAX_BODY_BYTES}. Use upload for a larger result.`,
      retryable: false,
    });
  }
  const messageId = message.isNew ? `msg_${platform.unique()}` : await messageIdOf(callback, message);
  const attempt = async (): Promise<Outcome<Accepted>> => {
    const first = await attemptOnce(target, message, messageId);
    return first.isChallenge ? (await attemptOnce(target, message, messageId)).outcome : first.outcome;
  };
  const outcome = await retry(attempt, platform, message.signal);
  if ('failure' in outcome) throw toCallbackError(outcome.failure, callback);
  return outcome.value;
};

/** Makes the error of a failure, without the secrets of the callback. */
export const toCallbackError = ({ retryAfter, ...failure }: CallbackFailure, callback: CallbackUrl): CallbackError =>
  new CallbackError(redact(failure, callback));

interface AttemptResult {
  readonly outcome: Outcome<Accepted>;
  /** True if another proof may be accepted at once. */
  readonly isChallenge: boolean;
}

const attemptOnce = async (
  { callback, platform, proof }: CallbackTarget,
  { body, capability, contentType, idempotencyKey, signal }: Message,
  messageId: string,
): Promise<AttemptResult> => {
  const request = REQUESTS[capability];
  const { token, url } = callback;
  const proofHeaders = await proof.headers(
    {
      method: 'POST',
      url,
      ...(token !== undefined && { token }),
      contentType,
      body,
      messageId,
      now: Math.floor(platform.now() / 1_000),
      unique: platform.unique(),
    },
    { platform, signal },
  );
  const headers = {
    'content-type': contentType,
    ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
    ...proofHeaders,
  };
  let isChallenge = false;
  const outcome = await send<Accepted>(
    { fetch: proof.fetch ?? platform.fetch },
    {
      request,
      url,
      init: { method: 'POST', headers, body },
      signal,
      read: async (response) => {
        proof.observe?.(url, response.headers);
        if (response.ok) return readAccepted(response, request);
        const failure = await readRefusal(response, request, platform.now());
        const refused = { url, status: response.status, code: failure.code, headers: response.headers };
        isChallenge = proof.isChallenge?.({ ...refused, sent: proofHeaders }) ?? false;
        return { failure: describeForProcessor(failure, request) };
      },
    },
  );
  return { outcome, isChallenge };
};

const readAccepted = async (response: Response, request: string): Promise<Outcome<Accepted>> => {
  const answer = await readJsonObject(response);
  if (answer !== undefined) {
    return { value: { answer, replayed: response.headers.get('idempotency-replayed') === 'true' } };
  }
  const message = `${request} got ${response.status} without JSON. Use the URL exactly as you got it.`;
  return { failure: { code: 'answer_invalid', message, status: response.status, retryable: false } };
};

/** Answers without a code come from the load balancer, the firewall, or another server. */
const describeForProcessor = (failure: Failure, request: string): Failure => {
  const { problem, retryable, status = 0 } = failure;
  if (problem !== undefined || retryable) return failure;
  const remedy = FRONT_REMEDIES[status] ?? 'No gateway answers like this. Use the URL exactly as you got it.';
  return {
    ...failure,
    // The load balancer checks callback tokens too, and does not say what is wrong with one.
    ...(status === 401 && { code: 'answer_invalid' }),
    message: `${request} got ${status} without a code. ${remedy}`,
  };
};

const FRONT_REMEDIES: Readonly<Record<number, string>> = {
  401: 'The load balancer refused the token: it has expired, or is not complete. Ask the sender of the task for another.',
  403: 'The firewall accepts no requests like this one, or from this address. Ask the sender of the task.',
  413: 'The body is over the limit of the load balancer. Use upload for a larger result.',
};

/**
 * An id that is the same for a message and its repeats, also after a restart of the processor. It belongs to one callback: an
 * id that came with one token is refused with another.
 */
const messageIdOf = async ({ token, url }: CallbackUrl, { body, idempotencyKey }: Message): Promise<string> => {
  const content = idempotencyKey === undefined ? body : new TextEncoder().encode(idempotencyKey);
  const parts = [new TextEncoder().encode(`${url}\n${token}\n`), content];
  return `msg_${base64url(await sha256(new Uint8Array(await new Blob(parts).arrayBuffer())))}`;
};
