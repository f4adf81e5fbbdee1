import type { MetricName, OutcomeAlarmName } from './metrics.ts';

/** Error codes of OAuth 2.0 bearer tokens (RFC 6750 §3.1). */
export type OAuthError = 'invalid_request' | 'invalid_token' | 'insufficient_scope';

/**
 * One way to refuse a request. Every field is required: an outcome without a decision on status, metric and alarm does not
 * compile. `null` is a deliberate decision against one.
 */
export interface Outcome {
  readonly status: number;
  /**
   * Status if the unknown value is part of the path.
   * @default status
   */
  readonly statusInPath?: number;
  /** Public text, the same for every occurrence (RFC 9457 §3.1.3). */
  readonly title: string;
  readonly oauthError: OAuthError | null;
  /** Metric that counts callbacks with this outcome; `null` if a callback cannot have it. */
  readonly metric: MetricName | null;
  /** Alarm that a single occurrence raises. */
  readonly alarm: OutcomeAlarmName | null;
}

const tokenRefused = { oauthError: 'invalid_token', metric: 'TokenRefused', alarm: null } as const;
const scopeRefused = { oauthError: 'insufficient_scope', metric: 'TokenRefused', alarm: null } as const;
const callbackRefused = { oauthError: null, metric: 'CallbackRefused', alarm: null } as const;
const senderRefused = { oauthError: null, metric: null, alarm: null } as const;

/** Every refusal of every function by its public `code`. */
export const OUTCOMES = {
  token_missing: {
    status: 401,
    title: 'No callback token came with the request.',
    ...tokenRefused,
    oauthError: null,
  },
  token_ambiguous: {
    status: 400,
    title: 'More than one token came with the request.',
    ...tokenRefused,
    oauthError: 'invalid_request',
  },
  token_malformed: {
    status: 401,
    title: 'The callback token is not a well-formed token.',
    ...tokenRefused,
  },
  token_unknown: {
    status: 401,
    title: 'The short callback URL is not known here.',
    ...tokenRefused,
  },
  token_header_refused: {
    status: 401,
    title: 'The header of the callback token is not accepted.',
    ...tokenRefused,
  },
  token_key_unknown: {
    status: 401,
    title: 'The callback token was signed by a key that is not known here.',
    ...tokenRefused,
  },
  token_signature_invalid: {
    status: 401,
    title: 'The signature of the callback token is not valid.',
    ...tokenRefused,
  },
  token_issuer_invalid: {
    status: 401,
    title: 'The callback token was issued by somebody else.',
    ...tokenRefused,
  },
  token_audience_invalid: {
    status: 401,
    title: 'The callback token is meant for another audience.',
    ...tokenRefused,
  },
  token_subject_invalid: {
    status: 401,
    title: 'The callback token names a processor that may not use it.',
    ...tokenRefused,
  },
  token_path_mismatch: {
    status: 403,
    title: 'The callback token may not be used on this path.',
    ...scopeRefused,
  },
  token_resource_mismatch: {
    status: 403,
    title: 'The callback token belongs to another task.',
    ...scopeRefused,
  },
  token_scope_insufficient: {
    status: 403,
    title: 'The callback token does not have the scope of this route.',
    ...scopeRefused,
  },
  token_role_missing: {
    status: 403,
    title: 'The callback token does not have the role of a processor.',
    ...scopeRefused,
  },
  token_expired: {
    status: 401,
    title: 'The callback token, or its task, has expired.',
    ...tokenRefused,
  },
  token_not_yet_valid: {
    status: 401,
    title: 'The callback token is not valid yet.',
    ...tokenRefused,
  },
  token_issued_in_future: {
    status: 401,
    title: 'The callback token was issued in the future.',
    ...tokenRefused,
  },
  token_lifetime_exceeded: {
    status: 401,
    title: 'The callback token lives longer than its processor is allowed.',
    ...tokenRefused,
  },
  proof_missing: {
    status: 401,
    title: 'The callback token must be accompanied by a proof of possession.',
    ...tokenRefused,
  },
  proof_invalid: {
    status: 401,
    title: 'The proof of possession that came with the callback token does not hold.',
    ...tokenRefused,
  },
  source_refused: {
    status: 403,
    title: 'Callbacks of this processor are not accepted from this address.',
    ...scopeRefused,
  },
  policy_denied: {
    status: 403,
    title: 'A policy of this environment does not allow it.',
    ...scopeRefused,
  },
  token_replayed: {
    status: 401,
    title: 'The callback token was already used for another delivery.',
    ...tokenRefused,
    metric: 'ReplayDetected',
    alarm: 'ReplayDetected',
  },
  token_revoked: {
    status: 401,
    title: 'The callback token was revoked.',
    ...tokenRefused,
  },
  token_exhausted: {
    status: 401,
    title: 'The callback token was used as often as it may be.',
    ...tokenRefused,
  },
  task_closed: {
    status: 409,
    title: 'The task is already closed.',
    ...callbackRefused,
  },
  task_pending: {
    status: 409,
    title: 'The task is still pending.',
    ...senderRefused,
  },
  reopen_limit: {
    status: 409,
    title: 'The task was reopened as often as it may be.',
    ...senderRefused,
  },
  task_resumed: {
    status: 409,
    title: 'The workflow of the task was told its outcome.',
    ...senderRefused,
  },
  task_gone: {
    status: 410,
    title: 'The task is no longer kept.',
    ...callbackRefused,
  },
  payload_too_large: {
    status: 413,
    title: 'The body is larger than this route accepts.',
    ...callbackRefused,
  },
  content_type_refused: {
    status: 415,
    title: 'The content type or content encoding is not accepted here.',
    ...callbackRefused,
  },
  payload_invalid: {
    status: 422,
    title: 'The payload does not have the form that was agreed on.',
    ...callbackRefused,
  },
  method_not_allowed: {
    status: 405,
    title: 'The method is not allowed on this path.',
    ...callbackRefused,
  },
  not_found: {
    status: 404,
    title: 'There is nothing at this path.',
    ...callbackRefused,
  },
  unavailable: {
    status: 503,
    title: 'The gateway cannot answer for the moment.',
    oauthError: null,
    metric: 'CallbackUnavailable',
    alarm: 'CallbackUnavailable',
  },
  access_token_missing: {
    status: 401,
    title: 'No access token came with the request.',
    ...senderRefused,
  },
  access_token_invalid: {
    status: 401,
    title: 'The access token is not valid here.',
    ...senderRefused,
    oauthError: 'invalid_token',
  },
  access_token_insufficient: {
    status: 403,
    title: 'The access token does not have the scope or role of this route.',
    ...senderRefused,
    oauthError: 'insufficient_scope',
  },
  operator_role_missing: {
    status: 403,
    title: 'You are signed in, but you do not have the role of an operator.',
    ...senderRefused,
    oauthError: 'insufficient_scope',
  },
  application_unknown: {
    status: 403,
    title: 'The client of the access token belongs to no application of this environment.',
    ...senderRefused,
    oauthError: 'insufficient_scope',
  },
  resume_not_allowed: {
    status: 403,
    title: 'The application may not resume this workflow.',
    ...senderRefused,
    oauthError: 'insufficient_scope',
  },
  task_dispatched: {
    status: 409,
    title: 'Postern sends this task to its processor, and shows its callbacks to nobody else.',
    ...senderRefused,
  },
  dispatch_running: {
    status: 409,
    title: 'An attempt to send the task is under way.',
    ...senderRefused,
  },
  dispatch_limit: {
    status: 409,
    title: 'The task was sent too often.',
    ...senderRefused,
  },
  not_dispatched: {
    status: 409,
    title: 'Postern does not send this task, or does not have its input any more.',
    ...senderRefused,
  },
  too_many_pending: {
    status: 429,
    title: 'The application has too many pending tasks.',
    ...senderRefused,
  },
  action_disabled: {
    status: 403,
    title: 'This environment switches the action off, or its policies do not allow it.',
    ...senderRefused,
    oauthError: 'insufficient_scope',
  },
  task_changed: {
    status: 409,
    title: 'The task has changed since you read it.',
    ...senderRefused,
  },
  plan_changed: {
    status: 409,
    title: 'The number is not the number of tasks in the plan.',
    ...senderRefused,
  },
  plan_unknown: {
    status: 404,
    title: 'There is no such plan.',
    ...senderRefused,
  },
  job_unknown: {
    status: 404,
    title: 'There is no such job.',
    ...senderRefused,
  },
  queue_unknown: {
    status: 404,
    title: 'There is no such dead-letter queue.',
    ...senderRefused,
  },
  letter_unknown: {
    status: 404,
    title: 'The queue has no such dead letter.',
    ...senderRefused,
  },
  key_unknown: {
    status: 404,
    title: 'There is no such signing key.',
    ...senderRefused,
  },
  key_not_rotating: {
    status: 409,
    title: 'The signing key is one of KMS, which operators cannot retire here.',
    ...senderRefused,
  },
  form_refused: {
    status: 403,
    title: 'The form was not sent from a page of this console, or it is too old.',
    ...senderRefused,
    oauthError: 'insufficient_scope',
  },
  request_invalid: {
    status: 400,
    title: 'The request was not understood.',
    ...senderRefused,
  },
  processor_unknown: {
    status: 400,
    statusInPath: 404,
    title: 'This environment has no such processor.',
    ...senderRefused,
  },
  idempotency_conflict: {
    status: 422,
    title: 'The idempotency key was already used with another body.',
    ...senderRefused,
  },
  quarantine_unknown: {
    status: 404,
    title: 'The task has no such delivery in quarantine.',
    ...senderRefused,
  },
  task_unknown: {
    status: 404,
    title: 'There is no such task.',
    ...senderRefused,
  },
  result_unavailable: {
    status: 404,
    title: 'The task has nothing of that kind.',
    ...senderRefused,
  },
} as const satisfies Record<string, Outcome>;

/** Public error code. */
export type OutcomeCode = keyof typeof OUTCOMES;

/** Codes of refused callbacks. */
export type RefusalCode = {
  [C in OutcomeCode]: (typeof OUTCOMES)[C]['metric'] extends null ? never : C;
}[OutcomeCode];

export const isOutcomeCode = (code: string): code is OutcomeCode => Object.hasOwn(OUTCOMES, code);

/**
 * Returns the status of a refusal.
 * @param isInPath true if the refused value is part of the path
 */
export const statusOf = (code: OutcomeCode, isInPath = false): number => {
  const { status, statusInPath = status }: Outcome = OUTCOMES[code];
  return isInPath ? statusInPath : status;
};

/** Returns the `type` of a problem: the URL of its page (RFC 9457 §3.1.1). */
export const problemType = (origin: string, code: OutcomeCode): string => `${origin}/problems/${code}`;
