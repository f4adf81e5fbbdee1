/** Keys, indexes and attribute names of the tables. */

export const TASKS_TABLE = {
  partitionKey: 'taskId',
  /** Seconds since 1970: `expiresAt` of the task plus the retention. No check relies on the deletion. */
  timeToLive: 'purgeAt',
} as const;

/**
 * Tasks of one application in the order of creation, for lists. The application is part of the partition key, so a query
 * cannot return a task of another one. Shards spread the writes.
 */
export const OF_APPLICATION_INDEX = {
  name: 'ofApplication',
  partitionKey: 'applicationShard',
  sortKey: 'createdKey',
} as const;

/**
 * Tasks of one application about one resource, or for one owner, in the order of creation. Like the index of applications they
 * project only keys: a callback changes none of these, so it writes nothing here.
 */
export const BY_RESOURCE_INDEX = { name: 'byResource', partitionKey: 'resourceShard', sortKey: 'createdKey' } as const;
export const BY_OWNER_INDEX = { name: 'byOwner', partitionKey: 'ownerShard', sortKey: 'createdKey' } as const;

/**
 * Tasks in the order of their deadlines. An entry stays until its task is deleted, so closing a task writes nothing here. Its
 * readers look at the task itself. See `expire-tasks.ts`.
 */
export const BY_DUE_INDEX = {
  name: 'byDue',
  partitionKey: 'shard',
  sortKey: 'due',
  /** For operators, who count and list pending tasks. No change of a task changes them. */
  projected: ['application', 'processor', 'createdKey'],
} as const;

/**
 * Pending tasks of applications with a limit of them, in the order of expiry. Other tasks do not have `dueShard`, and cost
 * nothing here. A reopened task and a task of a former version have it, whether or not its application has a limit.
 */
export const PENDING_INDEX = {
  name: 'pending',
  partitionKey: 'dueShard',
  sortKey: 'due',
  projected: ['application', 'processor', 'createdAt'],
} as const;

/** Tasks with deliveries in quarantine, and tasks with replays, by the time of the last one. Other tasks cost nothing here. */
export const BY_QUARANTINE_INDEX = {
  name: 'byQuarantine',
  partitionKey: 'quarantineShard',
  sortKey: 'quarantinedKey',
} as const;
export const BY_REPLAY_INDEX = { name: 'byReplay', partitionKey: 'replayShard', sortKey: 'replayedKey' } as const;

/**
 * Tasks whose work is to be sent to a processor, by the time of the next attempt, and tasks whose dispatch failed, by the time of
 * the failure. Other tasks cost nothing here.
 */
export const BY_DISPATCH_INDEX = {
  name: 'byDispatch',
  partitionKey: 'dispatchShard',
  sortKey: 'dispatchAt',
  /** Times that decide if a further attempt can be made, and how long a task has waited. An attempt changes none of these. */
  projected: ['queuedAt', 'expiresAt'],
} as const;

/** An index of the tasks table, as templates and tests define it. */
export interface TaskIndex {
  readonly name: string;
  readonly partitionKey: string;
  readonly sortKey: string;
  /** Types of the two keys: text or number. */
  readonly types: readonly ['S' | 'N', 'S' | 'N'];
  /** Attributes besides the keys. */
  readonly projected: readonly string[];
}

/** Every index of the tasks table. */
export const TASK_INDEXES: readonly TaskIndex[] = [
  { ...OF_APPLICATION_INDEX, types: ['S', 'S'], projected: [] },
  { ...BY_RESOURCE_INDEX, types: ['S', 'S'], projected: [] },
  { ...BY_OWNER_INDEX, types: ['S', 'S'], projected: [] },
  { ...BY_DUE_INDEX, types: ['N', 'N'] },
  { ...PENDING_INDEX, types: ['N', 'N'] },
  { ...BY_QUARANTINE_INDEX, types: ['N', 'S'], projected: [] },
  { ...BY_REPLAY_INDEX, types: ['N', 'S'], projected: [] },
  { ...BY_DISPATCH_INDEX, types: ['S', 'N'] },
];

/** Prefix of the attributes of a task that have the bytes of its deliveries in quarantine. No index projects them. */
export const KEPT_BYTES_PREFIX = 'kept#';

/** Returns the attribute that has the bytes of a delivery in quarantine. @param id of the delivery */
export const keptBytes = (id: string): `${typeof KEPT_BYTES_PREFIX}${string}` => `${KEPT_BYTES_PREFIX}${id}`;

/** Actions of operators. Items are only ever added. */
export const AUDIT_TABLE = {
  /** Month of the action, `2026-11`. */
  partitionKey: 'month',
  /** Time and id, see `timeKey`: unique, and sorted by time. */
  sortKey: 'auditKey',
  /** Seconds since 1970: time of the action plus `auditRetention`. */
  timeToLive: 'expiresAt',
} as const;

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

/** Returns a sort key: unique by its id, and sorted by its time (RFC 3339 in UTC with milliseconds). */
export const timeKey = (at: string, id: string): string => `${at}#${id}`;

/** Returns the sort key of a task in the order of creation. */
export const createdKey = (createdAt: string, taskId: string): string => timeKey(createdAt, taskId);

/** Returns the partition key of one shard of an application's tasks. */
export const applicationShardKey = (application: string, shard: number): string => `${application}#${shard}`;

/**
 * Returns the partition key of one shard of the tasks of an application that have the same value.
 * @param digest of the resource or owner, see `searchDigest`
 */
export const searchShardKey = (application: string, shard: number, digest: string): string =>
  `${application}#${shard}#${digest}`;

/**
 * Returns the partition key of one shard of the tasks that are to be sent to a processor, or that could not be sent to it.
 * Ids of processors have no `#`.
 */
export const dispatchShardKey = (state: 'queued' | 'failed', processor: string, shard: number): string =>
  `${state}#${processor}#${shard}`;

/** Returns the key of the input of a task in the lookups table. */
export const inputKey = (taskId: string): string => `${LOOKUP_PREFIXES.input}${taskId}`;

/** Returns the key of the breaker of a processor in the lookups table. */
export const breakerKey = (processor: string): string => `${LOOKUP_PREFIXES.breaker}${processor}`;

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
  /** Bulk revocations: the plan of one, and its job. */
  plan: 'plan#',
  job: 'job#',
  /** Times up to which `expire` has worked. */
  due: 'due#',
  /** The last task that was opened with a value of `supersedes`. */
  supersedes: 'supersedes#',
  /** Time of the last heartbeat of a task's workflow. */
  heartbeat: 'heartbeat#',
  /** The input of a task whose work is sent to the processor. */
  input: 'input#',
  /** Breaker, pause and rate of a processor that work is sent to. */
  breaker: 'breaker#',
} as const;

/** Key of the list of processors that work is or was sent to, in the lookups table. Ids of processors have no `#`. */
export const SENT_PROCESSORS_KEY = breakerKey('#sent');

/**
 * Returns the key of the times up to which `expire` has worked. It has the name of the tasks table: a table that was restored
 * from a backup has another name, and `expire` begins with its first task.
 */
export const dueKey = (tasksTable: string): string => `${LOOKUP_PREFIXES.due}${tasksTable}`;

/** Prefixes of keys in the payload bucket. */
export const OBJECT_PREFIXES = {
  result: 'results/',
  quarantine: 'quarantine/',
  upload: 'uploads/',
  /** Copies of payloads that an operator revealed. A lifecycle rule deletes them after a day. */
  reveal: 'reveals/',
} as const;

/**
 * Returns the key of an object. It has the task, the jti and a digest, so a repeat of a delivery writes the same object. The
 * digest is the SHA-256 of the bytes, and for an upload the digest of its offer: the same bytes offered with two content
 * types are two objects.
 */
export const objectKey = (
  kind: keyof typeof OBJECT_PREFIXES,
  { taskId, jti, digest }: { readonly taskId: string; readonly jti: string; readonly digest: string },
): string => `${OBJECT_PREFIXES[kind]}${taskId}/${jti}/${digest}`;
