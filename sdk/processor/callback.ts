import type { Capability } from '../../lambda/contract/capabilities.ts';
import type { Fetch } from '../shared/platform.ts';
import { CallbackError } from './callback-error.ts';
import { type CallbackUrls, readCallbackUrls } from './callback-urls.ts';
import { type Heartbeat, type HeartbeatOptions, startHeartbeat } from './heartbeat.ts';
import { type CallbackPayload, payloadBytes } from './payload.ts';
import { PROCESSOR_PLATFORM, type ProcessorPlatform } from './platform.ts';
import { NO_PROOF, type Proof } from './proofs/proof.ts';
import { type Receipt, readReceipt } from './receipt.ts';
import { type CallbackTarget, type Message, sendCallback } from './send-callback.ts';
import { uploadObject } from './upload.ts';
import { describeUpload, type UploadContent, type UploadDescription } from './upload-content.ts';

export interface CallbackOptions {
  /** The token of a URL that does not have it. An empty one counts as none. */
  readonly token?: string | undefined;
  /** @default the token alone */
  readonly proof?: Proof;
  /** @default that of the run time */
  readonly fetch?: Fetch;
}

export interface CallOptions {
  /** Ends the call and its retries. The call rejects with the reason of the signal. */
  readonly signal?: AbortSignal;
}

export interface DeliverOptions extends CallOptions {
  /** A content type that was agreed on. */
  readonly contentType: string;
  /**
   * Sent as `Idempotency-Key`. Needed only if it was agreed on that deliveries with equal keys are the same, although their
   * bytes differ.
   */
  readonly idempotencyKey?: string;
}

export interface UploadOptions extends CallOptions, UploadDescription {
  /** A content type that was agreed on. */
  readonly contentType: string;
}

/** A stream is announced before it is read, so its caller describes it. */
export type StreamUploadOptions = UploadOptions & { readonly size: number; readonly sha256: string };

/** Why the work failed. */
export interface FailureReport {
  readonly code: string;
  readonly message?: string;
}

/** How far the work is. */
export interface ProgressReport {
  /** 0 to 100. */
  readonly percent?: number;
  /** At most 256 characters. */
  readonly note?: string;
}

const JSON_TYPE = 'application/json';

/**
 * The callbacks of one task. Each method sends the same bytes with a fresh proof until an answer decides, at most 8 times,
 * and then throws a `CallbackError`. Neither `console.log` nor JSON shows its URLs, tokens and keys.
 */
export class Callback {
  static readonly name = 'Callback';
  readonly #callbacks: ReturnType<typeof readCallbackUrls>;
  readonly #proof: Proof;
  readonly #platform: ProcessorPlatform;

  /**
   * @param urlOrCallbacks the URL that you got, or the object `callbacks` of the answer that opened the task
   * @param platform replaces time and chance in tests
   * @throws {TypeError} if it is neither, or the proof needs a token that is not there
   */
  constructor(
    urlOrCallbacks: string | CallbackUrls,
    { fetch, proof = NO_PROOF, token }: CallbackOptions = {},
    platform: ProcessorPlatform = PROCESSOR_PLATFORM,
  ) {
    this.#callbacks = readCallbackUrls(urlOrCallbacks, token);
    this.#proof = proof;
    this.#platform = fetch === undefined ? platform : { ...platform, fetch };
    const bare = [...this.#callbacks].find(([, callback]) => proof.needsToken && callback.token === undefined);
    if (bare !== undefined) {
      throw new TypeError(
        `This proof needs a token, and the callback ${bare[0]} came without one. Give the token too.`,
      );
    }
  }

  /** Delivers the result, at most 1 MiB. Bytes and strings are sent as they are, every other value as JSON. */
  async deliver(result: CallbackPayload, { contentType, idempotencyKey, signal }: DeliverOptions): Promise<Receipt> {
    this.#targetOf('result');
    const body = await payloadBytes(result, contentType);
    return this.#send({ capability: 'result', contentType, body, idempotencyKey, signal });
  }

  /** Says that the work failed. The task ends. The report is sent as JSON, which must be a content type that was agreed on. */
  async fail(report: FailureReport, { signal }: CallOptions = {}): Promise<Receipt> {
    const body = await payloadBytes(report, JSON_TYPE);
    return this.#send({ capability: 'failure', contentType: JSON_TYPE, body, signal });
  }

  /** Says how far the work is. It is also a sign of life, for a task that has a heartbeat. */
  async progress(report: ProgressReport, { signal }: CallOptions = {}): Promise<Receipt> {
    // The gateway takes a report that equals the last one for a repeat, which is no sign of life. So each has other spaces.
    const body = new TextEncoder().encode(JSON.stringify(report) + makeSpaces(this.#platform.random));
    return this.#send({ capability: 'progress', contentType: JSON_TYPE, body, signal, isNew: true });
  }

  /**
   * Sends a sign of life now and again after each interval. It stops by itself when the task takes no more.
   * @throws {CallbackError} `capability_missing`
   */
  heartbeat(options: HeartbeatOptions): Heartbeat {
    this.#targetOf('progress');
    return startHeartbeat(options, this.#platform, (signal) => this.progress({}, { signal }));
  }

  /**
   * Uploads a result that is too large for `deliver`: announces it, and puts the bytes to the URL of the answer. The task is
   * `pending` until the gateway has looked at the object, which takes seconds.
   */
  upload(content: Exclude<UploadContent, ReadableStream>, options: UploadOptions): Promise<Receipt>;
  upload(content: UploadContent, options: StreamUploadOptions): Promise<Receipt>;
  async upload(content: UploadContent, { contentType, sha256, signal, size }: UploadOptions): Promise<Receipt> {
    const target = this.#targetOf('upload');
    return uploadObject(target, await describeUpload(content, { sha256, size }), contentType, signal);
  }

  async #send(message: Message): Promise<Receipt> {
    return readReceipt(await sendCallback(this.#targetOf(message.capability), message));
  }

  #targetOf(capability: Capability): CallbackTarget {
    const callback = this.#callbacks.get(capability);
    if (callback !== undefined) return { callback, proof: this.#proof, platform: this.#platform };
    throw new CallbackError({
      code: 'capability_missing',
      message: `The task has no callback for ${capability}; it has ${[...this.#callbacks.keys()].join(', ')}. Ask its sender to open tasks with this callback.`,
      retryable: false,
    });
  }
}

/** White space of JSON (RFC 8259 §2) with 32 random bits. */
const makeSpaces = (random: () => number): string =>
  Array.from({ length: 16 }, () => ' \t\n\r'[Math.floor(random() * 4)]).join('');
