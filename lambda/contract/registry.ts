import type { Capability } from './capabilities.ts';
import type { Carrier } from './carriers.ts';
import type { DispatchSettings } from './dispatch.ts';
import { PROCESSOR_ID_CHARS } from './limits.ts';
import type { Proof } from './proofs.ts';

/** Responses to a second use of a single-use token with the same payload. */
export const REPLAY_MODES = ['acknowledge', 'reject'] as const;
export type ReplayMode = (typeof REPLAY_MODES)[number];

export const PROCESSOR_ID_PATTERN = new RegExp(`^[a-z0-9-]{${PROCESSOR_ID_CHARS.min},${PROCESSOR_ID_CHARS.max}}$`);

/** Returns `max_uses` of a token. Results and failures close the task, so their tokens have one use. */
export const maxUsesOf = (processor: Processor, capability: Capability): number =>
  ({ result: 1, failure: 1, progress: processor.progressUses, upload: processor.uploadUses })[capability];

/** Definition of a repeat: two deliveries with equal values at these JSON pointers, or in this header. */
export type SameBy = { readonly jsonPointers: readonly string[] } | { readonly header: string };

/** A media type (type/subtype, lower case) whose payloads are JSON (RFC 8259, RFC 6839 §3.1). */
export const JSON_MEDIA_TYPE = /^(application\/json|[^/]+\/[^/]+\+json)$/;

/** Returns the media type of a `Content-Type`, without parameters and in lower case. */
export const mediaTypeOf = (contentType: string): string => (contentType.split(';')[0] ?? '').trim().toLowerCase();

/** One processor of an environment, with all defaults filled in. */
export interface Processor {
  readonly id: string;
  /** Carriers that a task may use. The first is the default. */
  readonly carriers: readonly [Carrier, ...Carrier[]];
  /** Proof that its callbacks need in addition to the token. */
  readonly proof: Proof;
  /** Media types (type/subtype, lower case) of results and failures. */
  readonly contentTypes: readonly string[];
  /**
   * JSON Schema (2020-12) that a result must satisfy.
   * @default none: a result is kept as it is
   */
  readonly schema?: Readonly<Record<string, unknown>>;
  /**
   * True if a result of 0 bytes is accepted. Otherwise such a result is refused with `payload_invalid`, and the token can
   * still deliver the right one. A failure may always be empty.
   * @default false
   */
  readonly allowEmptyResult: boolean;
  /**
   * True if a result or failure with the type `application/json` or a type that ends in `+json` must be one JSON value in
   * UTF-8. Otherwise it is refused with `payload_invalid`, and the token can still deliver the right payload. An accepted
   * payload of 0 bytes is not checked.
   * @default true
   */
  readonly checkJson: boolean;
  /** Seconds. */
  readonly maxExpiresIn: number;
  /**
   * Response to a second use of a single-use token with the same payload: the first response again, or a refusal as replay.
   * @default 'acknowledge'
   */
  readonly replayMode: ReplayMode;
  /** `max_uses` of its progress and upload tokens. */
  readonly progressUses: number;
  readonly uploadUses: number;
  /**
   * Definition of a repeat, for a processor whose retries differ in a timestamp: equal values at JSON pointers or in one
   * header.
   * @default the whole payload
   */
  readonly sameBy?: SameBy;
  /**
   * True if its callback tokens are encrypted. Then only the gateway can read the claims. Encrypted tokens are too long for a
   * URL. Needs `tokenEncryption`.
   * @default false
   */
  readonly encrypted: boolean;
  /**
   * CIDR ranges from which callbacks are accepted. For an upload they apply to the request for the URL. The PUT goes to
   * Amazon S3 and may come from any address.
   * @default any address
   */
  readonly sourceRanges?: readonly string[];
  /** How its work is sent to it. Absent: the sender of a task gets the callbacks, and sends the work itself. */
  readonly dispatch?: DispatchSettings;
}

/** The processors of an environment by id. It is a file in the bundles of the functions that need it. */
export type Registry = Readonly<Record<string, Processor>>;

/** Files in the bundle of a function: the registry, and a module with its compiled JSON Schemas. */
export const REGISTRY_FILE = 'registry.json';
export const SCHEMAS_FILE = 'schemas.cjs';

/** File in the receiver's bundle with the client of the payload bucket. It is loaded only if a callback needs it. */
export const PAYLOAD_BUCKET_FILE = 'payload-bucket.js';
