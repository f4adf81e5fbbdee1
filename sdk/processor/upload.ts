import { CAPABILITIES } from '../../lambda/contract/capabilities.ts';
import { UPLOAD_URL_SECONDS } from '../../lambda/contract/limits.ts';
import { readRetryAfter, retry } from '../shared/backoff.ts';
import type { Outcome } from '../shared/failure.ts';
import { isRetryableStatus } from '../shared/http-answers.ts';
import { send } from '../shared/request.ts';
import { CallbackError } from './callback-error.ts';
import { payloadBytes } from './payload.ts';
import type { Receipt } from './receipt.ts';
import { type Accepted, type CallbackTarget, sendCallback, toCallbackError } from './send-callback.ts';
import type { UploadObject } from './upload-content.ts';

/** Announcements of one object. A URL that is too old is refused, and the same object gets a fresh one. */
const ANNOUNCEMENTS = 3;

const JSON_TYPE = 'application/json';

/** The answer to an announcement. */
interface Offer {
  readonly url: string;
  /** Headers that the PUT must have, unchanged. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The answer to the PUT: stored now or before, or refused. */
type PutResult = { readonly receivedAt: string; readonly replayed: boolean } | { readonly refusedWith: number };

/**
 * Announces an object and puts its bytes to the URL that it gets.
 * @throws {CallbackError} if the gateway or the store refuses it, or none of them answers
 */
export const uploadObject = async (
  target: CallbackTarget,
  object: UploadObject,
  contentType: string,
  signal: AbortSignal | undefined,
): Promise<Receipt> => {
  const { sha256, size } = object;
  const body = await payloadBytes({ contentType, size, sha256 }, JSON_TYPE);
  let refusedWith = 0;
  for (let count = 1; count <= ANNOUNCEMENTS; count += 1) {
    const accepted = await sendCallback(target, { capability: 'upload', contentType: JSON_TYPE, body, signal });
    const offer = readOffer(accepted);
    const result = await put(target, offer, object, signal);
    if ('receivedAt' in result) return { taskId: taskIdOf(target, offer), status: 'pending', ...result };
    refusedWith = result.refusedWith;
    if (refusedWith !== 403 || !object.isRepeatable) break;
  }
  const remedy =
    refusedWith === 400
      ? 'The bytes are not those that were announced. Check size and sha256.'
      : 'The URL was too old, or a proxy changed a header. Upload again.';
  throw new CallbackError({
    code: 'upload_refused',
    message: `The store refused the upload (${refusedWith}). ${remedy}`,
    status: refusedWith,
    retryable: false,
  });
};

const readOffer = ({ answer: { headers, method, url } }: Accepted): Offer => {
  const isOffer =
    method === 'PUT' && typeof url === 'string' && URL.canParse(url) && typeof headers === 'object' && headers !== null;
  if (isOffer) return { url, headers: headers as Offer['headers'] };
  throw new CallbackError({
    code: 'answer_invalid',
    message: 'The answer to the announcement has no URL to PUT to. Use the URL exactly as you got it.',
    retryable: false,
  });
};

const put = async (
  { callback, platform }: CallbackTarget,
  { headers, url }: Offer,
  { body, isRepeatable }: UploadObject,
  signal: AbortSignal | undefined,
): Promise<PutResult> => {
  const attempt = async (): Promise<Outcome<PutResult>> => {
    const outcome = await send<PutResult>(platform, {
      request: 'The upload',
      url,
      init: { method: 'PUT', headers, body, ...(!isRepeatable && { duplex: 'half' }) },
      signal,
      timeoutMilliseconds: UPLOAD_URL_SECONDS * 1_000,
      read: (response) => readPut(response, platform.now()),
    });
    // A stream is used up by its first attempt.
    return 'failure' in outcome && !isRepeatable ? { failure: { ...outcome.failure, retryable: false } } : outcome;
  };
  const outcome = await retry(attempt, platform, signal);
  if ('failure' in outcome) throw toCallbackError({ ...outcome.failure, retryable: true }, callback);
  return outcome.value;
};

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html: 409 while another PUT is in progress. */
const readPut = async ({ body, headers, ok, status }: Response, now: number): Promise<Outcome<PutResult>> => {
  await body?.cancel();
  // 412: the object was there already. Its URL allows only these bytes.
  if (ok || status === 412) {
    const date = Date.parse(headers.get('date') ?? '');
    const receivedAt = new Date(Number.isNaN(date) ? now : date).toISOString();
    return { value: { receivedAt, replayed: status === 412 } };
  }
  if (status !== 409 && !isRetryableStatus(status)) return { value: { refusedWith: status } };
  const retryAfter = readRetryAfter(headers.get('retry-after'), now);
  return {
    failure: {
      code: 'unavailable',
      message: `The upload got ${status}. The store cannot take it for the moment. Upload again later.`,
      status,
      retryable: true,
      ...(retryAfter !== undefined && { retryAfter }),
    },
  };
};

/** The task of the callback URL, or of the key of the object, which ends in task, token and digest (`objectKey`). */
const taskIdOf = ({ callback }: CallbackTarget, offer: Offer): string =>
  new URL(callback.url).pathname.split(`${CAPABILITIES.upload.basePath}/`)[1]?.split('/')[0] ??
  new URL(offer.url).pathname.split('/').at(-3) ??
  '';
