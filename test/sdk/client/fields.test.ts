import { describe, expect, test } from 'vitest';
import type { OperatorId } from '../../../lambda/contract/audit.ts';
import type { DispatchView } from '../../../lambda/contract/dispatch.ts';
import type { DetailType, EventDetail, OperatorEventDetail, TaskDetailType } from '../../../lambda/contract/events.ts';
import type {
  DeadLetterList,
  DispatchAllRequest,
  ProcessorDispatchList,
  ProcessorDispatchView,
  ProcessorList,
  SigningKeyList,
} from '../../../lambda/contract/operator-api.ts';
import type { RefusedContentType } from '../../../lambda/contract/problem.ts';
import type { ResumeView } from '../../../lambda/contract/resume.ts';
import type { QuarantineList } from '../../../lambda/contract/sender-api.ts';
import type { ReplayEvidence } from '../../../lambda/contract/task.ts';
import { describeApi } from '../../../lambda/functions/metadata/openapi/document.ts';
import { DETAIL_TYPE_NAMES, eventSchema } from '../../../lambda/functions/metadata/openapi/event-schemas.ts';
import type { JsonSchema } from '../../../lambda/functions/metadata/openapi/model.ts';
import { responseOf } from '../../../lambda/functions/metadata/openapi/shared-responses.ts';
import type * as Client from '../../../sdk/client/index.ts';
import type * as Operator from '../../../sdk/client/operator/index.ts';

/**
 * Every field of a request, answer or event has its type. The compiler holds these tables against the types, and the tests hold
 * them against the API description: so both have the same members, of the same kinds, required or optional.
 */

type Kind<T> = unknown extends T
  ? 'any'
  : [T] extends [string]
    ? 'string'
    : [T] extends [number]
      ? 'number'
      : [T] extends [boolean]
        ? 'boolean'
        : [T] extends [readonly unknown[]]
          ? 'array'
          : 'object';

/** The kind of each member of a type, with a question mark if it is optional. */
type Fields<T> = {
  readonly [K in keyof T]-?: `${Kind<Exclude<T[K], undefined>>}${object extends Pick<T, K> ? '?' : ''}`;
};

const fields = <T>(table: Fields<T>): Readonly<Record<string, string>> => table;

const PAYLOAD = { contentType: 'string', size: 'number', sha256: 'string', receivedAt: 'string' } as const;
const QUARANTINED = { ...PAYLOAD, id: 'string', capability: 'string', why: 'string' } as const;
const OF_TASK = { taskId: 'string', application: 'string', processor: 'string' } as const;
const OPERATOR_ID = fields<OperatorId>({ sub: 'string', issuer: 'string' });
const TASK = {
  ...OF_TASK,
  status: 'string',
  resource: 'string',
  owner: 'string?',
  metadata: 'object?',
  createdAt: 'string',
  expiresAt: 'string',
  heartbeat: 'number?',
  closedAt: 'string?',
  result: 'object?',
  failure: 'object?',
  progress: 'object?',
  resume: 'object?',
  dispatch: 'object?',
  history: 'array',
} as const;
const RESUME = fields<ResumeView>({ kind: 'string', state: 'string', at: 'string?', reason: 'string?' });
const DISPATCH = fields<DispatchView>({
  state: 'string',
  attempts: 'number',
  lastAttemptAt: 'string?',
  lastStatus: 'number?',
  acceptedAt: 'string?',
  remoteId: 'string?',
  reason: 'string?',
});
const PROCESSOR_DISPATCH = fields<ProcessorDispatchView>({
  processor: 'string',
  revision: 'number',
  queued: 'number',
  oldestAt: 'string?',
  failed: 'number',
  lastHour: 'object',
  breaker: 'string',
  paused: 'object?',
  nextAttemptAt: 'string?',
});
const LAST_HOUR = fields<ProcessorDispatchView['lastHour']>({
  accepted: 'number',
  retried: 'number',
  failed: 'number',
});
const PAUSED = fields<NonNullable<ProcessorDispatchView['paused']>>({ by: 'object', reason: 'string', at: 'string' });
const HISTORY = fields<Client.Task['history'][number]>({ at: 'string', status: 'string' });
const REISSUE = { callbacks: 'array?', expiresIn: 'number?', carrier: 'string?' } as const;
const REASON = { reason: 'string' } as const;
const FIRST = fields<ReplayEvidence['first']>({ at: 'string', sha256: 'string' });
const SECOND = fields<ReplayEvidence['second']>({ at: 'string', from: 'string', sha256: 'string' });
const QUARANTINED_FIELDS = fields<Client.QuarantinedView>(QUARANTINED);
const PROCESSOR = fields<Operator.ProcessorView>({
  id: 'string',
  carriers: 'array',
  proof: 'string',
  grade: 'string',
  contentTypes: 'array',
  maxExpiresIn: 'number',
  replayMode: 'string',
  pending: 'number',
  oldestPendingAt: 'string?',
  expiringWithinHour: 'number',
  accepted24h: 'number',
  replays24h: 'number',
});
const SIGNING_KEY = fields<Operator.SigningKeyView>({
  kid: 'string',
  alg: 'string',
  state: 'string',
  signFrom: 'string?',
  signUntil: 'string?',
  verifyUntil: 'string?',
  retiredAt: 'string?',
});

/** Every object of a body, by its schema and the place in it: `[]` is an item, `|0` an alternative. */
const OBJECTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  OpenTask: fields<Client.OpenTaskRequest>({
    processor: 'string',
    resource: 'string',
    owner: 'string?',
    expiresIn: 'number',
    heartbeat: 'number?',
    callbacks: 'array?',
    carrier: 'string?',
    metadata: 'object?',
    resume: 'object?',
    supersedes: 'string?',
    input: 'any?',
    dispatch: 'boolean?',
  }),
  'OpenTask.resume|0': fields<Extract<Client.ResumeRequest, { kind: 'stepFunctions' }>>({
    kind: 'string',
    taskToken: 'string',
    arn: 'string?',
  }),
  'OpenTask.resume|1': fields<Extract<Client.ResumeRequest, { kind: 'durableFunction' }>>({
    kind: 'string',
    callbackId: 'string',
    arn: 'string?',
  }),
  ReissueCallbacks: fields<Client.ReissueCallbacksRequest>(REISSUE),
  ReopenTask: fields<Client.ReopenTaskRequest>({ ...REISSUE, ...REASON, input: 'any?' }),
  OpenedTask: fields<Client.TaskWithCallbacks>({
    taskId: 'string',
    application: 'string',
    status: 'string',
    createdAt: 'string',
    expiresAt: 'string',
    callbacks: 'object',
    dispatch: 'object?',
  }),
  'OpenedTask.dispatch': fields<NonNullable<Client.TaskWithCallbacks['dispatch']>>({ state: 'string' }),
  'OpenedTask.callbacks': fields<Client.Callbacks>({
    result: 'object?',
    failure: 'object?',
    progress: 'object?',
    upload: 'object?',
  }),
  Callback: fields<Client.Callback>({
    method: 'string',
    url: 'string',
    token: 'string?',
    expiresAt: 'string',
    maxUses: 'number',
    grade: 'string',
  }),
  Task: fields<Client.Task>(TASK),
  'Task.resume': RESUME,
  'Task.dispatch': DISPATCH,
  'Task.history[]': HISTORY,
  TaskPage: fields<Client.TaskPage>({ tasks: 'array', cursor: 'string?' }),
  Payload: fields<Client.Payload>(PAYLOAD),
  Progress: fields<Client.Progress>({ percent: 'number?', note: 'string?', at: 'string' }),
  Quarantine: fields<QuarantineList>({ quarantine: 'array' }),
  'Quarantine.quarantine[]': QUARANTINED_FIELDS,
  Problem: fields<Client.Problem>({
    type: 'string',
    title: 'string',
    status: 'number',
    code: 'string',
    requestId: 'string',
    detail: 'string?',
    errors: 'array?',
    revision: 'number?',
  }),
  OperatorAction: fields<Operator.OperatorActionRequest>({ ...REASON, revision: 'number' }),
  OperatorTask: fields<Operator.OperatorTaskView>({
    ...TASK,
    revision: 'number',
    timeline: 'array',
    callbacks: 'array',
    quarantine: 'array',
  }),
  'OperatorTask.resume': RESUME,
  'OperatorTask.dispatch': DISPATCH,
  'OperatorTask.history[]': HISTORY,
  'OperatorTask.timeline[]': fields<Operator.TimelineEntry>({
    at: 'string',
    kind: 'string',
    from: 'string?',
    operator: 'object?',
    reason: 'string?',
    capability: 'string?',
    replay: 'object?',
  }),
  'OperatorTask.timeline[].operator': OPERATOR_ID,
  'OperatorTask.timeline[].replay': fields<ReplayEvidence>({ first: 'object', second: 'object' }),
  'OperatorTask.timeline[].replay.first': FIRST,
  'OperatorTask.timeline[].replay.second': SECOND,
  'OperatorTask.callbacks[]': fields<Operator.CallbackView>({
    capability: 'string',
    jtiEnd: 'string',
    carrier: 'string',
    grade: 'string?',
    uses: 'number',
    maxUses: 'number',
    expiresAt: 'string',
    revokedAt: 'string?',
  }),
  'OperatorTask.quarantine[]': QUARANTINED_FIELDS,
  OperatorQuarantine: fields<Operator.QuarantinePage>({ quarantine: 'array', cursor: 'string?' }),
  'OperatorQuarantine.quarantine[]': fields<Operator.QuarantinePage['quarantine'][number]>({
    ...OF_TASK,
    ...QUARANTINED,
  }),
  Replays: fields<Operator.ReplayPage>({ replays: 'array', cursor: 'string?' }),
  'Replays.replays[]': fields<Operator.ReplayView>({
    ...OF_TASK,
    at: 'string',
    from: 'string',
    count: 'number',
    first: 'object?',
    second: 'object',
  }),
  'Replays.replays[].first': FIRST,
  'Replays.replays[].second': SECOND,
  Reveal: fields<Operator.RevealRequest>({ ...REASON, of: 'string' }),
  RevealedPayload: fields<Operator.RevealedPayload>({
    contentType: 'string',
    size: 'number',
    sha256: 'string',
    preview: 'object',
    url: 'string',
    expiresAt: 'string',
  }),
  'RevealedPayload.preview': fields<Operator.RevealedPayload['preview']>({
    kind: 'string',
    text: 'string',
    truncated: 'boolean',
  }),
  'DispatchAll|0': fields<Extract<DispatchAllRequest, { plan: true }>>({ plan: 'boolean', of: 'string' }),
  'DispatchAll|1': fields<Operator.RevocationConfirmation>({ ...REASON, planId: 'string', confirm: 'number' }),
  DispatchStates: fields<ProcessorDispatchList>({ processors: 'array' }),
  'DispatchStates.processors[]': PROCESSOR_DISPATCH,
  'DispatchStates.processors[].lastHour': LAST_HOUR,
  'DispatchStates.processors[].paused': PAUSED,
  'DispatchStates.processors[].paused.by|0': OPERATOR_ID,
  ProcessorAction: fields<Operator.OperatorActionRequest>({ ...REASON, revision: 'number' }),
  DispatchState: PROCESSOR_DISPATCH,
  'DispatchState.lastHour': LAST_HOUR,
  'DispatchState.paused': PAUSED,
  'DispatchState.paused.by|0': OPERATOR_ID,
  ProcessorState: PROCESSOR,
  ProcessorStates: fields<ProcessorList>({ processors: 'array' }),
  'ProcessorStates.processors[]': PROCESSOR,
  'RevokeAll|0': fields<{ readonly plan: true }>({ plan: 'boolean' }),
  'RevokeAll|1': fields<Operator.RevocationConfirmation>({ ...REASON, planId: 'string', confirm: 'number' }),
  RevocationPlan: fields<Operator.PlanView>({
    planId: 'string',
    count: 'number',
    sample: 'array',
    expiresAt: 'string',
  }),
  StartedJob: fields<Operator.StartedJob>({ jobId: 'string' }),
  Job: fields<Operator.JobView>({
    jobId: 'string',
    state: 'string',
    count: 'number',
    done: 'number',
    skipped: 'number',
    failed: 'array',
    pace: 'number',
  }),
  JobAbort: fields<Operator.ReasonRequest>(REASON),
  DeadLetters: fields<DeadLetterList>({ queues: 'array' }),
  'DeadLetters.queues[]': fields<Operator.DeadLetterQueueView>({
    queue: 'string',
    count: 'number',
    oldestAt: 'string?',
    items: 'array',
  }),
  'DeadLetters.queues[].items[]': fields<Operator.DeadLetterView>({
    id: 'string',
    at: 'string',
    taskId: 'string?',
    reason: 'string',
  }),
  Redrive: fields<Operator.RedriveLettersRequest>({ ...REASON, id: 'string?' }),
  StartedRedrive: fields<Operator.StartedRedrive>({ queue: 'string', id: 'string?' }),
  SigningKey: SIGNING_KEY,
  SigningKeys: fields<SigningKeyList>({ keys: 'array' }),
  'SigningKeys.keys[]': SIGNING_KEY,
  KeyRetirement: fields<Operator.ReasonRequest>(REASON),
  AuditPage: fields<Operator.AuditPage>({ audit: 'array', cursor: 'string?' }),
  'AuditPage.audit[]': fields<Operator.AuditView>({
    ...REASON,
    id: 'string',
    at: 'string',
    operator: 'object',
    action: 'string',
    target: 'string',
    taskId: 'string?',
    revision: 'object?',
    from: 'string',
    requestId: 'string',
    outcome: 'string',
    jobId: 'string?',
  }),
  'AuditPage.audit[].operator': OPERATOR_ID,
  'AuditPage.audit[].revision': fields<NonNullable<Operator.AuditView['revision']>>({
    before: 'number',
    after: 'number',
  }),
};

const LIST = {
  status: 'string?',
  processor: 'string?',
  resource: 'string?',
  owner: 'string?',
  createdAfter: 'string?',
  createdBefore: 'string?',
  limit: 'number?',
  cursor: 'string?',
} as const;
const EVIDENCE = fields<Operator.EvidenceListQuery>({ order: 'string?', limit: 'number?', cursor: 'string?' });

/** Query parameters by operation. */
const QUERIES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  listTasks: fields<Client.ListTasksQuery>(LIST),
  operatorListTasks: fields<Operator.OperatorListTasksQuery>({
    ...LIST,
    application: 'string?',
    expiresBefore: 'string?',
    has: 'string?',
  }),
  operatorListQuarantine: EVIDENCE,
  operatorListReplays: EVIDENCE,
  operatorListAudit: fields<Operator.AuditListQuery>({
    operator: 'string?',
    action: 'string?',
    target: 'string?',
    after: 'string?',
    before: 'string?',
    limit: 'number?',
    cursor: 'string?',
  }),
};

const DETAIL = {
  id: 'string',
  sequence: 'number',
  taskId: 'string',
  application: 'string',
  processor: 'string',
  resource: 'string',
  owner: 'string?',
  metadata: 'object?',
  status: 'string',
  createdAt: 'string',
  expiresAt: 'string',
  at: 'string',
  result: 'object?',
  failure: 'object?',
  progress: 'object?',
  replay: 'object?',
  resume: 'object?',
  dispatch: 'object?',
} as const satisfies Fields<EventDetail>;

/** `detail` by detail type. */
const DETAILS = {
  'Task Opened': DETAIL,
  'Task Progressed': { ...DETAIL, progress: 'object' },
  'Task Succeeded': { ...DETAIL, result: 'object' },
  'Task Failed': DETAIL,
  'Task Expired': DETAIL,
  'Task Cancelled': DETAIL,
  'Task Quarantined': DETAIL,
  'Task Reopened': DETAIL,
  'Callbacks Revoked': DETAIL,
  'Workflow Resumed': { ...DETAIL, resume: 'object' },
  'Resume Refused': { ...DETAIL, resume: 'object' },
  'Task Dispatched': { ...DETAIL, dispatch: 'object' },
  'Dispatch Failed': { ...DETAIL, dispatch: 'object' },
  'Replay Detected': { ...DETAIL, replay: 'object' },
  'Operator Acted': {
    id: 'string',
    at: 'string',
    action: 'string',
    target: 'string',
    taskId: 'string?',
    application: 'string?',
    operator: 'object',
    outcome: 'string',
  } satisfies Fields<OperatorEventDetail>,
} as const satisfies { readonly [D in DetailType]: Fields<Client.DetailOf<D>> };

const EVERY_STATUS = { pending: true, succeeded: true, failed: true, expired: true, cancelled: true } as const;
const CLOSED = { succeeded: true, failed: true, expired: true, cancelled: true } as const;

/** Statuses that a task can have in an event, all of them. */
const STATUSES: { readonly [D in TaskDetailType]: Readonly<Record<Client.DetailOf<D>['status'], true>> } = {
  'Task Opened': { pending: true },
  'Task Progressed': { pending: true },
  'Task Succeeded': { succeeded: true },
  'Task Failed': { failed: true },
  'Task Expired': { expired: true },
  'Task Cancelled': { cancelled: true },
  'Task Quarantined': EVERY_STATUS,
  'Task Reopened': { pending: true },
  'Callbacks Revoked': { pending: true },
  'Workflow Resumed': CLOSED,
  'Resume Refused': CLOSED,
  'Task Dispatched': EVERY_STATUS,
  'Dispatch Failed': { pending: true, failed: true },
  'Replay Detected': EVERY_STATUS,
};

const DOCUMENT = describeApi({ origin: 'https://description.test', abbreviations: false });
const OPERATIONS = Object.values(DOCUMENT.paths).flatMap((methods) => Object.values(methods));
const CLIENT_OPERATIONS = OPERATIONS.filter(({ operationId, tags }) =>
  tags.some((tag) => tag === 'sender' || (tag === 'operator' && operationId.startsWith('operator'))),
);

const refOf = ({ $ref }: JsonSchema): string | undefined =>
  typeof $ref === 'string' ? $ref.replace('#/components/schemas/', '') : undefined;

const kindOf = (schema: JsonSchema): string => {
  if (refOf(schema) !== undefined || schema.oneOf !== undefined) return 'object';
  if (schema.const !== undefined) return typeof schema.const;
  if (Array.isArray(schema.enum)) return typeof schema.enum[0];
  // Without a type, the value may be any JSON.
  return schema.type === 'integer' ? 'number' : String(schema.type ?? 'any');
};

/** The kinds of the properties of a schema, as in the tables. */
const fieldsOf = (schema: JsonSchema): Readonly<Record<string, string>> => {
  const required = (schema.required ?? []) as readonly string[];
  const properties = Object.entries((schema.properties ?? {}) as Readonly<Record<string, JsonSchema>>);
  return Object.fromEntries(
    properties.map(([name, property]) => [name, `${kindOf(property)}${required.includes(name) ? '' : '?'}`]),
  );
};

/** Collects every object that a schema has or refers to, by its place. */
const collect = (place: string, schema: JsonSchema, found: Map<string, JsonSchema>): void => {
  const ref = refOf(schema);
  if (ref !== undefined) {
    const target = DOCUMENT.components.schemas[ref];
    if (target === undefined) throw new Error(`There is no schema ${ref}.`);
    if (!found.has(ref)) collect(ref, target, found);
    return;
  }
  for (const [i, alternative] of ((schema.oneOf ?? []) as readonly JsonSchema[]).entries()) {
    collect(`${place}|${i}`, alternative, found);
  }
  if (schema.items !== undefined) collect(`${place}[]`, schema.items as JsonSchema, found);
  if (schema.properties === undefined) return;
  found.set(place, schema);
  for (const [name, property] of Object.entries(schema.properties as Readonly<Record<string, JsonSchema>>)) {
    collect(`${place}.${name}`, property, found);
  }
};

/** Objects of requests, answers of 2xx, and refusals. Answers of the firewall have no code, and no type. */
const objects = (): ReadonlyMap<string, JsonSchema> => {
  const found = new Map<string, JsonSchema>();
  for (const operation of CLIENT_OPERATIONS) {
    const { operationId, requestBody, responses } = operation;
    const answers = Object.keys(responses).map((status) => {
      const { content } = responseOf(DOCUMENT, operation, status);
      return content?.[status < '300' ? 'application/json' : 'application/problem+json'];
    });
    for (const content of [requestBody?.content['application/json'], ...answers]) {
      if (content?.schema) collect(operationId, content.schema, found);
    }
  }
  return found;
};

describe('the types of @postern/client', () => {
  const found = objects();

  test('are those of every object that its operations take and give', () => {
    const untyped = [...found.keys()].filter((place) => place !== 'Problem.errors[]' && OBJECTS[place] === undefined);
    expect(untyped).toEqual([]);
    expect(Object.keys(OBJECTS).filter((place) => !found.has(place))).toEqual([]);
  });

  test.each(Object.keys(OBJECTS))('have every member of %s', (place) => {
    const schema = found.get(place);
    expect(schema && fieldsOf(schema)).toEqual(OBJECTS[place]);
  });

  test('have every member of an error in a problem', () => {
    const errors = [
      fields<{ detail: string; pointer: string }>({ detail: 'string', pointer: 'string' }),
      fields<{ detail: string; parameter: string }>({ detail: 'string', parameter: 'string' }),
      fields<{ detail: string; header: string }>({ detail: 'string', header: 'string' }),
      fields<RefusedContentType>({ pointer: 'string', message: 'string', accepted: 'array' }),
    ] as const;
    const accepted: readonly Client.ProblemError[] = [
      { detail: '', pointer: '' },
      { detail: '', parameter: '' },
      { detail: '', header: '' },
      { pointer: '', message: '', accepted: [] },
    ];
    expect(accepted).toHaveLength(errors.length);
    const schema = found.get('Problem.errors[]');
    const names = new Set(errors.flatMap((each) => Object.keys(each)));
    expect(Object.keys((schema?.properties ?? {}) as object).sort()).toEqual([...names].sort());
  });

  test('have every query parameter', () => {
    const described = CLIENT_OPERATIONS.flatMap(({ operationId, parameters = [] }) => {
      const query = parameters.filter((parameter) => parameter.in === 'query');
      const named = query.map(({ name, schema }) => [name, `${kindOf(schema)}?`] as const);
      return query.length === 0 ? [] : [[operationId, Object.fromEntries(named)] as const];
    });
    expect(Object.fromEntries(described)).toEqual(QUERIES);
  });

  test('have no header but the idempotency key, which each call that acts has', () => {
    const headers = CLIENT_OPERATIONS.flatMap(({ parameters = [] }) =>
      parameters.filter((each) => each.in === 'header'),
    );
    expect(headers.map(({ name }) => name)).toEqual(['Idempotency-Key']);
  });
});

describe('the types of events', () => {
  test.each(DETAIL_TYPE_NAMES)('have every member of %s', (detailType) => {
    const { properties } = eventSchema(detailType) as { readonly properties: Readonly<Record<string, JsonSchema>> };
    const described = fieldsOf(properties.detail ?? {});
    const typed: Readonly<Record<string, string>> = DETAILS[detailType];
    expect(typed).toMatchObject(described);
    // A type may have an optional member that the schema of this event leaves out.
    const more = Object.entries(typed).filter(([name]) => described[name] === undefined);
    expect(more.filter(([, kind]) => !kind.endsWith('?'))).toEqual([]);
  });

  test.each(Object.keys(STATUSES) as TaskDetailType[])('have the statuses of %s', (detailType) => {
    const schema = eventSchema(detailType) as {
      readonly properties: {
        readonly detail: { readonly properties: { readonly status: { readonly enum: string[] } } };
      };
    };
    expect(Object.keys(STATUSES[detailType]).sort()).toEqual(
      [...schema.properties.detail.properties.status.enum].sort(),
    );
  });
});
