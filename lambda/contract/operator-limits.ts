/** Sizes, durations and counts of operators' actions, of the console and of dead letters. */

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
