/**
 * Every size, duration and count that Postern enforces, once.
 * Sizes are bytes, durations are seconds, unless the name says otherwise.
 */

/** Largest body the front door takes, as sent (the load balancer's own limit for Lambda targets). */
export const MAX_BODY_BYTES = 1_048_576;

/** Largest payload kept on the task. A DynamoDB item holds 400 KB, and a history and metadata stand beside it. */
export const MAX_PAYLOAD_BYTES = 262_144;

/** Longest callback token, in characters of its compact form. */
export const MAX_TOKEN_CHARS = 2_048;

/** Longest callback URL, exclusive, for every legal input. */
export const MAX_CALLBACK_URL_BYTES = 1_024;

/** Clock difference between us and whoever wrote a time that is still forgiven. */
export const CLOCK_TOLERANCE_SECONDS = 5;

/** `expiresIn` of a task. The upper end is also the most that a processor's entry may allow. */
export const EXPIRES_IN_SECONDS = { min: 60, max: 604_800 } as const;

/** `heartbeat` of a task; at most its `expiresIn`. */
export const HEARTBEAT_SECONDS = { min: 30 } as const;

/** A jti record lives this long after `exp`, so that a late repeat can still be acknowledged. */
export const JTI_RETENTION_AFTER_EXP_SECONDS = 86_400;

/** Random bytes in a jti and in a task id: 128 bits (RFC 9449 §11.1 asks for a negligible chance of collision). */
export const ID_RANDOM_BYTES = 16;

/** Longest jti that is accepted, in characters. */
export const MAX_JTI_CHARS = 64;

export const MAX_RESOURCE_CHARS = 256;
export const MAX_OWNER_CHARS = 64;
export const MAX_METADATA_BYTES = 2_048;
export const PROCESSOR_ID_CHARS = { min: 2, max: 32 } as const;

/** Largest body of a request to the sender API: every field at its limit fits, escapes included. */
export const MAX_SENDER_BODY_BYTES = 16_384;

/** Longest `exp` − `iat` of a sender's access token, unless the environment says otherwise. */
export const ACCESS_TOKEN_LIFETIME_SECONDS = 3_600;

/** Longest access token of a sender, in characters: the load balancer takes no longer header line. */
export const MAX_ACCESS_TOKEN_CHARS = 16_384;

/** What the gateway waits for and reads when it fetches somebody else's keys (the load balancer's limit for a JWKS). */
export const KEY_FETCH = { timeoutMilliseconds: 3_000, maxBytes: 153_600 } as const;

/** Most entries of `errors` in one problem document. */
export const MAX_PROBLEM_ERRORS = 20;

/** `Cache-Control: max-age` of the public documents: keys, API description, problem pages. */
export const PUBLIC_DOCUMENT_MAX_AGE_SECONDS = 300;

/** `Retry-After` of a 503. */
export const RETRY_AFTER_SECONDS = 2;

/** How long a task and its payload are kept after `expiresAt`, unless the environment says otherwise. */
export const RETENTION_SECONDS = 30 * 86_400;
