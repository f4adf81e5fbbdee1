/* Limits of sending work to processors. Durations are seconds, unless the name has another unit. */

/** Largest `input` of a task: bytes of its compact JSON in UTF-8. */
export const MAX_INPUT_BYTES = 16_384;

/** Largest body that opens or reopens a task. It has room for an input whose JSON is written with escapes and blanks. */
export const MAX_OPENING_BODY_BYTES = 65_536;

/**
 * Most processors of an environment that work is sent to. Each is three resources of a stack that has at most 500.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
 */
export const MAX_DISPATCHED_PROCESSORS = 50;

/** Longest time of one attempt, from the look-up of the name to the last byte of the answer. */
export const DISPATCH_TIMEOUT_SECONDS = { min: 1, default: 30, max: 60 } as const;

/** Statuses by which a processor can accept work. Redirects are not followed, and other statuses are retried or end the attempts. */
export const DISPATCH_ACCEPT = { default: [200, 201, 202], min: 200, max: 299, count: 20 } as const;

/** Time after the time-out for which an attempt holds its task. Then it counts as an attempt without an answer. */
export const DISPATCH_LEASE_MARGIN_SECONDS = 30;

/** Largest answer of a processor that is read, in bytes. A larger one has no `remoteId`. */
export const MAX_DISPATCH_ANSWER_BYTES = 65_536;

/** Longest id of the job at the processor, in characters. A longer one is not kept. */
export const MAX_REMOTE_ID_CHARS = 256;

/** Waits between attempts. */
export const DISPATCH_DELAYS = {
  default: [5, 30, 120, 600, 1_800, 7_200],
  min: 1,
  max: 86_400,
  /** Most waits: most attempts of one issue, less one. */
  count: 20,
} as const;

/** Least time that an accepted job must have until its callbacks expire. */
export const LEAST_TIME_SECONDS = { min: 1, default: 300 } as const;

/**
 * Attempts to one processor at the same time. Lambda accepts no other numbers.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
 */
export const DISPATCH_CONCURRENCY = { min: 2, default: 20, max: 1_000 } as const;

/** Attempts to one processor a second. */
export const DISPATCH_RATE = { min: 1, max: 1_000 } as const;

/** The breaker of a processor. */
export const BREAKER = {
  window: { min: 1, default: 60, max: 3_600 },
  minimum: { min: 1, default: 20, max: 10_000 },
  failureRate: { min: 0.01, default: 0.5, max: 1 },
  pause: { min: 1, default: 120, max: 3_600 },
  /** Failed attempts must be of at least this number of tasks, so that one bad task does not stop the others. */
  tasks: 3,
} as const;

/** The window of a breaker is counted in at most this number of periods. A period is at least one second. */
export const BREAKER_PERIODS = 10;

/** A processor is paused if this number of different tasks gets 410 within this time. */
export const GONE = { tasks: 3, seconds: 600 } as const;

/** How processes share the breaker, the pause and the rate of a processor. Milliseconds. */
export const ADMISSION = {
  /** A process reads what others have counted, and writes what it has counted, at most once in this time. */
  block: 1_000,
  /** Wait of a task while another one is the attempt after the pause of a breaker. */
  probeWait: 2_000,
  /**
   * Tasks of one process that wait exactly until the pause of a breaker ends. Others begin later, when the sweep finds them, so that a
   * long backlog is not written again in each pause.
   */
  promptWaits: 20,
  /** Longest wait of a process for an attempt of the rate. Its messages stay in the queue meanwhile, which costs no writes. */
  rateWait: 5_000,
} as const;

/** Most issues of callbacks of one task. */
export const MAX_DISPATCH_ISSUES = 20;

/** Longest `Retry-After` that counts. A longer one counts as this. */
export const MAX_RETRY_AFTER_SECONDS = 3_600;

/** Answers 429 with `Retry-After` of one issue that do not count as attempts. */
export const MAX_UNCOUNTED_ATTEMPTS = 20;

/** Longest delay of a message. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
export const MAX_MESSAGE_DELAY_SECONDS = 900;

/** The sweep queues again what is overdue by this time. */
export const SWEEP_AFTER_SECONDS = 60;

/**
 * The sweep sends a delayed message for a task that is due within this time, if its wait was too long for a message of the dispatcher.
 * Two minutes, because a run may begin late in its minute.
 */
export const SWEEP_AHEAD_SECONDS = 120;

/**
 * Most tasks that one run of the sweep queues again, for each concurrent attempt of a processor. It works on about as many until
 * the next run.
 */
export const SWEPT_PER_CONCURRENT_ATTEMPT = 60;

/** The list of processors that work is or was sent to. Seconds. */
export const SENT_PROCESSORS = {
  /** The sweep records the processors of the registry again after this time. */
  record: 3_600,
  /**
   * A processor that was removed stays in the list for at least this time. Functions of the former version can still queue tasks for
   * it until the deployment has ended, or is rolled back.
   */
  keep: 86_400,
} as const;

/** Access tokens of token endpoints, in seconds. */
export const DISPATCH_TOKEN_SECONDS = {
  /** A token is replaced this time before it expires. */
  margin: 60,
  /** Lifetime of a token whose answer names none: RFC 6749 §5.1 leaves it to the documentation of the server. */
  default: 300,
  /** After a failure, a process does not ask again for this time. */
  failure: 5,
} as const;

/** Largest answer of a token endpoint, in bytes. */
export const MAX_TOKEN_ANSWER_BYTES = 65_536;

/** Longest URL of a request to a processor, in bytes. Every recipient should support this (RFC 9110 §4.1). */
export const MAX_DISPATCH_URL_BYTES = 8_000;

/** Longest value of one header of a template, in characters. Common servers accept 8 KB for all headers together. */
export const MAX_DISPATCH_HEADER_CHARS = 4_096;

/**
 * A part of a secret or token of at least this length does not become a `remoteId`. A shorter text can be part of one by
 * chance.
 */
export const MIN_ECHO_CHARS = 12;

/** Wait after Secrets Manager or a token endpoint failed. It uses no attempt up. */
export const CREDENTIALS_WAIT_SECONDS = 30;

/** A message that comes earlier than its attempt by at most this time is not too early: clocks differ. */
export const EARLY_SECONDS = 1;
