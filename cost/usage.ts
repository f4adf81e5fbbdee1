import { LIFE, STORED, sumOf } from './life.ts';
import { ASSUMED, type MEASURED_FUNCTIONS } from './measured.ts';

/** A processor opens a new connection for each callback; a sender reuses its own. Assumed. */
const NEW_CONNECTIONS = 1.2;

/**
 * Bytes of a TLS handshake that leave the load balancer: the three certificates of a chain of ACM (about 3,700), and the rest of
 * the handshake. Assumed. They are not among the bytes that the load balancer itself bills, which are of HTTP.
 */
const HANDSHAKE_BYTES_OUT = 4_500;

/**
 * Times that `expire` looks at a task that was closed in time: a run looks at what became due in the last minute and in the 30
 * seconds before, and once more 15 minutes later.
 */
const LOOKS = 2.5;

/** Read units of one look: half a unit for the task, and its share of a page of the index, of 4 KiB for half a unit. */
const LOOK_READ_UNITS = 0.5 + 0.5 * (STORED.indexEntries[2] / 4_096);

/** Usage of one task with one result of 1 KB. Tests measure the numbers of `cost/life.ts`. What is assumed here says so. */
export const TASK = {
  /** The sender creates the task, the processor calls back, the sender reads the result. */
  requests: 3,
  newConnections: NEW_CONNECTIONS,
  /** Bytes through the load balancer. */
  bytes: sumOf('bytesIn') + sumOf('bytesOut'),
  /** Bytes that leave AWS. */
  bytesOut: sumOf('bytesOut') + NEW_CONNECTIONS * HANDSHAKE_BYTES_OUT,
  /** One signature for the result URL, and one for the failure URL. */
  signatures: 2,
  /** A callback whose result goes to the bucket writes a smaller task. */
  writeUnits: { open: LIFE.opened.writeUnits, callback: LIFE.delivered.writeUnits, callbackToBucket: 4 },
  readUnits: sumOf('readUnits') + LOOKS * LOOK_READ_UNITS,
  /** `Task Opened` and `Task Succeeded`. */
  events: 2,
  /** Share of results above the inline limit, and their size. Assumed. */
  payloadsInBucket: 0.1,
  payloadBytes: 100_000,
  /** Time from opening to expiry, in days. Assumed. */
  days: 1 / 24,
  /**
   * Lambda itself logs failures only. CloudWatch counts 26 bytes more for each event in the limit of a batch; AWS does not say that
   * it bills them.
   */
  logBytes: sumOf('logBytes'),
  /** A line of about 1,000 bytes, which the load balancer compresses. Assumed. */
  accessLogBytesPerRequest: 300,
} as const;

/**
 * Overhead in bytes of each item and of each entry of an index.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
export const ITEM_OVERHEAD_BYTES = 100;

/** Time from the expiry of an item to its deletion, in days. AWS says "within a few days". Assumed. */
export const DELETION_DAYS = 2;

/** Days from the expiry of a token to the expiry of its record. */
export const JTI_DAYS = 1;

/** Size of stored logs, divided by what was written. The pricing calculator of AWS assumes it. */
export const LOG_COMPRESSION = 0.15;

/**
 * Write units of what only some tasks have: an owner, a delivery of 1 KB in quarantine, a replay, and an action of an operator
 * with its audit item. A test computes them.
 */
export const EXTRA_WRITE_UNITS = { owner: 1, quarantined: 3, replayed: 7, operatorAction: 4 } as const;

/**
 * What a task uses in addition if it resumes a workflow, and is told at the first attempt. Its token has 700 characters, which is
 * assumed. A test computes the write units. With `supersedes`, opening the task is a transaction, which doubles its units.
 */
export const RESUMED = {
  tokenChars: 700,
  /** The token is encrypted once, and decrypted once. */
  kmsRequests: 2,
  /** The outcome is sent, received and deleted. */
  queueRequests: 3,
  /** A longer task when it is opened and closed; the mark before the call to the workflow; the record after it. */
  writeUnits: 9,
  readUnits: 1,
  /** `Workflow Resumed` */
  events: 1,
  /** `queue-outcomes`, `resume`, and `publish` for the mark and for the record. */
  calls: 4,
  /** Milliseconds that a call is billed on average: requests to DynamoDB, KMS, SQS and the workflow, one after the other. Assumed. */
  milliseconds: { queueOutcomes: 15, resume: 60, publish: 15 },
  /** Bytes of the lines of these functions. Assumed. */
  logBytes: 900,
} as const;

/**
 * What a task uses in addition if Postern sends its work, and the processor accepts it at the first attempt. Its input has 2,000
 * bytes, and the processor answers in half a second, which is assumed. A test computes the write units of tasks and inputs.
 */
export const DISPATCHED = {
  inputBytes: 2_000,
  /** The message is sent, received and deleted. */
  queueRequests: 3,
  writeUnits: {
    /** The task and its input in one transaction instead of the task alone, and an entry of the index. */
    opening: 8,
    claim: 1,
    /** The task, and the end of its entry of the index. */
    acceptance: 2,
    /** The task that the callback writes is longer, but by no unit. */
    callback: 0,
    inputDeleted: 3,
    /** Counts of the breaker. A process writes them at most once in a tenth of `breaker.window`, so this is more than it needs. */
    counts: 1,
  },
  /** The task, its input, and the item of the breaker. All are read consistently, and each has at most 4 KiB. */
  readUnits: 3,
  /** `Task Dispatched` */
  events: 1,
  /** `dispatch`; `queue-outcomes` for the opening and for the end; `publish` for the claim and for the acceptance. */
  calls: 5,
  /** Assumed. */
  milliseconds: { queueOutcomes: 15, dispatch: 560, publish: 15 },
  /** Bytes of the lines of these functions. Assumed. */
  logBytes: 900,
} as const;

/** Receives of an idle queue by its mapping: five pollers, each with long polls of 20 seconds. Assumed. */
export const IDLE_POLLS_PER_MONTH = 5 * (43_800 * 3);

/** Invocations per task, and the requests that each waits for, in milliseconds. */
export const INVOCATIONS = {
  'create-task': { count: 1, waiting: ASSUMED.callMilliseconds },
  receive: { count: 1, waiting: ASSUMED.callMilliseconds },
  tasks: { count: 1, waiting: ASSUMED.callMilliseconds },
  // At a low rate each batch has one change.
  publish: { count: 2, waiting: ASSUMED.eventBridgeMilliseconds },
} as const satisfies Record<keyof typeof MEASURED_FUNCTIONS, { readonly count: number; readonly waiting: number }>;

/**
 * Schedules, with what a run uses that finds nothing to do. The one of the expiry runs every minute: 32 queries of 16 shards, and
 * an item that it reads and writes. The milliseconds are assumed.
 */
export const SCHEDULES = {
  expiry: { perMonth: 43_800, milliseconds: 60, readUnits: 17, writeUnits: 1 },
  revocations: { perMonth: 43_800, milliseconds: 20, readUnits: 1, writeUnits: 0 },
  /** For each processor that work is sent to: 16 queries of an index of 16 shards, and the item of the breaker. */
  dispatch: { perMonth: 43_800, milliseconds: 60, readUnits: 16 * 0.5 + 1, writeUnits: 0 },
  rotation: { perMonth: 4_380, milliseconds: 20, readUnits: 1, writeUnits: 0 },
} as const;

/** Use per hour that one capacity unit of a load balancer covers. Targets that are functions have 0.4 GB. */
export const CAPACITY_UNIT_HOUR = { newConnections: 25 * 3_600, bytes: 0.4e9, ruleEvaluations: 1_000 * 3_600 } as const;

/**
 * The same of a Network Load Balancer with TCP: 800 new connections a second, or 1 GB an hour.
 * https://aws.amazon.com/elasticloadbalancing/pricing/
 */
export const NETWORK_CAPACITY_UNIT_HOUR = { newConnections: 800 * 3_600, bytes: 1e9 } as const;

/** Rules of a listener whose evaluation is free. */
export const FREE_RULES = 10;
