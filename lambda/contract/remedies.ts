import type { OutcomeCode } from './outcomes.ts';

/**
 * Advice to the caller for each outcome: the text of its problem page. The texts are in a file of their own, so that the code
 * of functions that only refuse does not contain them.
 */
export const REMEDIES: Readonly<Record<OutcomeCode, string>> = {
  token_missing:
    'Send the callback URL exactly as it was given, or the token as `Authorization: Bearer TOKEN`. `detail` says what came instead.',
  token_ambiguous:
    'Send the callback token once, in one place. If the callback URL has it, send neither `Authorization` nor `Callback-Token`.',
  token_malformed: 'Send the token unchanged: nothing encoded, cut, wrapped or added.',
  token_unknown: 'Send the callback URL exactly as it was given. The gateway forgets it a day after it has expired.',
  token_header_refused: 'Use the token that was issued for this task.',
  token_key_unknown: 'Use the token that was issued for this task by this gateway.',
  token_signature_invalid: 'Send the token unchanged.',
  token_issuer_invalid: 'Use the token that was issued for this task by this gateway.',
  token_audience_invalid: 'Use each token on the route it was issued for.',
  token_subject_invalid: 'Ask the sender of the task for new callback URLs.',
  token_path_mismatch:
    'Use each token on the one path that it was issued for, and with the carrier that it was issued for.',
  token_resource_mismatch: 'Use each token on the task it was issued for.',
  token_scope_insufficient: 'Use the token whose scope the route asks for.',
  token_role_missing: 'Use the token that was issued for this task.',
  token_expired: 'Ask the sender of the task for new callback URLs.',
  token_not_yet_valid: 'Try again later.',
  token_issued_in_future: 'Use the token that was issued for this task.',
  token_lifetime_exceeded: 'Ask the sender of the task for new callback URLs.',
  proof_missing:
    'Send the proof that was agreed on for this processor: `proof` or the scheme of `WWW-Authenticate` names it, and `detail` says what is missing.',
  proof_invalid:
    'Correct what `detail` names, and make a new proof for exactly this request with the key that was agreed on for this processor. The token was not used up.',
  source_refused: 'Deliver from an address that was agreed on for this processor.',
  policy_denied: 'Ask the operator of the gateway what its policies allow.',
  token_replayed: 'A result can be delivered once. Ask the sender of the task if it must be corrected.',
  token_revoked: 'Ask the sender of the task whether the work is still wanted.',
  token_exhausted: 'Ask the sender of the task for new callback URLs.',
  task_closed: 'Nothing more can be delivered to this task, and nothing more is needed.',
  task_pending: 'Wait until the task is closed, cancel it, or issue its callbacks again.',
  reopen_limit: 'Open another task.',
  task_resumed: 'Open another task. The workflow has gone on with the outcome, or is being told it.',
  task_gone: 'Nothing more can be delivered to this task.',
  payload_too_large: 'Send a smaller body.',
  content_type_refused:
    'Send one of the content types that were agreed on, without Content-Encoding. Once the token is verified, `errors` lists those of the processor. The token was not used up.',
  payload_invalid: 'Correct what `errors` names and send it again: the token was not used up.',
  method_not_allowed: 'Use one of the methods in `Allow`.',
  not_found: 'Use the URL exactly as it was given.',
  unavailable: 'Send the same request again after `Retry-After` seconds: the token was not used up.',
  access_token_missing: 'Send an access token of the identity provider as `Authorization: Bearer TOKEN`.',
  access_token_invalid: 'Get a new access token for this gateway from the identity provider.',
  access_token_insufficient:
    'Ask for the scope that `WWW-Authenticate` names, with a client that has the role of a sender.',
  operator_role_missing:
    'Ask the administrators of the identity provider for the role `operator_read` or `operator`, or sign out and sign ' +
    'in as a person with this role.',
  application_unknown: 'Ask the platform team to add the client to an application of the environment.',
  resume_not_allowed: 'Ask the platform team to add the ARN of the workflow to `resumes` of the application.',
  task_dispatched:
    'Read the task: `dispatch` says how far it has come. `POST /v1/tasks/{taskId}/dispatch` sends it again.',
  dispatch_running: 'Read the task in a minute: the attempt has ended then, or counts as one without an answer.',
  dispatch_limit: 'Open another task.',
  not_dispatched:
    'Send the work of this task yourself, or open another task with `input`. The input of a task is deleted when the task succeeds, is cancelled or expires.',
  too_many_pending: 'Wait until tasks are closed, and send the same request again after `Retry-After` seconds.',
  action_disabled:
    'Ask the platform team: `disabledActions`, `operatorsReadOnly` or a policy of the environment decides.',
  task_changed: 'Read the task again, and repeat the action with the `revision` that it has now.',
  plan_changed: 'Confirm the plan with its own `count`, or make a new plan.',
  plan_unknown: 'Make a new plan: each is good for ten minutes, and once.',
  job_unknown: 'Use the `jobId` of the response that started the job.',
  queue_unknown: 'Use the name of a queue that `GET /v1/operator/dead-letters` lists.',
  letter_unknown:
    'List the dead letters again. It may have been redriven already, or a redrive that runs hides it until it ends.',
  key_unknown: 'Use the `kid` of a key that `GET /v1/operator/keys` lists.',
  key_not_rotating:
    'Ask the platform team to set the `use` of the key to `retired` in `signingKeys` of the environment, and to deploy it.',
  form_refused: 'Open the page again and send its form.',
  request_invalid: 'Correct what `errors` names.',
  processor_unknown: 'Use an id of the processor registry of the environment.',
  idempotency_conflict: 'Use a new `Idempotency-Key` for another task; repeat a request only as it was.',
  quarantine_unknown: 'List the quarantine of the task: the delivery may have been taken or discarded already.',
  task_unknown: 'Check the task id. Tasks are kept for the retention time of the environment.',
  result_unavailable: 'Read the task: `result` and `failure` say what was delivered.',
};
