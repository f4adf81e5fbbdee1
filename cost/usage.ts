/**
 * Usage of one task with one result. Tests check what they can measure (`test/cost`); the rest are assumptions. Replace them
 * with your own.
 */
export const TASK = {
  /** The sender creates the task, the processor calls back, the sender reads the result. */
  requests: 3,
  /** A processor opens a new connection for each callback; a sender reuses its own. */
  newConnections: 1.2,
  /** Bytes through the load balancer: two tokens out, one in, a result of 2 KB in and out, headers. */
  bytes: 14_000,
  /** The part of these bytes that leaves AWS. */
  bytesOut: 7_000,
  /** One signature for the result URL, and one for the failure URL. */
  signatures: 2,
  /** `ReturnConsumedCapacity` of a task that has its result of 1 KB stored on it. */
  writeUnits: { open: 4, callback: 6 },
  readUnits: 2,
  /** `Task Opened` and `Task Succeeded`. */
  events: 2,
  /** Share of results above the inline limit, and their size. */
  payloadsInBucket: 0.1,
  payloadBytes: 100_000,
  /** Size of a task in the table and its indexes. */
  itemBytes: 4_000,
  /** Log lines of a function per invocation. Lambda itself logs failures only. */
  logBytesPerInvocation: 1_000,
  accessLogBytesPerRequest: 1_000,
} as const;

/**
 * Write units of what only some tasks have: an owner, a delivery of 1 KB in quarantine, a replay, and an action of an operator
 * with its audit item. A test computes them.
 */
export const EXTRA_WRITE_UNITS = { owner: 1, quarantined: 3, replayed: 7, operatorAction: 4 } as const;

/** Invocations per task, and their duration in milliseconds. The duration includes a share of the cold starts. */
export const INVOCATIONS = {
  open: { count: 1, milliseconds: 25 },
  receive: { count: 1, milliseconds: 8 },
  tasks: { count: 1, milliseconds: 20 },
  // At a low rate each batch has one change.
  publish: { count: 2, milliseconds: 25 },
} as const;

/** The schedules run every minute. The one of bulk revocations finds no job and reads one item. */
export const SCHEDULES = {
  expiry: { perMonth: 43_800, milliseconds: 60 },
  revocations: { perMonth: 43_800, milliseconds: 20 },
} as const;

/** Use per hour that one capacity unit of a load balancer covers. Targets that are functions have 0.4 GB. */
export const CAPACITY_UNIT_HOUR = { newConnections: 25 * 3_600, bytes: 0.4e9, ruleEvaluations: 1_000 * 3_600 } as const;

/** Rules of a listener whose evaluation is free. */
export const FREE_RULES = 10;
