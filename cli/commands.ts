import type { AnyCommand } from './command.ts';
import { CALLBACK_ATTACK_COMMAND } from './commands/callback/attack.ts';
import { CALLBACK_FAIL_COMMAND } from './commands/callback/fail.ts';
import { CALLBACK_PROGRESS_COMMAND } from './commands/callback/progress.ts';
import { CALLBACK_SEND_COMMAND } from './commands/callback/send.ts';
import { CALLBACK_UPLOAD_COMMAND } from './commands/callback/upload.ts';
import { COMPLETION_COMMAND } from './commands/completion.ts';
import { CONFORMANCE_REPORT_COMMAND } from './commands/conformance/report.ts';
import { CONFORMANCE_RUN_COMMAND } from './commands/conformance/run.ts';
import { CONFORMANCE_SERVE_COMMAND } from './commands/conformance/serve.ts';
import { DEV_COMMAND } from './commands/dev.ts';
import { DOCTOR_COMMAND } from './commands/doctor.ts';
import { ENCRYPTION_KEY_COMMAND } from './commands/encryption-key.ts';
import { ENV_CHECK_COMMAND } from './commands/env/check.ts';
import { ENV_COST_COMMAND } from './commands/env/cost.ts';
import { ENV_DIFF_COMMAND } from './commands/env/diff.ts';
import { ENV_POLICIES_BUILD_COMMAND } from './commands/env/policies-build.ts';
import { ENV_SHOW_COMMAND } from './commands/env/show.ts';
import { EVENTS_TAIL_COMMAND } from './commands/events/tail.ts';
import { INIT_COMMAND } from './commands/init.ts';
import { LOGIN_COMMAND } from './commands/login.ts';
import { LOGOUT_COMMAND } from './commands/logout.ts';
import { OPERATOR_AUDIT_LIST_COMMAND } from './commands/operator/audit-list.ts';
import { OPERATOR_DEAD_LETTERS_LIST_COMMAND } from './commands/operator/dead-letters-list.ts';
import { OPERATOR_DEAD_LETTERS_REDRIVE_COMMAND } from './commands/operator/dead-letters-redrive.ts';
import { OPERATOR_DISPATCH_AGAIN_COMMAND } from './commands/operator/dispatch-again.ts';
import { OPERATOR_DISPATCH_LIST_COMMAND } from './commands/operator/dispatch-list.ts';
import { OPERATOR_DISPATCH_PAUSE_COMMAND } from './commands/operator/dispatch-pause.ts';
import { OPERATOR_DISPATCH_RESUME_COMMAND } from './commands/operator/dispatch-resume.ts';
import { OPERATOR_JOBS_ABORT_COMMAND } from './commands/operator/jobs-abort.ts';
import { OPERATOR_JOBS_GET_COMMAND } from './commands/operator/jobs-get.ts';
import { OPERATOR_KEYS_LIST_COMMAND } from './commands/operator/keys-list.ts';
import { OPERATOR_KEYS_RETIRE_COMMAND } from './commands/operator/keys-retire.ts';
import { OPERATOR_PROCESSORS_GET_COMMAND } from './commands/operator/processors-get.ts';
import { OPERATOR_PROCESSORS_LIST_COMMAND } from './commands/operator/processors-list.ts';
import { OPERATOR_PROCESSORS_REVOKE_COMMAND } from './commands/operator/processors-revoke.ts';
import { OPERATOR_QUARANTINE_ACCEPT_COMMAND } from './commands/operator/quarantine-accept.ts';
import { OPERATOR_QUARANTINE_DISCARD_COMMAND } from './commands/operator/quarantine-discard.ts';
import { OPERATOR_QUARANTINE_LIST_COMMAND } from './commands/operator/quarantine-list.ts';
import { OPERATOR_REPLAYS_LIST_COMMAND } from './commands/operator/replays-list.ts';
import { OPERATOR_TASK_CANCEL_COMMAND } from './commands/operator/task-cancel.ts';
import { OPERATOR_TASK_DISPATCH_COMMAND } from './commands/operator/task-dispatch.ts';
import { OPERATOR_TASK_GET_COMMAND } from './commands/operator/task-get.ts';
import { OPERATOR_TASK_LIST_COMMAND } from './commands/operator/task-list.ts';
import { OPERATOR_TASK_PAYLOAD_COMMAND } from './commands/operator/task-payload.ts';
import { OPERATOR_TASK_REOPEN_COMMAND } from './commands/operator/task-reopen.ts';
import { OPERATOR_TASK_REVOKE_COMMAND } from './commands/operator/task-revoke.ts';
import { PROFILE_LIST_COMMAND } from './commands/profile/list.ts';
import { PROFILE_SHOW_COMMAND } from './commands/profile/show.ts';
import { PROFILE_USE_COMMAND } from './commands/profile/use.ts';
import { SMOKE_COMMAND } from './commands/smoke.ts';
import { TASK_CANCEL_COMMAND } from './commands/task/cancel.ts';
import { TASK_DISPATCH_COMMAND } from './commands/task/dispatch.ts';
import { TASK_FAILURE_COMMAND } from './commands/task/failure.ts';
import { TASK_GET_COMMAND } from './commands/task/get.ts';
import { TASK_LIST_COMMAND } from './commands/task/list.ts';
import { TASK_OPEN_COMMAND } from './commands/task/open.ts';
import { TASK_QUARANTINE_ACCEPT_COMMAND } from './commands/task/quarantine-accept.ts';
import { TASK_QUARANTINE_DISCARD_COMMAND } from './commands/task/quarantine-discard.ts';
import { TASK_QUARANTINE_LIST_COMMAND } from './commands/task/quarantine-list.ts';
import { TASK_REISSUE_COMMAND } from './commands/task/reissue.ts';
import { TASK_REOPEN_COMMAND } from './commands/task/reopen.ts';
import { TASK_RESULT_COMMAND } from './commands/task/result.ts';
import { TASK_WAIT_COMMAND } from './commands/task/wait.ts';
import { TASK_WATCH_COMMAND } from './commands/task/watch.ts';
import { TOKEN_DECODE_COMMAND } from './commands/token/decode.ts';
import { TOKEN_EXPLAIN_COMMAND } from './commands/token/explain.ts';
import { UPGRADE_TASKS_COMMAND } from './commands/upgrade-tasks.ts';
import { VERSION_COMMAND } from './commands/version.ts';
import { WHOAMI_COMMAND } from './commands/whoami.ts';

/** Summaries of the words that have commands below them. */
export const GROUPS: Readonly<Record<string, string>> = {
  callback: 'Delivers to a callback URL, as a processor does',
  conformance: 'Judges whether a processor keeps the rules',
  env: 'Checks and shows environments of this folder',
  'env policies': 'Policies in Rego',
  events: 'Shows events as they are published',
  operator: 'Looks after the tasks of all applications',
  'operator audit': 'What operators did',
  'operator dead-letters': 'Work that failed for good',
  'operator dispatch': 'Sending work to processors: what waits, what failed, pauses',
  'operator jobs': 'Jobs that revoke the callbacks of many tasks',
  'operator keys': 'Keys that sign callback tokens',
  'operator processors': 'Processors and their numbers',
  'operator quarantine': 'Deliveries that came too late, of all applications',
  'operator replays': 'Second uses of a token with another payload',
  'operator task': 'Tasks of all applications',
  profile: 'Gateways that you use',
  task: 'Opens tasks and gets their results',
  'task quarantine': 'Deliveries that came too late',
  token: 'Reads callback tokens and never prints one',
};

/** Every command, in the order of the help. */
export const COMMANDS: readonly AnyCommand[] = [
  LOGIN_COMMAND,
  LOGOUT_COMMAND,
  WHOAMI_COMMAND,
  PROFILE_LIST_COMMAND,
  PROFILE_USE_COMMAND,
  PROFILE_SHOW_COMMAND,
  TASK_OPEN_COMMAND,
  TASK_LIST_COMMAND,
  TASK_GET_COMMAND,
  TASK_WATCH_COMMAND,
  TASK_WAIT_COMMAND,
  TASK_RESULT_COMMAND,
  TASK_FAILURE_COMMAND,
  TASK_CANCEL_COMMAND,
  TASK_REISSUE_COMMAND,
  TASK_REOPEN_COMMAND,
  TASK_DISPATCH_COMMAND,
  TASK_QUARANTINE_LIST_COMMAND,
  TASK_QUARANTINE_ACCEPT_COMMAND,
  TASK_QUARANTINE_DISCARD_COMMAND,
  CALLBACK_SEND_COMMAND,
  CALLBACK_PROGRESS_COMMAND,
  CALLBACK_FAIL_COMMAND,
  CALLBACK_UPLOAD_COMMAND,
  CALLBACK_ATTACK_COMMAND,
  TOKEN_DECODE_COMMAND,
  TOKEN_EXPLAIN_COMMAND,
  OPERATOR_TASK_LIST_COMMAND,
  OPERATOR_TASK_GET_COMMAND,
  OPERATOR_TASK_CANCEL_COMMAND,
  OPERATOR_TASK_REVOKE_COMMAND,
  OPERATOR_TASK_REOPEN_COMMAND,
  OPERATOR_TASK_DISPATCH_COMMAND,
  OPERATOR_TASK_PAYLOAD_COMMAND,
  OPERATOR_QUARANTINE_LIST_COMMAND,
  OPERATOR_QUARANTINE_ACCEPT_COMMAND,
  OPERATOR_QUARANTINE_DISCARD_COMMAND,
  OPERATOR_REPLAYS_LIST_COMMAND,
  OPERATOR_PROCESSORS_LIST_COMMAND,
  OPERATOR_PROCESSORS_GET_COMMAND,
  OPERATOR_PROCESSORS_REVOKE_COMMAND,
  OPERATOR_DISPATCH_LIST_COMMAND,
  OPERATOR_DISPATCH_PAUSE_COMMAND,
  OPERATOR_DISPATCH_RESUME_COMMAND,
  OPERATOR_DISPATCH_AGAIN_COMMAND,
  OPERATOR_JOBS_GET_COMMAND,
  OPERATOR_JOBS_ABORT_COMMAND,
  OPERATOR_DEAD_LETTERS_LIST_COMMAND,
  OPERATOR_DEAD_LETTERS_REDRIVE_COMMAND,
  OPERATOR_KEYS_LIST_COMMAND,
  OPERATOR_KEYS_RETIRE_COMMAND,
  OPERATOR_AUDIT_LIST_COMMAND,
  EVENTS_TAIL_COMMAND,
  CONFORMANCE_RUN_COMMAND,
  CONFORMANCE_SERVE_COMMAND,
  CONFORMANCE_REPORT_COMMAND,
  INIT_COMMAND,
  ENV_CHECK_COMMAND,
  ENV_SHOW_COMMAND,
  ENV_COST_COMMAND,
  ENV_DIFF_COMMAND,
  ENV_POLICIES_BUILD_COMMAND,
  DOCTOR_COMMAND,
  SMOKE_COMMAND,
  DEV_COMMAND,
  ENCRYPTION_KEY_COMMAND,
  UPGRADE_TASKS_COMMAND,
  VERSION_COMMAND,
  COMPLETION_COMMAND,
];
