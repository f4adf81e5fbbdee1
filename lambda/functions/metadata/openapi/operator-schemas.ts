import { OPERATOR_ACTIONS } from '../../../contract/audit.ts';
import { CAPABILITY_NAMES } from '../../../contract/capabilities.ts';
import { CARRIERS } from '../../../contract/carriers.ts';
import { BREAKER_PHASES, BULK_SENDINGS } from '../../../contract/operator-api.ts';
import { DEAD_LETTERS_SHOWN, REVOCATION_PLAN } from '../../../contract/operator-limits.ts';
import { GRADE_NAMES, PROOF_NAMES } from '../../../contract/proofs.ts';
import { TIMELINE_KINDS } from '../../../contract/task.ts';
import { KEY_SCHEMAS, type KeySchemaName } from './key-schemas.ts';
import type { JsonSchema } from './model.ts';
import {
  aConst,
  anEnum,
  anObject,
  aRequest,
  ID,
  MEDIA_TYPE,
  PAYLOAD,
  PROCESSOR,
  REASON,
  SHA256,
  SIZE,
  TIME,
  WHY,
} from './schema-parts.ts';

/** Bodies of the operator API. */
export type OperatorSchemaName =
  | 'OperatorAction'
  | 'OperatorTask'
  | 'OperatorQuarantine'
  | 'Replays'
  | 'Reveal'
  | 'RevealedPayload'
  | 'ProcessorState'
  | 'ProcessorStates'
  | 'ProcessorAction'
  | 'DispatchState'
  | 'DispatchStates'
  | 'DispatchAll'
  | 'RevokeAll'
  | 'RevocationPlan'
  | 'StartedJob'
  | 'Job'
  | 'JobAbort'
  | 'DeadLetters'
  | 'Redrive'
  | 'StartedRedrive'
  | KeySchemaName
  | 'AuditPage';

const APPLICATION = { type: 'string', description: 'The application that owns the task.' };
const COUNT = { type: 'integer', minimum: 0 };
const CURSOR = {
  type: 'string',
  description: 'Cursor of the next page; absent on the last page. A short or empty page can have one.',
};
const OPERATOR = anObject({ sub: { type: 'string' }, issuer: { type: 'string' } });
const CAPABILITY = anEnum(CAPABILITY_NAMES);
const ADDRESS = { type: 'string', description: 'Address of the caller.' };
const FIRST = anObject({ at: TIME, sha256: SHA256 });
const SECOND = anObject({ at: TIME, from: ADDRESS, sha256: SHA256 });
const QUARANTINED = { id: ID, capability: anEnum(['result', 'failure']), ...PAYLOAD, why: WHY };

const TIMELINE_ENTRY = anObject(
  {
    at: TIME,
    kind: anEnum(TIMELINE_KINDS),
    from: ADDRESS,
    operator: OPERATOR,
    reason: { type: 'string' },
    capability: CAPABILITY,
    replay: anObject({ first: FIRST, second: SECOND }),
  },
  ['from', 'operator', 'reason', 'capability', 'replay'],
);

const ISSUED_CALLBACK = anObject(
  {
    capability: CAPABILITY,
    jtiEnd: { type: 'string', description: 'The last characters of the `jti` of its token.' },
    carrier: anEnum(CARRIERS),
    grade: anEnum(GRADE_NAMES),
    uses: COUNT,
    maxUses: { type: 'integer', minimum: 1 },
    expiresAt: TIME,
    revokedAt: TIME,
  },
  ['grade', 'revokedAt'],
);

const PROCESSOR_STATE = anObject(
  {
    id: PROCESSOR,
    carriers: { type: 'array', items: anEnum(CARRIERS) },
    proof: anEnum(PROOF_NAMES),
    grade: anEnum(GRADE_NAMES),
    contentTypes: { type: 'array', items: { type: 'string' } },
    maxExpiresIn: { type: 'integer', description: 'Seconds.' },
    replayMode: anEnum(['acknowledge', 'reject']),
    pending: COUNT,
    oldestPendingAt: TIME,
    expiringWithinHour: COUNT,
    accepted24h: COUNT,
    replays24h: COUNT,
  },
  ['oldestPendingAt'],
);

const DISPATCH_STATE = anObject(
  {
    processor: PROCESSOR,
    revision: { ...COUNT, description: 'Grows with each pause and each resumption.' },
    queued: { ...COUNT, description: 'Tasks whose work is to be sent.' },
    oldestAt: { ...TIME, description: 'When the oldest of them was queued.' },
    failed: { ...COUNT, description: 'Tasks whose work could not be sent.' },
    lastHour: anObject({ accepted: COUNT, retried: COUNT, failed: COUNT }),
    breaker: {
      ...anEnum(BREAKER_PHASES),
      description: '`open`: no attempt is made. `halfOpen`: one attempt decides.',
    },
    paused: anObject({
      by: { oneOf: [OPERATOR, { ...aConst('postern'), description: 'The processor wants no more work.' }] },
      reason: { type: 'string' },
      at: TIME,
    }),
    nextAttemptAt: { ...TIME, description: 'Absent while the processor is paused.' },
  },
  ['oldestAt', 'paused', 'nextAttemptAt'],
);

/** Members of a task that only operators see. */
export const OPERATOR_TASK_MEMBERS = {
  revision: {
    ...COUNT,
    description: 'Grows with status, callbacks and quarantine, never with progress, repeats or replays.',
  },
  timeline: { type: 'array', items: TIMELINE_ENTRY, description: 'Oldest first.' },
  callbacks: { type: 'array', items: ISSUED_CALLBACK, description: 'Never a token or a short code.' },
  quarantine: { type: 'array', items: anObject(QUARANTINED) },
} as const;

export const OPERATOR_SCHEMAS: Readonly<Record<Exclude<OperatorSchemaName, 'OperatorTask'>, JsonSchema>> = {
  OperatorAction: aRequest(
    {
      reason: REASON,
      revision: {
        type: 'integer',
        minimum: 0,
        description: 'The `revision` of the view that you decided by. A task with another revision is not changed.',
      },
    },
    [],
  ),
  OperatorQuarantine: anObject(
    {
      quarantine: {
        type: 'array',
        items: anObject({ taskId: ID, application: APPLICATION, processor: PROCESSOR, ...QUARANTINED }),
      },
      cursor: CURSOR,
    },
    ['cursor'],
  ),
  Replays: anObject(
    {
      replays: {
        type: 'array',
        items: anObject(
          {
            taskId: ID,
            application: APPLICATION,
            processor: PROCESSOR,
            at: TIME,
            from: ADDRESS,
            count: { type: 'integer', minimum: 1, description: 'All replays of the task.' },
            first: FIRST,
            second: SECOND,
          },
          ['first'],
        ),
      },
      cursor: CURSOR,
    },
    ['cursor'],
  ),
  Reveal: aRequest(
    {
      of: {
        type: 'string',
        description: '`result`, `failure`, or the id of a delivery in quarantine.',
      },
      reason: REASON,
    },
    [],
  ),
  RevealedPayload: anObject({
    contentType: MEDIA_TYPE,
    size: SIZE,
    sha256: SHA256,
    preview: anObject({ kind: anEnum(['text', 'hex']), text: { type: 'string' }, truncated: { type: 'boolean' } }),
    url: { type: 'string', format: 'uri', description: 'A secret: a presigned URL of the bytes.' },
    expiresAt: TIME,
  }),
  ProcessorState: PROCESSOR_STATE,
  ProcessorStates: anObject({ processors: { type: 'array', items: PROCESSOR_STATE } }),
  ProcessorAction: aRequest(
    {
      reason: REASON,
      revision: {
        type: 'integer',
        minimum: 0,
        description:
          'The `revision` of the processor that you decided by. A processor with another revision is not changed.',
      },
    },
    [],
  ),
  DispatchState: DISPATCH_STATE,
  DispatchStates: anObject({ processors: { type: 'array', items: DISPATCH_STATE } }),
  DispatchAll: {
    oneOf: [
      aRequest({ plan: aConst(true), of: anEnum(BULK_SENDINGS) }, []),
      aRequest({ planId: ID, confirm: { ...COUNT, description: 'The `count` of the plan.' }, reason: REASON }, []),
    ],
  },
  RevokeAll: {
    oneOf: [
      aRequest({ plan: aConst(true) }, []),
      aRequest({ planId: ID, confirm: { ...COUNT, description: 'The `count` of the plan.' }, reason: REASON }, []),
    ],
  },
  RevocationPlan: anObject({
    planId: ID,
    count: COUNT,
    sample: { type: 'array', items: ID, maxItems: REVOCATION_PLAN.sample },
    expiresAt: TIME,
  }),
  StartedJob: anObject({ jobId: ID }),
  Job: anObject({
    jobId: ID,
    state: anEnum(['running', 'done', 'aborted']),
    count: COUNT,
    done: COUNT,
    skipped: COUNT,
    failed: { type: 'array', items: ID },
    pace: { type: 'integer', minimum: 1, description: 'Tasks a second.' },
  }),
  JobAbort: aRequest({ reason: REASON }, []),
  DeadLetters: anObject({
    queues: {
      type: 'array',
      items: anObject(
        {
          queue: { type: 'string' },
          count: COUNT,
          oldestAt: TIME,
          items: {
            type: 'array',
            maxItems: DEAD_LETTERS_SHOWN,
            items: anObject({ id: ID, at: TIME, taskId: ID, reason: { type: 'string' } }, ['taskId']),
          },
        },
        ['oldestAt'],
      ),
    },
  }),
  Redrive: aRequest({ reason: REASON, id: { ...ID, description: 'One letter. Default: all of the queue.' } }, ['id']),
  StartedRedrive: anObject({ queue: { type: 'string' }, id: ID }, ['id']),
  ...KEY_SCHEMAS,
  AuditPage: anObject(
    {
      audit: {
        type: 'array',
        items: anObject(
          {
            id: ID,
            at: TIME,
            operator: OPERATOR,
            action: anEnum(OPERATOR_ACTIONS),
            target: { type: 'string', description: 'The task; otherwise the processor, job, queue or key.' },
            taskId: ID,
            reason: { type: 'string', description: 'Empty if the action was refused before its body was read.' },
            revision: anObject({ before: COUNT, after: COUNT }),
            from: ADDRESS,
            requestId: { type: 'string' },
            outcome: { type: 'string', description: '`done`, or the code of the refusal.' },
            jobId: ID,
          },
          ['taskId', 'revision', 'jobId'],
        ),
      },
      cursor: CURSOR,
    },
    ['cursor'],
  ),
};
