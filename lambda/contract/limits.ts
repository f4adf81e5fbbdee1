/**
 * Sizes, durations and counts of tasks and callbacks that Postern enforces. The files whose names end with `-limits.ts` have
 * those of other parts. Sizes are bytes and durations are seconds, unless the name has another unit. `default` applies if the
 * environment does not set a value.
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
