import type { TimelineKind } from '../../../contract/task.ts';
import {
  EXPIRES_AT,
  JOB_ID,
  KEY_ID,
  LATE_ID,
  OPENED_AT,
  PAYLOAD,
  RECEIVED_AT,
  REQUEST_ID,
  SHA256,
  TASK,
  TASK_ID,
} from './example-values.ts';
import type { OperatorSchemaName } from './operator-schemas.ts';

const OTHER_SHA256 = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';
const REPLAYED_AT = '2026-11-29T09:41:00.000Z';
const FROM = '198.51.100.9';
const REASON = 'The processor asked for a new delivery.';
const OPERATOR = { sub: 'ada', issuer: 'https://idp.example.com' };

const REPLAY = {
  first: { at: RECEIVED_AT, sha256: SHA256 },
  second: { at: REPLAYED_AT, from: FROM, sha256: OTHER_SHA256 },
};

const QUARANTINED = {
  id: LATE_ID,
  capability: 'result',
  ...PAYLOAD,
  why: 'late',
};

const PROCESSOR = {
  id: TASK.processor,
  carriers: ['header'],
  proof: 'none',
  grade: 'C',
  contentTypes: ['application/json'],
  maxExpiresIn: 604_800,
  replayMode: 'acknowledge',
  pending: 12,
  oldestPendingAt: OPENED_AT,
  expiringWithinHour: 1,
  accepted24h: 340,
  replays24h: 0,
};

const DISPATCH = {
  processor: TASK.processor,
  revision: 1,
  queued: 4,
  oldestAt: OPENED_AT,
  failed: 1,
  lastHour: { accepted: 118, retried: 6, failed: 1 },
  breaker: 'closed',
  nextAttemptAt: RECEIVED_AT,
};

const KEY = {
  kid: KEY_ID,
  alg: 'ES256',
  state: 'signing',
  signFrom: '2026-11-29T06:00:00.000Z',
  signUntil: '2026-11-30T06:00:00.000Z',
  verifyUntil: '2026-12-07T06:00:05.000Z',
};

/** An example of every JSON body of the operator API. Each satisfies its schema. */
export const OPERATOR_EXAMPLES = {
  OperatorAction: { reason: REASON, revision: 2 },
  OperatorTask: {
    ...TASK,
    revision: 2,
    timeline: [
      { at: OPENED_AT, kind: 'opened' },
      { at: RECEIVED_AT, kind: 'delivered', capability: 'result' },
      { at: REPLAYED_AT, kind: 'replayed', from: FROM, replay: REPLAY },
    ],
    callbacks: [
      {
        capability: 'result',
        jtiEnd: 'q8Rk2A',
        carrier: 'header',
        grade: 'C',
        uses: 1,
        maxUses: 1,
        expiresAt: EXPIRES_AT,
      },
    ],
    quarantine: [],
  },
  OperatorQuarantine: {
    quarantine: [{ taskId: TASK_ID, application: TASK.application, processor: TASK.processor, ...QUARANTINED }],
  },
  Replays: {
    replays: [
      {
        taskId: TASK_ID,
        application: TASK.application,
        processor: TASK.processor,
        at: REPLAYED_AT,
        from: FROM,
        count: 1,
        ...REPLAY,
      },
    ],
  },
  Reveal: { of: 'result', reason: REASON },
  RevealedPayload: {
    contentType: 'application/json',
    size: 22,
    sha256: SHA256,
    preview: { kind: 'text', text: '{"text":"Total 42.00"}', truncated: false },
    url: 'https://payloads.s3.eu-west-1.amazonaws.com/object?X-Amz-Signature=0',
    expiresAt: REPLAYED_AT,
  },
  ProcessorState: PROCESSOR,
  ProcessorStates: { processors: [PROCESSOR] },
  ProcessorAction: { reason: REASON, revision: 1 },
  DispatchState: { ...DISPATCH, paused: { by: OPERATOR, reason: REASON, at: REPLAYED_AT } },
  DispatchStates: { processors: [DISPATCH] },
  DispatchAll: { plan: true, of: 'failed' },
  RevokeAll: { planId: JOB_ID, confirm: 12, reason: REASON },
  RevocationPlan: { planId: JOB_ID, count: 12, sample: [TASK_ID], expiresAt: EXPIRES_AT },
  StartedJob: { jobId: JOB_ID },
  Job: { jobId: JOB_ID, state: 'running', count: 12, done: 3, skipped: 1, failed: [], pace: 50 },
  JobAbort: { reason: REASON },
  DeadLetters: {
    queues: [
      {
        queue: 'publish',
        count: 1,
        oldestAt: RECEIVED_AT,
        items: [
          {
            id: 'f4f6c2b0-5b1e-4a51-9a5b-3d7d5b0a4f6e',
            at: RECEIVED_AT,
            taskId: TASK_ID,
            reason: 'refused by the bus',
          },
        ],
      },
    ],
  },
  Redrive: { reason: REASON },
  StartedRedrive: { queue: 'publish' },
  SigningKey: { ...KEY, state: 'retired', retiredAt: REPLAYED_AT },
  SigningKeys: { keys: [KEY] },
  KeyRetirement: { reason: 'The private key may have leaked.' },
  AuditPage: {
    audit: [
      {
        id: 'Wm1pVfC0o7q3ZpXn8uYt5g',
        at: REPLAYED_AT,
        operator: OPERATOR,
        action: 'cancel',
        target: TASK_ID,
        taskId: TASK_ID,
        reason: REASON,
        revision: { before: 1, after: 2 },
        from: FROM,
        requestId: REQUEST_ID,
        outcome: 'done',
      },
    ],
  },
} as const satisfies Record<OperatorSchemaName, unknown>;

/** The view of a task after an operator acted on it. */
export const afterAction = (kind: TimelineKind, task: object) => ({
  ...task,
  revision: 3,
  timeline: [
    { at: OPENED_AT, kind: 'opened' },
    { at: RECEIVED_AT, kind, operator: OPERATOR, reason: REASON },
  ],
  callbacks: [],
  quarantine: [],
});
