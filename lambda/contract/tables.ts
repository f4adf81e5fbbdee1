/** Keys, indexes and attribute names of the tables. */

export const TASKS_TABLE = {
  partitionKey: 'taskId',
  /** Seconds since 1970; `expiresAt` of the task plus the environment's retention. Deletion is never a check. */
  timeToLive: 'purgeAt',
} as const;

/** Tasks in the order of their opening, for lists. Spread over shards: one partition would take every new task. */
export const BY_CREATION_INDEX = {
  name: 'byCreation',
  partitionKey: 'shard',
  sortKey: 'createdKey',
  /** What a list shows and filters by; never a payload. */
  projected: [
    'status',
    'processor',
    'resource',
    'owner',
    'metadata',
    'createdAt',
    'expiresAt',
    'deadline',
    'heartbeat',
    'heartbeatDeadline',
    'closedAt',
    'result',
    'failure',
    'progress',
    'history',
    'purgeAt',
  ],
} as const;

/** Pending tasks by the time at which they may have expired. Only pending ones have these attributes: it stays small. */
export const BY_DEADLINE_INDEX = { name: 'byDeadline', partitionKey: 'dueShard', sortKey: 'due' } as const;

export const JTI_TABLE = {
  partitionKey: 'jti',
  /** Seconds since 1970; 24 h after the token's `exp`. Deletion is garbage collection, never a check. */
  timeToLive: 'expiresAt',
} as const;

/** What is found by a secret or by somebody else's key; the secret itself is never stored. */
export const LOOKUPS_TABLE = {
  partitionKey: 'lookupKey',
  /** Seconds since 1970. */
  timeToLive: 'expiresAt',
} as const;

/**
 * The replay key: made from *verified* claims, never from the token's text, so that a rewriting of the same token,
 * or a second valid signature over the same claims, is the same token.
 */
export const jtiKey = (iss: string, jti: string): string => `${iss}#${jti}`;

/** Place of a task in the order of opening: unique, and sorted by time. */
export const createdKey = (createdAt: string, taskId: string): string => `${createdAt}#${taskId}`;

/** Begins the keys of what the jti table remembers of proofs: `iss` of a token is a URL, so none is a replay key. */
export const PROOF_PREFIX = 'proof#';

/** Prefixes of the lookups table: functions are admitted to theirs alone. */
export const LOOKUP_PREFIXES = {
  code: 'code#',
  idempotency: 'idempotency#',
  accessToken: 'access#',
  /** Calls that we started, and hashes that we accepted. */
  ownCall: 'handshake#',
  acceptedHash: 'accepted#',
} as const;

/**
 * Keys in the payload bucket: by task, jti and digest, so that a repeat means the same object. The digest is the SHA-256 of
 * the bytes; for an upload that of its offer, so that the same bytes offered as two content types are two objects.
 */
export const OBJECT_PREFIXES = { result: 'results/', quarantine: 'quarantine/', upload: 'uploads/' } as const;

export const objectKey = (
  kind: keyof typeof OBJECT_PREFIXES,
  { taskId, jti, digest }: { readonly taskId: string; readonly jti: string; readonly digest: string },
): string => `${OBJECT_PREFIXES[kind]}${taskId}/${jti}/${digest}`;
