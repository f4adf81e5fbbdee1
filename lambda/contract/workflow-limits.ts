import type { CallLimits } from './call-limits.ts';

/* Limits of workflows that wait for tasks. */

/** Characters of a task token of Step Functions. https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html */
export const MAX_TASK_TOKEN_CHARS = 2_048;

/** Characters of the id of a durable function's callback. https://docs.aws.amazon.com/lambda/latest/api/API_SendDurableExecutionCallbackSuccess.html */
export const MAX_CALLBACK_ID_CHARS = 1_024;

/** Longest `supersedes` of a request to create a task. */
export const MAX_SUPERSEDES_CHARS = 256;

/** Workflows that one application may resume. */
export const MAX_RESUMES = 20;

/** Sizes of the outcome that a workflow gets. */
export const WORKFLOW_OUTPUT = {
  /** Largest output with its envelope, in bytes of UTF-8. For a larger result, it has a reference. */
  bytes: 262_144,
  /** Longest cause of an error with its envelope, in UTF-16 code units. For a larger failure, it has a reference. */
  causeChars: 32_768,
} as const;

/** Delivery of an outcome to a workflow. */
export const RESUME_DELIVERY = {
  /** Time from the first receive of the outcome until it is given up. */
  giveUpAfterSeconds: 86_400,
  /** Wait after a failed attempt. It doubles from the first to the longest. */
  firstWaitSeconds: 2,
  longestWaitSeconds: 900,
} as const;

/**
 * Calls to a workflow's service. There is one attempt, because each counts: after a call without a known outcome, the workflow may
 * have been told. Waits are longer than elsewhere, so that fewer outcomes are unknown.
 */
export const WORKFLOW_CALLS = {
  attempts: 1,
  connectionTimeoutMilliseconds: 1_000,
  requestTimeoutMilliseconds: 5_000,
} as const satisfies CallLimits;

/** Credentials for another account's workflows are replaced this time before they end. Seconds. */
export const ROLE_CREDENTIALS_MARGIN_SECONDS = 600;

/** Time-outs of a workflow that waits for a task. Postern ends the task first, so that the workflow gets an error that says why. */
export const WORKFLOW_WAIT = {
  /**
   * Seconds by which a workflow waits longer than its task can live. They cover the clock tolerance, the two minutes within which
   * `expire` ends an overdue task, and the first eight attempts to tell the workflow.
   */
  marginSeconds: 900,
  /**
   * Heartbeats of the task in one of its workflow, margin apart. Processors report progress within `heartbeat`. A report within a
   * third of it after another one is not forwarded, and one that is lost is not repeated: then 8/3 of it pass between two.
   */
  heartbeats: 3,
} as const;

/** Heartbeats of a workflow: at most one in a third of the task's `heartbeat`, and without one in this time. Seconds. */
export const WORKFLOW_HEARTBEAT_SECONDS = 10;
