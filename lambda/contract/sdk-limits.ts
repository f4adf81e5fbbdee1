/** Limits of the clients that Postern publishes. The gateway enforces none of them. */

/**
 * Retries of one request. The wait after attempt n is random, up to `firstWaitMilliseconds × 2^(n − 1)` and at most
 * `longestWaitMilliseconds`; `Retry-After` is added to it. The eight attempts take about two minutes at most.
 * https://docs.aws.amazon.com/wellarchitected/latest/framework/rel_mitigate_interaction_failure_limit_retries.html
 */
export const SDK_RETRIES = {
  attempts: 8,
  firstWaitMilliseconds: 1_000,
  longestWaitMilliseconds: 30_000,
  /** A request is not repeated if `Retry-After` is longer. Its error says that the caller may try again later. */
  longestRetryAfterMilliseconds: 300_000,
} as const;

/** Longest time for one attempt: its answer with its body. For bytes of any size, only the beginning of the answer. */
export const ATTEMPT_TIMEOUT_MILLISECONDS = 30_000;

/** Wait between two reads of a task until it ends. It doubles from the first to the longest. */
export const POLL_MILLISECONDS = { first: 1_000, longest: 30_000 } as const;

/** Access tokens that a client gets for itself. */
export const CLIENT_ACCESS_TOKENS = {
  /** Lifetime of a client assertion (RFC 7523 §3). */
  assertionSeconds: 60,
  /** A token is replaced this long before it expires, or a tenth of its lifetime before, whichever is less. */
  renewBeforeSeconds: 60,
  /** Lifetime of a token whose answer has no `expires_in` (RFC 6749 §5.1). */
  defaultLifetimeSeconds: 300,
} as const;

/** Ids of events that `deduplicate` remembers if its caller names no number. */
export const REMEMBERED_EVENTS = 10_000;

/** Scopes that a client asks for if its caller names none, for the API of senders and that of operators. */
export const CLIENT_SCOPES = {
  sender: 'task_read task_write',
  operator: 'operator_read operator_write',
} as const;

/** Limits of the command line. */
export const COMMAND_LINE = {
  /** Seconds that a person has to sign in with the browser of this machine. */
  signInSeconds: 300,
  /**
   * Port of the client of the command line in a user pool of Amazon Cognito, which compares the port of a redirect URI.
   * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cognito-userpoolclient.html
   */
  callbackPort: 8976,
  /** Seconds until `doctor` gives up a connection. */
  connectSeconds: 10,
  /**
   * `doctor` warns of a certificate with fewer days left. AWS renews its certificates 60 days before, so such a certificate was
   * not renewed. https://docs.aws.amazon.com/acm/latest/userguide/managed-renewal.html
   */
  certificateDays: 14,
} as const;
