/**
 * What one task with one result makes happen. What a test can measure it does (`test/cost`); the rest is said here, for
 * whoever wants to put in what is theirs.
 */
export const TASK = {
  /** The sender opens it, the processor calls back, the sender reads the result. */
  requests: 3,
  /** The processor's connection is new each time; a sender keeps its own. */
  newConnections: 1.2,
  /** Bytes through the load balancer: two tokens out, one in, a result of 2 KB in and out, headers. */
  bytes: 14_000,
  /** Of them those that leave AWS. */
  bytesOut: 7_000,
  /** Result and failure URL: one signature each. */
  signatures: 2,
  /** `ReturnConsumedCapacity` of a task whose result of 1 KB lies on it. */
  writeUnits: { open: 3, callback: 8 },
  readUnits: 2,
  /** `Task Opened` and `Task Succeeded`. */
  events: 2,
  /** Share of results that are above the inline limit, and how large they are. */
  payloadsInBucket: 0.1,
  payloadBytes: 100_000,
  /** Of its item in table and indexes. */
  itemBytes: 4_000,
  /** Lines of a function, each invocation; Lambda's own say only what went wrong. */
  logBytesPerInvocation: 1_000,
  accessLogBytesPerRequest: 1_000,
} as const;

/** Invocations by one task, and for how long each runs on a warm instance, in milliseconds, cold starts spread over them. */
export const INVOCATIONS = {
  open: { count: 1, milliseconds: 25 },
  receive: { count: 1, milliseconds: 8 },
  tasks: { count: 1, milliseconds: 20 },
  // At low rates each change is a batch of its own.
  publish: { count: 2, milliseconds: 25 },
} as const;

/** The schedule that expires tasks runs once a minute, whether or not there are any. */
export const EXPIRY = { perMonth: 43_800, milliseconds: 60 } as const;

/** How much of each a load balancer's capacity unit is, in an hour; functions as targets have 0.4 GB. */
export const CAPACITY_UNIT_HOUR = { newConnections: 25 * 3_600, bytes: 0.4e9, ruleEvaluations: 1_000 * 3_600 } as const;

/** Rules of a listener that are evaluated for nothing. */
export const FREE_RULES = 10;
