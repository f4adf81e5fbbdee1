/**
 * Every size, duration and count that Postern enforces, once.
 * Sizes are bytes, durations are seconds, unless the name says otherwise.
 */

/** Longest `Content-Type` of a delivery, in characters: it is kept with the payload and counts towards the item. */
export const MAX_CONTENT_TYPE_CHARS = 255;

/** Largest body the front door takes, as sent (the load balancer's own limit for Lambda targets). */
export const MAX_BODY_BYTES = 1_048_576;

/**
 * Largest payload kept on the task, unless the environment says otherwise; a larger one goes to the payload bucket.
 * Above about 4 KB a transactional write costs more than an S3 PUT. With the largest, a task that keeps no late deliveries
 * still has room for the payloads of all its reopenings.
 */
export const INLINE_LIMIT_BYTES = { default: 4_096, max: 61_440 } as const;

/** Largest result by upload: what S3 takes in one PUT. */
export const MAX_UPLOAD_BYTES = 5_368_709_120;

/** How long a presigned upload URL is good, in seconds; never longer than its token. */
export const UPLOAD_URL_SECONDS = 900;

/** How long the URL of a result in the bucket is good, in seconds. */
export const RESULT_URL_SECONDS = 60;

/** `note` of a progress report, in characters. */
export const MAX_PROGRESS_NOTE_CHARS = 256;

/** Payloads in quarantine for one task, unless the environment says otherwise; 0 switches quarantine off. */
export const QUARANTINE_LIMIT = { default: 5, max: 20 } as const;

/** How often progress and upload tokens may be used, unless the processor's entry says otherwise. */
export const DEFAULT_USES = { progress: 1_000, upload: 3 } as const;
export const MAX_USES = 10_000;

/**
 * Late deliveries of one task that were taken or discarded and are remembered, so that they are not kept again. With as
 * many, none is kept any more.
 */
export const SETTLED_QUARANTINE_LIMIT = 100;

/** How often one task can be reopened. */
export const REOPEN_LIMIT = 5;

/** Why a task is reopened, in characters. */
export const MAX_REASON_CHARS = 256;

/** Random characters of a short code: 22 of base64url are 132 bits. */
export const SHORT_CODE_CHARS = 22;

/** `Idempotency-Key`, in printable ASCII characters, and how long it is remembered, in seconds. */
export const IDEMPOTENCY_KEY = { maxChars: 128, seconds: 86_400 } as const;

/** `limit` of a page of tasks. */
export const PAGE_SIZE = { min: 1, default: 50, max: 100 } as const;

/**
 * Partitions that tasks are spread over in each index, so that none takes all writes of a moment, unless the environment
 * says otherwise. Whoever reads asks each of them.
 */
export const INDEX_SHARDS = { min: 16, default: 16, max: 256 } as const;

/** A time that never comes, in seconds since 1970: 9999-12-31T23:59:59Z. */
export const NEVER = 253_402_300_799;

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

/**
 * Keys of the identity provider. One that was withdrawn is trusted for `cacheMilliseconds` at most. An unknown `kid` starts one
 * fetch in `cooldownMilliseconds` at most, so that nobody makes the gateway fetch without bound (RFC 8725 §3.10).
 */
export const IDENTITY_PROVIDER_KEYS = { cacheMilliseconds: 600_000, cooldownMilliseconds: 30_000 } as const;

/** Most entries of `errors` in one problem document. */
export const MAX_PROBLEM_ERRORS = 20;

/** Longest pointer or name in one entry of `errors`, in characters. */
export const MAX_PROBLEM_POINTER_CHARS = 256;

/** `Cache-Control: max-age` of the public documents: keys, API description, problem pages. */
export const PUBLIC_DOCUMENT_MAX_AGE_SECONDS = 300;

/** `Retry-After` of a 503. */
export const RETRY_AFTER_SECONDS = 2;

/** How long a task and its payload are kept after `expiresAt`, unless the environment says otherwise. */
export const RETENTION_SECONDS = 30 * 86_400;

/**
 * How a write that conflicts with other transactions is tried again. The wait between attempts doubles from the first to
 * the longest; no attempt begins after `lastAttemptAfterMilliseconds`, so that the caller is still answered within the
 * function's time.
 */
export const CONFLICT_RETRIES = {
  attempts: 10,
  firstWaitMilliseconds: 10,
  longestWaitMilliseconds: 200,
  lastAttemptAfterMilliseconds: 4_000,
} as const;

/**
 * How a change is tried again that is decided by what was read, where others change the same item first. The longest wait
 * between attempts doubles from the first to the longest; no attempt begins after `lastAttemptAfterMilliseconds`.
 */
export const RACE_RETRIES = {
  firstWaitMilliseconds: 10,
  longestWaitMilliseconds: 200,
  lastAttemptAfterMilliseconds: 6_000,
} as const;

/** How long one call of AWS may take, and how often it is made. */
export interface CallLimits {
  readonly attempts: number;
  readonly connectionTimeoutMilliseconds: number;
  readonly requestTimeoutMilliseconds: number;
}

export const AWS_CALLS = {
  attempts: 3,
  connectionTimeoutMilliseconds: 500,
  requestTimeoutMilliseconds: 1_000,
} as const satisfies CallLimits;

/**
 * DynamoDB has one attempt more, as in the standard mode of the AWS SDKs. Four attempts of one second and the waits between
 * them take at most 4.2 s after time-outs and 11 s after throttling; the functions that somebody waits for have 15 s.
 *
 * `TransactionInProgressException` may need longer: DynamoDB's API reference recommends an attempt that comes five seconds
 * after the first. Here the callback gets 503 before that, and the processor sends it again with the same token.
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
 */
export const DYNAMODB_CALLS = { ...AWS_CALLS, attempts: 4 } as const satisfies CallLimits;

/**
 * How the receiver's own calls of AWS are tried again: the waits, errors and budget of the standard mode of the AWS SDKs. The
 * wait before attempt n + 1 is random up to `base × 2^(n − 1)`. Each wait is paid from a budget that successes fill again, so
 * that a service that is down is not asked again by everybody.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
 */
export const AWS_RETRIES = {
  baseMilliseconds: { dynamodb: 25, kms: 50 },
  throttlingBaseMilliseconds: 1_000,
  longestWaitMilliseconds: 20_000,
  /** A service may ask for a longer wait than ours, but not for more than so much longer. */
  longestHintMilliseconds: 5_000,
  budget: 500,
  cost: { transient: 14, throttling: 5 },
} as const;

/** From this difference to the service's clock on, in milliseconds, a refused request is signed anew with its time. */
export const CLOCK_SKEW_MILLISECONDS = 240_000;

/** Connections that are kept open to one service. */
export const MAX_CONNECTIONS = 50;

/** How far `iat` of a DPoP proof may be from our clock, in seconds (RFC 9449 §4.3). */
export const DPOP_WINDOW_SECONDS = 120;

/** Longest DPoP proof, in characters of its compact form: one with an RSA key of 4,096 bits has about 2,000. */
export const MAX_DPOP_PROOF_CHARS = 4_096;

/**
 * How long a nonce for DPoP proofs is good, in minutes, and how long the secret that nonces are made with is used, in
 * minutes.
 */
export const DPOP_NONCE = { goodMinutes: 5, secretMinutes: 60 } as const;

/** How far the time of a signature may be from our clock, in seconds: HTTP message signatures and Standard Webhooks. */
export const SIGNATURE_WINDOW_SECONDS = 300;

/**
 * The handshake of proof `webhook`. A call to confirm may take that long and answer with as much; a secret is as long as
 * bcrypt looks at; a hash costs the receiver 2 to the power of its cost. What we sent out is good for as long as it says, and
 * a hash that was accepted is remembered for a day: its caller has forgotten it by then.
 */
export const HANDSHAKE = {
  timeoutMilliseconds: 3_000,
  maxAnswerBytes: 4_096,
  maxSecretBytes: 72,
  cost: { min: 4, max: 12 },
  ownCallSeconds: 600,
  rememberedSeconds: 86_400,
} as const;

/** How long the receiver waits for a handshake: the call, and a hash of the highest cost on a small processor. */
export const HANDSHAKE_WAIT_MILLISECONDS = 8_000;

/** Longest URL of a handshake, and largest body of its confirmation. */
export const MAX_HANDSHAKE_URL_CHARS = 1_024;
export const MAX_HANDSHAKE_BODY_BYTES = 4_096;

/** Largest form of the console, in bytes: a token and a reason of 256 characters, each of which may take twelve bytes. */
export const MAX_FORM_BYTES = 4_096;

/**
 * How long an operator stays signed in to the console, and how long without asking for a page, unless the environment says
 * otherwise; in seconds. The load balancer keeps no session for longer than a week.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_AuthenticateOidcActionConfig.html
 */
export const CONSOLE_SESSION_SECONDS = { min: 300, default: 28_800, max: 604_800 } as const;
export const CONSOLE_IDLE_SECONDS = { min: 60, default: 1_800 } as const;

/** Most keys that one processor may have at a time. */
export const MAX_PROOF_KEYS = 8;

/** Most signatures of one request that are looked at. */
export const MAX_SIGNATURES = 8;

/** Longest `webhook-id`, in characters. */
export const MAX_WEBHOOK_ID_CHARS = 256;

/** Random bytes of a secret of Standard Webhooks (its specification). */
export const WEBHOOK_SECRET_BYTES = { min: 24, max: 64 } as const;

/**
 * How long a processor's secret is used before it is asked for again, in seconds, and how long it is used where it cannot be
 * had again.
 */
export const SECRET_CACHE_SECONDS = { fresh: 300, stale: 3_600 } as const;
