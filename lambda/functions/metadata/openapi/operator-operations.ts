import { OPERATOR_ACTIONS } from '../../../contract/audit.ts';
import { TASK_FINDINGS } from '../../../contract/operator-api.ts';
import { REVOCATION_PLAN } from '../../../contract/operator-limits.ts';
import type { OutcomeCode } from '../../../contract/outcomes.ts';
import { PROCESSOR_ID_PATTERN } from '../../../contract/registry.ts';
import type { RouteName } from '../../../contract/routes.ts';
import { SIGNING_KEY_SECONDS } from '../../../contract/signing-keys.ts';
import { TASK_STATUSES } from '../../../contract/task.ts';
import { CANCELLED_TASK, EXPIRED_TASK, PENDING_TASK, QUEUED_TASK, TASK } from './example-values.ts';
import type { Parameter, Response } from './model.ts';
import { body, json, OF_BODY, type OperationDetails, PAGE_LIMIT, query } from './operation-details.ts';
import { afterAction } from './operator-examples.ts';
import { anEnum } from './schema-parts.ts';
import type { SchemaName } from './schemas.ts';

const TEXT = { type: 'string' };
const TIME = { type: 'string', format: 'date-time' };

const PAGE: readonly Parameter[] = [PAGE_LIMIT, query('cursor', 'The cursor of the page before.', TEXT)];

const ORDER = query('order', 'Order by time.', { ...anEnum(['newest', 'oldest']), default: 'newest' });

const ok = (description: string, name: SchemaName, example?: unknown): Readonly<Record<string, Response>> => ({
  200: { description, content: json(name, example) },
});

/** Refusals of every action on one task, in the order of the checks. */
const OF_ACTION: readonly OutcomeCode[] = [...OF_BODY, 'action_disabled', 'task_unknown', 'task_changed'];

const action = (example: unknown, description: string, ...refusals: readonly OutcomeCode[]): OperationDetails => ({
  description,
  requestBody: body('OperatorAction', true),
  answers: ok('The task as it is then.', 'OperatorTask', example),
  refusals: [...OF_ACTION, ...refusals],
});

/** Every route of the operator API. */
export const OPERATOR_OPERATIONS = {
  operatorListTasks: {
    parameters: [
      query('application', 'Only tasks of this application.', TEXT),
      query('status', 'Only tasks with this status.', anEnum(TASK_STATUSES)),
      query('processor', 'Only tasks of this processor.', { type: 'string', pattern: PROCESSOR_ID_PATTERN.source }),
      query('resource', 'Only tasks about exactly this resource.', TEXT),
      query('owner', 'Only tasks for exactly this owner.', TEXT),
      query('createdAfter', 'Only tasks created after this time.', TIME),
      query('createdBefore', 'Only tasks created before this time.', TIME),
      query('expiresBefore', 'Only pending tasks that expire before this time.', TIME),
      query(
        'has',
        'Only tasks with deliveries in quarantine, with replays, that a processor has with callbacks of a retired key, or that it may not have.',
        anEnum(TASK_FINDINGS),
      ),
      ...PAGE,
    ],
    answers: ok('A page of tasks.', 'TaskPage'),
    refusals: ['processor_unknown'],
  },
  operatorGetTask: { answers: ok('The task.', 'OperatorTask'), refusals: ['task_unknown'] },
  operatorCancelTask: action(
    afterAction('cancelled', CANCELLED_TASK),
    'Every callback token of the task stops working at once.',
    'task_closed',
  ),
  operatorRevokeCallbacks: action(
    afterAction('revoked', PENDING_TASK),
    'Every callback token of the task stops working at once. The task stays pending, and the sender can issue new ones. ' +
      'Without live callbacks nothing changes, and the answer is the same.',
    'task_closed',
  ),
  operatorReopenTask: action(
    afterAction('reopened', PENDING_TASK),
    'Possible from `succeeded` or `failed` only. The task is pending without callbacks until the sender issues new ones.',
    'task_pending',
    'task_closed',
    'reopen_limit',
    'task_resumed',
  ),
  operatorDispatchTask: action(
    afterAction('dispatchQueued', QUEUED_TASK),
    'While the work is queued, the next attempt is made now. Otherwise it is sent with new callbacks, and the earlier ones stop working. ' +
      'A task that failed because its work could not be sent is pending again. An operator never gets a callback URL.',
    'task_closed',
    'not_dispatched',
    'dispatch_running',
    'dispatch_limit',
    'reopen_limit',
    'task_resumed',
  ),
  operatorAcceptQuarantined: action(
    afterAction('accepted', TASK),
    'Possible while the task is expired.',
    'quarantine_unknown',
    'task_pending',
    'task_closed',
  ),
  operatorDiscardQuarantined: action(
    afterAction('discarded', EXPIRED_TASK),
    'The delivery is deleted.',
    'quarantine_unknown',
  ),
  operatorRevealPayload: {
    description: 'Needs the role `operator_payload` in addition. The audit records it before the payload is read.',
    requestBody: body('Reveal', true),
    answers: ok('The beginning of the payload, and a URL of its bytes.', 'RevealedPayload'),
    refusals: [...OF_BODY, 'action_disabled', 'task_unknown', 'quarantine_unknown', 'result_unavailable'],
  },
  operatorListQuarantine: {
    parameters: [ORDER, ...PAGE],
    answers: ok('A page of deliveries in quarantine.', 'OperatorQuarantine'),
    refusals: [],
  },
  operatorListReplays: {
    parameters: [ORDER, ...PAGE],
    answers: ok('A page of tasks with replays, each with its last replay.', 'Replays'),
    refusals: [],
  },
  operatorListProcessors: { answers: ok('The processors.', 'ProcessorStates'), refusals: [] },
  operatorGetProcessor: {
    answers: ok('The processor.', 'ProcessorState'),
    refusals: [],
    refusedInPath: ['processor_unknown'],
  },
  operatorRevokeAll: {
    description: `First a plan, which is good for ${REVOCATION_PLAN.seconds} seconds and once; then the number of its tasks as confirmation.`,
    requestBody: body('RevokeAll', true),
    answers: {
      ...ok('The plan.', 'RevocationPlan'),
      202: { description: 'The revocation has started.', content: json('StartedJob') },
    },
    refusals: [...OF_BODY, 'action_disabled', 'plan_unknown', 'plan_changed'],
    refusedInPath: ['processor_unknown'],
  },
  operatorDispatchAll: {
    description:
      '`failed` are tasks whose work could not be sent. `retired_key` are tasks that the processor has with callbacks of a retired key. ' +
      '`answer_unknown` are tasks that the processor may not have: it refused a job that it may have got before. ' +
      `First a plan, which is good for ${REVOCATION_PLAN.seconds} seconds and once; then the number of its tasks as confirmation.`,
    requestBody: body('DispatchAll', true),
    answers: {
      ...ok('The plan.', 'RevocationPlan'),
      202: { description: 'The job has started.', content: json('StartedJob') },
    },
    refusals: [...OF_BODY, 'action_disabled', 'plan_unknown', 'plan_changed'],
    refusedInPath: ['processor_unknown'],
  },
  operatorListDispatch: {
    description: 'Only processors that Postern sends work to. `failed` counts tasks whose work could not be sent.',
    answers: ok('The processors.', 'DispatchStates'),
    refusals: [],
  },
  operatorPauseProcessor: {
    description:
      'No attempt is made until an operator resumes the processor. The tasks stay queued. A processor that is paused already stays as it is, ' +
      'and the answer is the same.',
    requestBody: body('ProcessorAction', true),
    answers: ok('The processor as it is then.', 'DispatchState'),
    refusals: [...OF_BODY, 'action_disabled', 'task_changed'],
    refusedInPath: ['processor_unknown'],
  },
  operatorResumeProcessor: {
    description:
      'Its breaker closes too. What is due is sent at once. For a processor that is not paused nothing changes.',
    requestBody: body('ProcessorAction', true),
    answers: ok('The processor as it is then.', 'DispatchState'),
    refusals: [...OF_BODY, 'action_disabled', 'task_changed'],
    refusedInPath: ['processor_unknown'],
  },
  operatorGetJob: { answers: ok('The bulk job.', 'Job'), refusals: ['job_unknown'] },
  operatorAbortJob: {
    description: 'A finished one stays `done`.',
    requestBody: body('JobAbort', true),
    answers: ok('The bulk job.', 'Job'),
    refusals: [...OF_BODY, 'action_disabled', 'job_unknown'],
  },
  operatorListDeadLetters: { answers: ok('The queues.', 'DeadLetters'), refusals: [] },
  operatorRedrive: {
    requestBody: body('Redrive', true),
    answers: { 202: { description: 'The work is done again, at a pace.', content: json('StartedRedrive') } },
    refusals: [...OF_BODY, 'action_disabled', 'queue_unknown', 'letter_unknown'],
  },
  operatorListKeys: {
    description: `The keys whose tokens are accepted, and retired ones. ${SIGNING_KEY_SECONDS.refresh} seconds after its retirement a key signs no token, and none of its tokens is accepted.`,
    answers: ok('The keys, newest first.', 'SigningKeys'),
    refusals: [],
  },
  operatorRetireKey: {
    description:
      'The next key signs at once. Tokens of the retired key are refused with `token_key_unknown`, repeats too. Short URLs go on. ' +
      `Senders issue new callbacks for the tasks that were opened until ${SIGNING_KEY_SECONDS.refresh} seconds after \`retiredAt\`. ` +
      'For a key that was retired before, nothing changes and the answer is the same.',
    requestBody: body('KeyRetirement', true),
    answers: ok('The key.', 'SigningKey'),
    refusals: [...OF_BODY, 'action_disabled', 'key_unknown', 'key_not_rotating'],
  },
  operatorListAudit: {
    parameters: [
      query('operator', 'Only actions of the operator with this `sub`.', TEXT),
      query('action', 'Only this action.', anEnum(OPERATOR_ACTIONS)),
      query('target', 'Only actions on this task, processor, job, queue or key.', TEXT),
      query('after', 'Only actions after this time.', TIME),
      query('before', 'Only actions before this time.', TIME),
      ...PAGE,
    ],
    answers: ok('A page of actions, newest first.', 'AuditPage'),
    refusals: [],
  },
} as const satisfies Readonly<Partial<Record<RouteName, OperationDetails>>>;
