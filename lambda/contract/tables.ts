/** Keys, indexes and attribute names of the tables. */

export const TASKS_TABLE = {
  partitionKey: 'taskId',
  /** Seconds since 1970: `expiresAt` of the task plus the retention. No check relies on the deletion. */
  timeToLive: 'purgeAt',
} as const;

/** Tasks in the order of creation, for lists. Shards spread the writes: one partition could not take every new task. */
export const BY_CREATION_INDEX = {
  name: 'byCreation',
  partitionKey: 'shard',
  sortKey: 'createdKey',
  /** Attributes that a list shows or filters by. Never a payload. */
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

/** Pending tasks in the order of expiry. Other tasks do not have these attributes, so the index stays small. */
export const BY_DEADLINE_INDEX = { name: 'byDeadline', partitionKey: 'dueShard', sortKey: 'due' } as const;

export const JTI_TABLE = {
  partitionKey: 'jti',
  /** Seconds since 1970: 24 h after the token's `exp`. No check relies on the deletion. */
  timeToLive: 'expiresAt',
} as const;

/** Records that are found by a secret or by a client's key. The secret itself is never stored. */
export const LOOKUPS_TABLE = {
  partitionKey: 'lookupKey',
  /** Seconds since 1970. */
  timeToLive: 'expiresAt',
} as const;

/**
 * Returns the key of the jti record of a token. It is made from *verified* claims and never from the token's text. Therefore another
 * encoding of the same token, or a second valid signature over the same claims, has the same key.
 */
export const jtiKey = (iss: string, jti: string): string => `${iss}#${jti}`;

/** Returns the sort key of a task in the order of creation: unique, and sorted by time. */
export const createdKey = (createdAt: string, taskId: string): string => `${createdAt}#${taskId}`;

/** Prefix of the proofs' keys in the jti table. The key of a jti record begins with a URL (`iss`), so it never has this prefix. */
export const PROOF_PREFIX = 'proof#';

/** Prefixes of keys in the lookups table. IAM limits each function to the prefixes that it needs. */
export const LOOKUP_PREFIXES = {
  code: 'code#',
  idempotency: 'idempotency#',
  accessToken: 'access#',
  /** Handshakes: calls that we started, and hashes that we accepted. */
  ownCall: 'handshake#',
  acceptedHash: 'accepted#',
} as const;

/** Prefixes of keys in the payload bucket. */
export const OBJECT_PREFIXES = { result: 'results/', quarantine: 'quarantine/', upload: 'uploads/' } as const;

/**
 * Returns the key of an object. It has the task, the jti and a digest, so a repeat of a delivery writes the same object. The
 * digest is the SHA-256 of the bytes, and for an upload the digest of its offer: the same bytes offered with two content
 * types are two objects.
 */
export const objectKey = (
  kind: keyof typeof OBJECT_PREFIXES,
  { taskId, jti, digest }: { readonly taskId: string; readonly jti: string; readonly digest: string },
): string => `${OBJECT_PREFIXES[kind]}${taskId}/${jti}/${digest}`;
