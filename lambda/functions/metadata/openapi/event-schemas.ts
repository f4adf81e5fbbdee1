import { OPERATOR_ACTIONS } from '../../../contract/audit.ts';
import { TASK_ID_PATTERN } from '../../../contract/claims.ts';
import { ANSWER_UNKNOWN, DISPATCH_FAILURES } from '../../../contract/dispatch.ts';
import { MAX_REMOTE_ID_CHARS } from '../../../contract/dispatch-limits.ts';
import {
  type DetailType,
  EVENT_SOURCE,
  type EventDetail,
  eventId,
  OPERATOR_ACTED,
  type OperatorEventDetail,
  type TaskDetailType,
} from '../../../contract/events.ts';
import { MAX_PROGRESS_NOTE_CHARS } from '../../../contract/limits.ts';
import { TASK_STATUSES, type TaskStatus } from '../../../contract/task.ts';
import { EXPIRES_AT, OPENED_AT, RECEIVED_AT, SHA256 as SHA256_EXAMPLE, TASK_ID } from './example-values.ts';
import type { JsonSchema } from './model.ts';
import { RESUME } from './resume-schemas.ts';
import { aConst, anEnum, SHA256 } from './schema-parts.ts';

/**
 * An event as a target of an EventBridge rule gets it.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html
 */
export interface EventEnvelope {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': DetailType;
  readonly source: typeof EVENT_SOURCE;
  readonly account: string;
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: EventDetail | OperatorEventDetail;
}

interface EventDescription {
  /** When the event is published, in one or two sentences. */
  readonly when: string;
  /** Statuses that the task can have in this event. */
  readonly statuses: readonly TaskStatus[];
  /** Members of `detail` that this event always has, beside those that every event has. */
  readonly members: readonly (keyof EventDetail)[];
  /** Members that this event can have, and that belong to few events. */
  readonly optional?: readonly (keyof EventDetail)[];
  /** Properties of the example that differ from a new task. */
  readonly example: Partial<EventDetail>;
}

const RESULT = {
  contentType: 'application/json',
  size: 22,
  sha256: SHA256_EXAMPLE,
  location: `https://callbacks.example.com/v1/tasks/${TASK_ID}/result`,
} as const;
const FAILURE = {
  contentType: 'text/plain',
  size: 20,
  sha256: 'ed398ff418d76edf12737ec1a6fb80ff745d858293e3618605547bdf345450b2',
  location: `https://callbacks.example.com/v1/tasks/${TASK_ID}/failure`,
} as const;

/** Every event of a task. An event that is not described here does not compile. */
const TASK_EVENTS: Readonly<Record<TaskDetailType, EventDescription>> = {
  'Task Opened': {
    when: 'A sender opened the task.',
    statuses: ['pending'],
    members: [],
    example: {},
  },
  'Task Progressed': {
    when: 'The processor reported progress.',
    statuses: ['pending'],
    members: ['progress'],
    example: { progress: { percent: 40, note: 'page 2 of 5', at: RECEIVED_AT } },
  },
  'Task Succeeded': {
    when: 'A result was recorded: by a callback, by an upload, or because a delivery was accepted from quarantine.',
    statuses: ['succeeded'],
    members: ['result'],
    example: { status: 'succeeded', result: RESULT },
  },
  'Task Failed': {
    when: 'A failure was recorded: by a callback, or because a delivery was accepted from quarantine. Or the work could not be sent to the processor: then `dispatch` says why, and there is no `failure`.',
    statuses: ['failed'],
    members: [],
    optional: ['dispatch'],
    example: { status: 'failed', failure: FAILURE },
  },
  'Task Expired': {
    when: 'The deadline or the heartbeat of the task passed. The event comes within two minutes of that moment.',
    statuses: ['expired'],
    members: [],
    example: { status: 'expired' },
  },
  'Task Cancelled': {
    when: 'A sender cancelled the task.',
    statuses: ['cancelled'],
    members: [],
    example: { status: 'cancelled' },
  },
  'Task Quarantined': {
    when: 'A delivery came too late and was kept. The sender can accept or discard it.',
    statuses: TASK_STATUSES,
    members: [],
    example: { status: 'expired' },
  },
  'Task Reopened': {
    when: 'A sender reopened the closed task. The task is pending again and has new callbacks.',
    statuses: ['pending'],
    members: [],
    example: { expiresAt: '2026-11-29T10:40:00.000Z' },
  },
  'Callbacks Revoked': {
    when: 'An operator revoked the callbacks of the pending task. The sender can issue new ones.',
    statuses: ['pending'],
    members: [],
    example: {},
  },
  'Workflow Resumed': {
    when: 'The workflow that waited for the task was told its outcome.',
    statuses: ['succeeded', 'failed', 'expired', 'cancelled'],
    members: ['resume'],
    example: {
      status: 'succeeded',
      result: RESULT,
      resume: { kind: 'stepFunctions', state: 'delivered', at: '2026-11-29T09:41:00.500Z' },
    },
  },
  'Resume Refused': {
    when: 'The workflow that waited for the task will not be told its outcome. `reason` has the name of the error.',
    statuses: ['succeeded', 'failed', 'expired', 'cancelled'],
    members: ['resume'],
    example: {
      status: 'succeeded',
      result: RESULT,
      resume: { kind: 'stepFunctions', state: 'refused', at: '2026-11-29T09:41:00.500Z', reason: 'TaskTimedOut' },
    },
  },
  'Task Dispatched': {
    when: 'The processor accepted the work of the task.',
    statuses: TASK_STATUSES,
    members: ['dispatch'],
    example: { dispatch: { attempts: 1, remoteId: 'job-4711' } },
  },
  'Dispatch Failed': {
    when: 'The work of the task could not be sent to the processor. `reason` says why. With `onFailure: "fail"` the event `Task Failed` follows.',
    statuses: ['pending', 'failed'],
    members: ['dispatch'],
    example: { status: 'failed', dispatch: { attempts: 7, reason: 'AttemptsUsed', lastStatus: 503 } },
  },
  'Replay Detected': {
    when: 'A single-use token came again with another payload. The second payload was refused. An identical repeat makes no event.',
    statuses: TASK_STATUSES,
    members: ['replay'],
    example: {
      status: 'succeeded',
      result: RESULT,
      replay: {
        count: 1,
        from: '203.0.113.7',
        sha256: '486ea46224d1bb4fb680f34f7c9ad96a8f24ec88be73ea8e5a6c65260e9cb8a7',
      },
    },
  },
};

/** When each event is published. */
export const EVENT_DESCRIPTIONS: Readonly<Record<DetailType, Pick<EventDescription, 'when'>>> = {
  ...TASK_EVENTS,
  [OPERATOR_ACTED]: {
    when: 'An operator acted. Refused actions, and those that changed nothing, make no event; the audit has them, and each reason.',
  },
};

export const DETAIL_TYPE_NAMES = Object.keys(EVENT_DESCRIPTIONS) as DetailType[];

const TEXT = { type: 'string' } as const;
const time = (description: string) =>
  ({ type: 'string', format: 'date-time', description: `${description} RFC 3339 in UTC with milliseconds.` }) as const;

const payloadReference = (description: string): JsonSchema => ({
  type: 'object',
  description,
  properties: {
    contentType: { ...TEXT, description: 'The content type as the processor sent it.' },
    size: { type: 'integer', minimum: 0, description: 'Bytes.' },
    sha256: SHA256,
    location: { ...TEXT, format: 'uri', description: 'The route of the sender API that answers with the bytes.' },
  },
  required: ['contentType', 'size', 'sha256', 'location'],
});

/** Everything that `detail` can have. `satisfies` ties it to the type that the publisher fills in. */
const DETAIL_MEMBERS = {
  id: { ...TEXT, description: 'The task id and `sequence`. A second delivery of the same event has the same id.' },
  sequence: {
    type: 'integer',
    minimum: 1,
    description: 'Grows with each change of the task. Sort the events of a task by it: the bus keeps no order.',
  },
  taskId: { ...TEXT, pattern: TASK_ID_PATTERN.source },
  application: { ...TEXT, description: 'The application that owns the task.' },
  processor: { ...TEXT, description: 'Id of the processor.' },
  resource: { ...TEXT, description: 'As the sender gave it.' },
  owner: { ...TEXT, description: 'As the sender gave it.' },
  metadata: { type: 'object', additionalProperties: true, description: 'As the sender gave it.' },
  status: anEnum(TASK_STATUSES),
  createdAt: time('When the task was opened.'),
  expiresAt: time('When its current callbacks expire.'),
  at: time('When the change happened.'),
  result: payloadReference('Location of the result. The result itself is never in an event.'),
  failure: payloadReference('Location of the failure report. The report itself is never in an event.'),
  progress: {
    type: 'object',
    properties: {
      percent: { type: 'number', minimum: 0, maximum: 100 },
      note: { ...TEXT, maxLength: MAX_PROGRESS_NOTE_CHARS },
      at: time('When the report came.'),
    },
    required: ['at'],
  },
  replay: {
    type: 'object',
    properties: {
      count: { type: 'integer', minimum: 1, description: 'Replays of this task until now.' },
      from: { ...TEXT, description: 'Source address of the refused request.' },
      sha256: { ...SHA256, description: 'Digest of the refused delivery.' },
    },
    required: ['count', 'from', 'sha256'],
  },
  resume: RESUME,
  dispatch: {
    type: 'object',
    properties: {
      attempts: { type: 'integer', minimum: 0, description: 'Attempts that were made.' },
      remoteId: { ...TEXT, maxLength: MAX_REMOTE_ID_CHARS, description: 'Id of the job at the processor.' },
      lastStatus: { type: 'integer', description: 'Status of the last answer of the processor.' },
      reason: anEnum([...DISPATCH_FAILURES, ANSWER_UNKNOWN]),
    },
    required: ['attempts'],
  },
} as const satisfies Record<keyof EventDetail, JsonSchema>;

/** Members that every event has. */
const ALWAYS = [
  'id',
  'sequence',
  'taskId',
  'application',
  'processor',
  'resource',
  'status',
  'createdAt',
  'expiresAt',
  'at',
] as const satisfies readonly (keyof EventDetail)[];

/** Members that belong to few events. */
const OWN_MEMBERS: readonly (keyof EventDetail)[] = ['progress', 'replay', 'resume', 'dispatch'];

/**
 * The JSON Schema of an event as a target of a rule gets it. It names nothing outside of itself, and it permits members
 * that a later version may add.
 */
export const eventSchema = (detailType: DetailType): JsonSchema => ({
  type: 'object',
  title: detailType,
  description: EVENT_DESCRIPTIONS[detailType].when,
  properties: {
    version: aConst('0'),
    id: { ...TEXT, description: 'Given by EventBridge. A second delivery of the same change has another one.' },
    'detail-type': aConst(detailType),
    source: aConst(EVENT_SOURCE),
    account: { ...TEXT, description: 'The AWS account of the environment.' },
    time: { ...TEXT, format: 'date-time', description: 'When the change happened, to the second.' },
    region: TEXT,
    resources: { type: 'array', items: TEXT },
    detail: detailType === OPERATOR_ACTED ? OPERATOR_DETAIL : taskDetail(detailType),
  },
  required: ['version', 'id', 'detail-type', 'source', 'account', 'time', 'region', 'resources', 'detail'],
});

const OPERATOR_MEMBERS = {
  id: { ...TEXT, description: 'Id of the item in the audit. A second delivery of the same event has the same id.' },
  at: time('When the operator acted.'),
  action: anEnum(OPERATOR_ACTIONS),
  target: { ...TEXT, description: 'The task; otherwise the processor, job, queue or key.' },
  taskId: { ...TEXT, pattern: TASK_ID_PATTERN.source },
  application: { ...TEXT, description: 'The application that owns the task.' },
  operator: {
    type: 'object',
    properties: { sub: TEXT, issuer: TEXT },
    required: ['sub', 'issuer'],
  },
  outcome: aConst('done'),
} as const satisfies Record<keyof OperatorEventDetail, JsonSchema>;

const OPERATOR_DETAIL: JsonSchema = {
  type: 'object',
  properties: OPERATOR_MEMBERS,
  required: ['id', 'at', 'action', 'target', 'operator', 'outcome'],
};

const taskDetail = (detailType: TaskDetailType): JsonSchema => {
  const { members, optional = [], statuses } = TASK_EVENTS[detailType];
  const names = (Object.keys(DETAIL_MEMBERS) as (keyof EventDetail)[]).filter(
    (name) => !OWN_MEMBERS.includes(name) || members.includes(name) || optional.includes(name),
  );
  const properties = {
    ...Object.fromEntries(names.map((name) => [name, DETAIL_MEMBERS[name]])),
    status: { ...DETAIL_MEMBERS.status, enum: statuses },
  };
  return { type: 'object', properties, required: [...ALWAYS, ...members] };
};

const OPENED: EventDetail = {
  id: eventId(TASK_ID, 1),
  sequence: 1,
  taskId: TASK_ID,
  application: 'invoices',
  processor: 'acme-ocr',
  resource: 'invoice-77',
  owner: 'user-12',
  metadata: { page: 3 },
  status: 'pending',
  createdAt: OPENED_AT,
  expiresAt: EXPIRES_AT,
  at: OPENED_AT,
};

const ACTED: OperatorEventDetail = {
  id: 'Wm1pVfC0o7q3ZpXn8uYt5g',
  at: RECEIVED_AT,
  action: 'cancel',
  target: OPENED.taskId,
  taskId: OPENED.taskId,
  application: OPENED.application,
  operator: { sub: 'ada', issuer: 'https://idp.example.com' },
  outcome: 'done',
};

/** An example of each event; it satisfies the event's schema. */
export const eventExample = (detailType: DetailType): EventEnvelope => {
  const isFirst = detailType === 'Task Opened';
  const sequence = isFirst ? 1 : 2;
  const at = isFirst ? OPENED.at : RECEIVED_AT;
  return {
    version: '0',
    id: '6a7e8feb-b491-4cf7-a9f1-bf3703467718',
    'detail-type': detailType,
    source: EVENT_SOURCE,
    account: '111111111111',
    time: at.replace('.000Z', 'Z'),
    region: 'eu-west-1',
    resources: [],
    detail:
      detailType === OPERATOR_ACTED
        ? ACTED
        : {
            ...OPENED,
            id: eventId(OPENED.taskId, sequence),
            sequence,
            at,
            ...TASK_EVENTS[detailType].example,
          },
  };
};

/** `Task Opened` as a name in a document: `TaskOpened`. */
export const eventName = (detailType: DetailType): string => detailType.replaceAll(' ', '');
