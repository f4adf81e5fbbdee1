/**
 * Every size, duration and count that Postern enforces. Sizes are bytes and durations are seconds, unless the name has
 * another unit. `default` applies if the environment does not set a value.
 */

/** Longest `Content-Type` of a delivery, in characters. It is stored with the payload and counts towards the item size. */
export const MAX_CONTENT_TYPE_CHARS = 255;

/** Largest body of a request, as sent. This is the load balancer's limit for Lambda targets. */
export const MAX_BODY_BYTES = 1_048_576;

/**
 * Largest payload that is stored on the task. A larger one goes to the payload bucket. Above about 4 KB a transactional
 * write costs more than an S3 PUT. With `max`, a task without late deliveries has room for the payloads of all reopenings.
 */
export const INLINE_LIMIT_BYTES = { default: 4_096, max: 61_440 } as const;

/** Largest result by upload. This is the limit of S3 for one PUT. */
export const MAX_UPLOAD_BYTES = 5_368_709_120;

/** Lifetime of a presigned upload URL. It is never valid longer than its token. */
export const UPLOAD_URL_SECONDS = 900;

/** Lifetime of the URL of a result in the bucket. */
export const RESULT_URL_SECONDS = 60;

/** Longest `note` of a progress report. */
export const MAX_PROGRESS_NOTE_CHARS = 256;

/** Late deliveries in the quarantine of one task. 0 switches quarantine off. */
export const QUARANTINE_LIMIT = { default: 5, max: 20 } as const;

/** `max_uses` of progress and upload tokens, unless the processor's entry has another value. */
export const DEFAULT_USES = { progress: 1_000, upload: 3 } as const;

/** Largest `max_uses` that a processor's entry may have. */
export const MAX_USES = 10_000;

/**
 * Late deliveries of one task that were accepted or discarded. Their ids are stored, so that a repeat is not kept again.
 * When the list is full, the task keeps no more late deliveries.
 */
export const SETTLED_QUARANTINE_LIMIT = 100;

/** Most times that one task can be reopened. */
export const REOPEN_LIMIT = 5;

/** Longest reason for reopening a task or for an action of an operator. */
export const MAX_REASON_CHARS = 256;

/**
 * The journal of a task: entries, and bytes of their JSON. When it is full, further entries are omitted: a sender may issue
 * callbacks again and again, and a task must fit into an item of DynamoDB.
 */
export const JOURNAL = { entries: 100, bytes: 16_384 } as const;

/** `pendingLimit` of an application. */
export const PENDING_LIMIT = { min: 1, max: 10_000_000 } as const;

/**
 * Counts of pending tasks: up to which limit each task is counted for, and the time for which one count serves above it.
 */
export const PENDING_COUNT = { exactUpTo: 100, cacheMilliseconds: 5_000 } as const;

/** Most applications of an environment, and clients of one. A list of an operator queries every shard of each application. */
export const MAX_APPLICATIONS = 100;
export const MAX_APPLICATION_CLIENTS = 100;

/** Most applications with a client in the user pool. Variables of functions hold their ids: 4 KB for all variables of a function. */
export const MAX_COGNITO_CLIENTS = 15;

/**
 * Most roles that may invoke the invocation target of one application. The policy of an alias has at most 20 KB and names each role
 * twice; the longest ARN of a role has 613 characters.
 * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
export const MAX_INVOKERS = 15;

/** Most applications with an invocation target. A target is three of the 500 resources of a stack. */
export const MAX_INVOCATION_TARGETS = 40;

/** Largest body of an operator's action: a reason of 256 characters, with escapes, and ids. */
export const MAX_OPERATOR_BODY_BYTES = 4_096;

/** Lifetime of the audit's items: `auditRetention`. */
export const AUDIT_RETENTION_SECONDS = { min: 30 * 86_400, default: 365 * 86_400, max: 3_650 * 86_400 } as const;

/** A plan to revoke all callbacks of a processor. */
export const REVOCATION_PLAN = { seconds: 600, sample: 10 } as const;

/** Tasks per second that a bulk job changes. */
export const BULK_PACE = 50;

/** A bulk job. */
export const BULK_JOB = {
  /** Time for which a job, and the list of its tasks, are kept. */
  keptSeconds: 30 * 86_400,
  /** Tasks of one item of the list. */
  listedTasks: 1_000,
  /** Without a sign of life for this time, another worker continues the job. */
  leaseMilliseconds: 30_000,
} as const;

/** Tasks with deliveries in quarantine that the console's overview counts in each shard of their index. */
export const WAITING_TASKS_PER_SHARD = 100;

/**
 * Time for which the console keeps counts that cost many reads: metrics, of which CloudWatch has new values each minute, and pending
 * tasks.
 */
export const OVERVIEW_SECONDS = 60;

/** Dead letters of one queue that a response shows. */
export const DEAD_LETTERS_SHOWN = 20;

/** Dead letters of one queue among which the letter with an id is searched. */
export const DEAD_LETTERS_SEARCHED = 1_000;

/** Seconds after which other readers see dead letters again if a look at them ended without releasing them. */
export const DEAD_LETTER_LOOK_SECONDS = 15;

/** Dead letters per second that a redrive processes at most. */
export const REDRIVE_PACE = 10;

/** Preview of a payload: bytes of a text, and bytes of other content, which are shown in hex. */
export const PREVIEW_BYTES = { text: 4_096, hex: 256 } as const;

/** Lifetime of the URL of a revealed payload. */
export const REVEAL_URL_SECONDS = 60;

/** Length of a short code in base64url. It has 128 bits. */
export const SHORT_CODE_CHARS = 22;

export const IDEMPOTENCY_KEY = {
  /** Longest `Idempotency-Key`, in printable ASCII characters. */
  maxChars: 128,
  /** Time for which a request is stored under its key. */
  seconds: 86_400,
} as const;

/** `limit` of the list of tasks: the size of a page. */
export const PAGE_SIZE = { min: 1, default: 50, max: 100 } as const;

/** Shards of each index of the tasks table. They spread the writes over partitions. A reader queries every shard. */
export const INDEX_SHARDS = { min: 16, default: 16, max: 256 } as const;

/**
 * How far back `expire` looks for entries that the index of deadlines shows late. Seconds. DynamoDB usually updates an index
 * within a second, and names no limit. A run looks at the last half minute again, so that a task in it expires within two
 * minutes. It also looks a second time at every entry when that is a quarter of an hour old.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html
 */
export const LOOK_BACK_SECONDS = { recent: 30, late: 900 } as const;

/** 9999-12-31T23:59:59Z, in seconds since 1970: the deadline of something that never ends. */
export const NEVER = 253_402_300_799;

/** Longest callback token in compact form. */
export const MAX_TOKEN_CHARS = 2_048;

/** Every callback URL is shorter than this, for every valid input. */
export const MAX_CALLBACK_URL_BYTES = 1_024;

/** Accepted difference between our clock and the clock that wrote a time. */
export const CLOCK_TOLERANCE_SECONDS = 5;

/** `expiresIn` of a task. `max` also limits `maxExpiresIn` of a processor's entry. */
export const EXPIRES_IN_SECONDS = { min: 60, max: 604_800 } as const;

/** `heartbeat` of a task. It is at most the task's `expiresIn`. */
export const HEARTBEAT_SECONDS = { min: 30 } as const;

/** Time from `exp` to the deletion of the jti record. Until then a late repeat can be acknowledged. */
export const JTI_RETENTION_AFTER_EXP_SECONDS = 86_400;

/** Random bytes in a jti and in a task id: 128 bits (RFC 9449 §11.1 asks for a negligible chance of collision). */
export const ID_RANDOM_BYTES = 16;

/** Longest accepted jti. */
export const MAX_JTI_CHARS = 64;

export const MAX_RESOURCE_CHARS = 256;
export const MAX_OWNER_CHARS = 64;
export const MAX_METADATA_BYTES = 2_048;
export const PROCESSOR_ID_CHARS = { min: 2, max: 32 } as const;

/** Largest body of a request to the sender API. It has room for every field at its limit, with escapes. */
export const MAX_SENDER_BODY_BYTES = 16_384;

/** Longest `exp` − `iat` of a sender's access token: the default. */
export const ACCESS_TOKEN_LIFETIME_SECONDS = 3_600;

/** Longest access token of a sender. This is the load balancer's limit for a header line. */
export const MAX_ACCESS_TOKEN_CHARS = 16_384;

/** Limits of a request for another party's keys. The size is the load balancer's limit for a JWKS. */
export const KEY_FETCH = { timeoutMilliseconds: 3_000, maxBytes: 153_600 } as const;

/** The cache of the identity provider's keys. */
export const IDENTITY_PROVIDER_KEYS = {
  /** A key that the provider has withdrawn is trusted for at most this time. */
  cacheMilliseconds: 600_000,
  /**
   * An unknown `kid` starts at most one request in this time. Otherwise a caller could make the gateway send any number of
   * requests (RFC 8725 §3.10).
   */
  cooldownMilliseconds: 30_000,
} as const;

/** Most entries of `errors` in one problem document. */
export const MAX_PROBLEM_ERRORS = 20;

/** Longest pointer or name in one entry of `errors`. */
export const MAX_PROBLEM_POINTER_CHARS = 256;

/** `Cache-Control: max-age` of the key set, the API description and the problem pages. */
export const PUBLIC_DOCUMENT_MAX_AGE_SECONDS = 300;

/** `Retry-After` of a 503, and of a 429 of our own. */
export const RETRY_AFTER_SECONDS = 2;

/** Time from `expiresAt` to the deletion of a task and its payload: the default. */
export const RETENTION_SECONDS = 30 * 86_400;

/** Retries of a write that conflicts with other transactions. The wait doubles from the first to the longest. */
export const CONFLICT_RETRIES = {
  attempts: 10,
  firstWaitMilliseconds: 10,
  longestWaitMilliseconds: 200,
  /** No attempt begins later than this, so that the function can respond within its timeout. */
  lastAttemptAfterMilliseconds: 4_000,
} as const;

/**
 * Retries of a change that depends on what was read, when another request has changed the item since. The wait is random,
 * and its upper bound doubles from the first to the longest.
 */
export const RACE_RETRIES = {
  firstWaitMilliseconds: 10,
  longestWaitMilliseconds: 200,
  /** No attempt begins later than this, so that the function can respond within its timeout. */
  lastAttemptAfterMilliseconds: 6_000,
} as const;

/** Time limits and attempts of one call to AWS. */
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
 * Calls to DynamoDB have one more attempt, as in the standard mode of the AWS SDKs. Four attempts of one second and the
 * waits between them take at most 4.2 s after timeouts and 11 s after throttling. Functions with a waiting client have 15 s.
 *
 * `TransactionInProgressException` may last longer: DynamoDB's API reference recommends an attempt five seconds after the
 * first. The callback gets 503 before that, and the processor sends it again with the same token.
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
 */
export const DYNAMODB_CALLS = { ...AWS_CALLS, attempts: 4 } as const satisfies CallLimits;

/**
 * Retries of the receiver's calls to AWS: the waits, errors and budget of the standard mode of the AWS SDKs. The wait before
 * attempt n + 1 is random, up to `base × 2^(n − 1)`.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
 */
export const AWS_RETRIES = {
  baseMilliseconds: { dynamodb: 25, kms: 50, monitoring: 50 },
  throttlingBaseMilliseconds: 1_000,
  longestWaitMilliseconds: 20_000,
  /** A service may ask for a longer wait than ours, at most by this much. */
  longestHintMilliseconds: 5_000,
  /** A retry costs tokens of this budget, and a success returns them. So clients do not overload a service that is down. */
  budget: 500,
  cost: { transient: 14, throttling: 5 },
} as const;

/** With at least this difference to the service's clock, a refused request is signed again with the service's time. */
export const CLOCK_SKEW_MILLISECONDS = 240_000;

/** Most connections that are kept open to one service. */
export const MAX_CONNECTIONS = 50;

/** Accepted difference between `iat` of a DPoP proof and our clock, before or after (RFC 9449 §4.3). */
export const DPOP_WINDOW_SECONDS = 120;

/** Longest DPoP proof in compact form. A proof with an RSA key of 4,096 bits has about 2,000 characters. */
export const MAX_DPOP_PROOF_CHARS = 4_096;

export const DPOP_NONCE = {
  /** Lifetime of a nonce for DPoP proofs. */
  goodMinutes: 5,
  /** Time for which one secret makes nonces. */
  secretMinutes: 60,
} as const;

/** Accepted difference between the time of an HTTP message signature or Standard Webhook and our clock. */
export const SIGNATURE_WINDOW_SECONDS = 300;

/** The handshake of proof `webhook`. */
export const HANDSHAKE = {
  /** Timeout of the confirmation call. */
  timeoutMilliseconds: 3_000,
  /** Largest response to the confirmation call. */
  maxAnswerBytes: 4_096,
  /** Longest secret: bcrypt reads 72 bytes. */
  maxSecretBytes: 72,
  /** Accepted bcrypt costs. A hash takes 2 to the power of its cost rounds. */
  cost: { min: 4, max: 12 },
  /** Lifetime of a call that we started. */
  ownCallSeconds: 600,
  /** Time for which an accepted hash is stored. The caller's own lifetime of the hash is shorter. */
  rememberedSeconds: 86_400,
} as const;

/**
 * Timeout of the receiver for a handshake: one confirmation call and one bcrypt hash of the highest cost on a fraction of a
 * vCPU.
 */
export const HANDSHAKE_WAIT_MILLISECONDS = 8_000;

/** Longest URL in a handshake. */
export const MAX_HANDSHAKE_URL_CHARS = 1_024;

/** Largest body of a request to confirm a call. */
export const MAX_HANDSHAKE_BODY_BYTES = 4_096;

/** Longest text of a processor or a sender on a page of the console. Longer text is cut. */
export const MAX_SHOWN_CHARS = 256;

/** Time for which a form of the console can be sent, in seconds. */
export const FORM_SECONDS = 600;

/** Time for which the console can say once what an action has done, in seconds. */
export const NOTICE_SECONDS = 600;

/** Time after which a visible page of the console looks for changes, in seconds. */
export const LIVE_SECONDS = { list: 10, task: 5 } as const;

/** Time for which a browser keeps the console's style sheet and script. Their URLs have a hash of their content. */
export const ASSET_MAX_AGE_SECONDS = 31_536_000;

/** Largest form of the console: a token, and a reason of 256 characters of up to twelve bytes each. */
export const MAX_FORM_BYTES = 4_096;

/**
 * Lifetime of an operator's session. The load balancer keeps a session for at most a week.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_AuthenticateOidcActionConfig.html
 */
export const CONSOLE_SESSION_SECONDS = { min: 300, default: 28_800, max: 604_800 } as const;

/** Time without a request for a page after which the console ends a session. */
export const CONSOLE_IDLE_SECONDS = { min: 60, default: 1_800 } as const;

/** Most keys of one processor. */
export const MAX_PROOF_KEYS = 8;

/** Most signatures of one request that are checked. */
export const MAX_SIGNATURES = 8;

/** Longest `webhook-id`. */
export const MAX_WEBHOOK_ID_CHARS = 256;

/** Length of a secret of Standard Webhooks, from its specification. */
export const WEBHOOK_SECRET_BYTES = { min: 24, max: 64 } as const;

/** The cache of processors' secrets. */
export const SECRET_CACHE_SECONDS = {
  /** After this time the secret is fetched again. */
  fresh: 300,
  /** For this time the secret is still used if it cannot be fetched. */
  stale: 3_600,
} as const;
