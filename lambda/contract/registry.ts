import type { Capability } from './capabilities.ts';
import type { Carrier } from './carriers.ts';
import { PROCESSOR_ID_CHARS } from './limits.ts';
import type { Proof } from './proofs.ts';

/** What a second use of the same single-use token with the same payload gets. */
export const REPLAY_MODES = ['acknowledge', 'reject'] as const;
export type ReplayMode = (typeof REPLAY_MODES)[number];

export const PROCESSOR_ID_PATTERN = new RegExp(`^[a-z0-9-]{${PROCESSOR_ID_CHARS.min},${PROCESSOR_ID_CHARS.max}}$`);

/** `max_uses` of a token: results and failures close the task, so there is one use. */
export const maxUsesOf = (processor: Processor, capability: Capability): number =>
  ({ result: 1, failure: 1, progress: processor.progressUses, upload: processor.uploadUses })[capability];

/** What makes two deliveries the same: the values at these JSON pointers, or one header's value. */
export type SameBy = { readonly jsonPointers: readonly string[] } | { readonly header: string };

/** A media type (type/subtype, lower case) whose payloads are JSON (RFC 8259, RFC 6839 §3.1). */
export const JSON_MEDIA_TYPE = /^(application\/json|[^/]+\/[^/]+\+json)$/;

/** One processor of an environment, complete: defaults are filled in when the environment is read. */
export interface Processor {
  readonly id: string;
  /** Carriers a task may ask for, the default first. */
  readonly carriers: readonly [Carrier, ...Carrier[]];
  /** What its calls must show beside the token. */
  readonly proof: Proof;
  /** Media types (type/subtype, lower case) of results and failures. */
  readonly contentTypes: readonly string[];
  /**
   * JSON Schema (2020-12) that a result must satisfy.
   * @default none: a result is kept as it is
   */
  readonly schema?: Readonly<Record<string, unknown>>;
  /**
   * Whether a result of 0 bytes is accepted. Without it such a result is refused with `payload_invalid`, and the token can
   * still deliver the right one. A failure may always be empty.
   * @default false
   */
  readonly allowEmptyResult: boolean;
  /**
   * Whether a result or failure that is sent as `application/json` or as a type that ends in `+json` must be one JSON value
   * in UTF-8. What is not JSON is refused with `payload_invalid`, and the token can still deliver the right payload. A payload
   * of 0 bytes that is accepted is not checked.
   * @default true
   */
  readonly checkJson: boolean;
  /** Seconds. */
  readonly maxExpiresIn: number;
  /**
   * What a second use of a single-use token with the same payload gets: the first answer again, or a refusal as a replay.
   * @default 'acknowledge'
   */
  readonly replayMode: ReplayMode;
  /** `max_uses` of its progress and upload tokens. */
  readonly progressUses: number;
  readonly uploadUses: number;
  /**
   * What makes two deliveries the same, for a processor whose retries differ in a timestamp: the values at JSON pointers,
   * or the value of one header.
   * @default the whole payload
   */
  readonly sameBy?: SameBy;
  /**
   * Whether its callback tokens are encrypted, so that nobody but the gateway reads their claims. They are too long for a URL.
   * Needs `tokenEncryption`.
   * @default false
   */
  readonly encrypted: boolean;
  /**
   * CIDR ranges that may deliver. For an upload they hold for the request that offers it; the PUT itself goes to Amazon
   * S3, from any address.
   * @default any address
   */
  readonly sourceRanges?: readonly string[];
}

/** The processors of an environment, by id. Travels to the functions as a file beside their code. */
export type Registry = Readonly<Record<string, Processor>>;

/** The file that carries the registry, and the module that carries its compiled schemas, beside a function's code. */
export const REGISTRY_FILE = 'registry.json';
export const SCHEMAS_FILE = 'schemas.cjs';

/** The file beside the receiver's code that speaks to the payload bucket: most callbacks never meet it. */
export const PAYLOAD_BUCKET_FILE = 'payload-bucket.js';
