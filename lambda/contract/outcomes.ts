import type { MetricName, OutcomeAlarmName } from './metrics.ts';

/** Error codes of OAuth 2.0 bearer tokens (RFC 6750 §3.1). */
export type OAuthError = 'invalid_request' | 'invalid_token' | 'insufficient_scope';

/**
 * One way to refuse a request. Every field is required: an outcome without a decision on status, metric and alarm does not
 * compile. `null` is a deliberate decision against one.
 */
export interface Outcome {
  readonly status: number;
  /** Public text, the same for every occurrence (RFC 9457 §3.1.3). */
  readonly title: string;
  /** Advice to the caller: the text of the problem page. */
  readonly remedy: string;
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
    remedy:
      'Send the callback URL exactly as it was given, or the token as `Authorization: Bearer TOKEN`. `detail` says what came instead.',
    ...tokenRefused,
    oauthError: null,
  },
  token_ambiguous: {
    status: 400,
    title: 'More than one token came with the request.',
    remedy: 'Send the callback token once, in one place.',
    ...tokenRefused,
    oauthError: 'invalid_request',
  },
  token_malformed: {
    status: 401,
    title: 'The callback token is not a well-formed token.',
    remedy: 'Send the token unchanged: nothing encoded, cut, wrapped or added.',
    ...tokenRefused,
  },
  token_unknown: {
    status: 401,
    title: 'The short callback URL is not known here.',
    remedy: 'Send the callback URL exactly as it was given. The gateway forgets it a day after it has expired.',
    ...tokenRefused,
  },
  token_header_refused: {
    status: 401,
    title: 'The header of the callback token is not accepted.',
    remedy: 'Use the token that was issued for this task.',
    ...tokenRefused,
  },
  token_key_unknown: {
    status: 401,
    title: 'The callback token was signed by a key that is not known here.',
    remedy: 'Use the token that was issued for this task by this gateway.',
    ...tokenRefused,
  },
  token_signature_invalid: {
    status: 401,
    title: 'The signature of the callback token is not valid.',
    remedy: 'Send the token unchanged.',
    ...tokenRefused,
  },
  token_issuer_invalid: {
    status: 401,
    title: 'The callback token was issued by somebody else.',
    remedy: 'Use the token that was issued for this task by this gateway.',
    ...tokenRefused,
  },
  token_audience_invalid: {
    status: 401,
    title: 'The callback token is meant for another audience.',
    remedy: 'Use each token on the route it was issued for.',
    ...tokenRefused,
  },
  token_subject_invalid: {
    status: 401,
    title: 'The callback token names a processor that may not use it.',
    remedy: 'Ask the sender of the task for new callback URLs.',
    ...tokenRefused,
  },
  token_path_mismatch: {
    status: 403,
    title: 'The callback token may not be used on this path.',
    remedy: 'Use each token on the one path that it was issued for, and with the carrier that it was issued for.',
    ...scopeRefused,
  },
  token_resource_mismatch: {
    status: 403,
    title: 'The callback token belongs to another task.',
    remedy: 'Use each token on the task it was issued for.',
    ...scopeRefused,
  },
  token_scope_insufficient: {
    status: 403,
    title: 'The callback token does not have the scope of this route.',
    remedy: 'Use the token whose scope the route asks for.',
    ...scopeRefused,
  },
  token_role_missing: {
    status: 403,
    title: 'The callback token does not have the role of a processor.',
    remedy: 'Use the token that was issued for this task.',
    ...scopeRefused,
  },
  token_expired: {
    status: 401,
    title: 'The callback token, or its task, has expired.',
    remedy: 'Ask the sender of the task for new callback URLs.',
    ...tokenRefused,
  },
  token_not_yet_valid: {
    status: 401,
    title: 'The callback token is not valid yet.',
    remedy: 'Try again later.',
    ...tokenRefused,
  },
  token_issued_in_future: {
    status: 401,
    title: 'The callback token was issued in the future.',
    remedy: 'Use the token that was issued for this task.',
    ...tokenRefused,
  },
  token_lifetime_exceeded: {
    status: 401,
    title: 'The callback token lives longer than its processor is allowed.',
    remedy: 'Ask the sender of the task for new callback URLs.',
    ...tokenRefused,
  },
  proof_missing: {
    status: 401,
    title: 'The callback token must be accompanied by a proof of possession.',
    remedy:
      'Send the proof that was agreed on for this processor: `proof` or the scheme of `WWW-Authenticate` names it, and `detail` says what is missing.',
    ...tokenRefused,
  },
  proof_invalid: {
    status: 401,
    title: 'The proof of possession that came with the callback token does not hold.',
    remedy:
      'Correct what `detail` names, and make a new proof for exactly this request with the key that was agreed on for this processor. The token was not used up.',
    ...tokenRefused,
  },
  source_refused: {
    status: 403,
    title: 'Callbacks of this processor are not accepted from this address.',
    remedy: 'Deliver from an address that was agreed on for this processor.',
    ...scopeRefused,
  },
  policy_denied: {
    status: 403,
    title: 'A policy of this environment does not allow it.',
    remedy: 'Ask the operator of the gateway what its policies allow.',
    ...scopeRefused,
  },
  token_replayed: {
    status: 401,
    title: 'The callback token was already used for another delivery.',
    remedy: 'A result can be delivered once. Ask the sender of the task if it must be corrected.',
    ...tokenRefused,
    metric: 'ReplayDetected',
    alarm: 'ReplayDetected',
  },
  token_revoked: {
    status: 401,
    title: 'The callback token was revoked.',
    remedy: 'Ask the sender of the task whether the work is still wanted.',
    ...tokenRefused,
  },
  token_exhausted: {
    status: 401,
    title: 'The callback token was used as often as it may be.',
    remedy: 'Ask the sender of the task for new callback URLs.',
    ...tokenRefused,
  },
  task_closed: {
    status: 409,
    title: 'The task is already closed.',
    remedy: 'Nothing more can be delivered to this task, and nothing more is needed.',
    ...callbackRefused,
  },
  task_pending: {
    status: 409,
    title: 'The task is still pending.',
    remedy: 'Wait until the task is closed, cancel it, or issue its callbacks again.',
    ...senderRefused,
  },
  reopen_limit: {
    status: 409,
    title: 'The task was reopened as often as it may be.',
    remedy: 'Open another task.',
    ...senderRefused,
  },
  task_gone: {
    status: 410,
    title: 'The task is no longer kept.',
    remedy: 'Nothing more can be delivered to this task.',
    ...callbackRefused,
  },
  payload_too_large: {
    status: 413,
    title: 'The body is larger than this route accepts.',
    remedy: 'Send a smaller body.',
    ...callbackRefused,
  },
  content_type_refused: {
    status: 415,
    title: 'The content type or content encoding is not accepted here.',
    remedy:
      'Send one of the content types that were agreed on, without Content-Encoding. Once the token is verified, `errors` lists those of the processor. The token was not used up.',
    ...callbackRefused,
  },
  payload_invalid: {
    status: 422,
    title: 'The payload does not have the form that was agreed on.',
    remedy: 'Correct what `errors` names and send it again: the token was not used up.',
    ...callbackRefused,
  },
  method_not_allowed: {
    status: 405,
    title: 'The method is not allowed on this path.',
    remedy: 'Use one of the methods in `Allow`.',
    ...callbackRefused,
  },
  not_found: {
    status: 404,
    title: 'There is nothing at this path.',
    remedy: 'Use the URL exactly as it was given.',
    ...callbackRefused,
  },
  unavailable: {
    status: 503,
    title: 'The gateway cannot answer for the moment.',
    remedy: 'Send the same request again after `Retry-After` seconds: the token was not used up.',
    oauthError: null,
    metric: 'CallbackUnavailable',
    alarm: 'CallbackUnavailable',
  },
  access_token_missing: {
    status: 401,
    title: 'No access token came with the request.',
    remedy: 'Send an access token of the identity provider as `Authorization: Bearer TOKEN`.',
    ...senderRefused,
  },
  access_token_invalid: {
    status: 401,
    title: 'The access token is not valid here.',
    remedy: 'Get a new access token for this gateway from the identity provider.',
    ...senderRefused,
    oauthError: 'invalid_token',
  },
  access_token_insufficient: {
    status: 403,
    title: 'The access token does not have the scope or role of this route.',
    remedy: 'Ask for the scope that `WWW-Authenticate` names, with a client that has the role of a sender.',
    ...senderRefused,
    oauthError: 'insufficient_scope',
  },
  operator_role_missing: {
    status: 403,
    title: 'You are signed in, but you do not have the role of an operator.',
    remedy:
      'Ask the administrators of the identity provider for the role `operator_read` or `operator`, or sign out and sign ' +
      'in as a person with this role.',
    ...senderRefused,
    oauthError: 'insufficient_scope',
  },
  form_refused: {
    status: 403,
    title: 'The form was not sent from a page of this console, or it is too old.',
    remedy: 'Open the page again and send its form.',
    ...senderRefused,
    oauthError: 'insufficient_scope',
  },
  request_invalid: {
    status: 400,
    title: 'The request was not understood.',
    remedy: 'Correct what `errors` names.',
    ...senderRefused,
  },
  processor_unknown: {
    status: 400,
    title: 'This environment has no such processor.',
    remedy: 'Use an id of the processor registry of the environment.',
    ...senderRefused,
  },
  idempotency_conflict: {
    status: 422,
    title: 'The idempotency key was already used with another body.',
    remedy: 'Use a new `Idempotency-Key` for another task; repeat a request only as it was.',
    ...senderRefused,
  },
  quarantine_unknown: {
    status: 404,
    title: 'The task has no such delivery in quarantine.',
    remedy: 'List the quarantine of the task: the delivery may have been taken or discarded already.',
    ...senderRefused,
  },
  task_unknown: {
    status: 404,
    title: 'There is no such task.',
    remedy: 'Check the task id. Tasks are kept for the retention time of the environment.',
    ...senderRefused,
  },
  result_unavailable: {
    status: 404,
    title: 'The task has nothing of that kind.',
    remedy: 'Read the task: `result` and `failure` say what was delivered.',
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

/** Returns the `type` of a problem: the URL of its page (RFC 9457 §3.1.1). */
export const problemType = (origin: string, code: OutcomeCode): string => `${origin}/problems/${code}`;
