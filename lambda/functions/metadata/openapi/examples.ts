import { OPERATOR_ACTIONS } from '../../../contract/audit.ts';
import { PAGE_SIZE, SHORT_CODE_CHARS } from '../../../contract/limits.ts';
import {
  ACCEPTED_TASK,
  EXPIRES_AT,
  HASH,
  KEY_ID,
  LATE_ID,
  OPENED_AT,
  PAYLOAD,
  QUEUED_TASK,
  RECEIVED_AT,
  REQUEST_ID,
  SHA256,
  TASK,
  TASK_ID,
  TOKEN,
} from './example-values.ts';
import { OPERATOR_EXAMPLES } from './operator-examples.ts';
import type { SchemaName } from './schemas.ts';

/** A callback by header, so that no example of a URL looks like a credential. */
const CALLBACK = {
  method: 'POST',
  url: `https://callbacks.example.com/v1/results/${TASK_ID}`,
  token: TOKEN,
  expiresAt: EXPIRES_AT,
  maxUses: 1,
  grade: 'C',
};

const OPENED_TASK = {
  taskId: TASK_ID,
  application: 'invoices',
  status: 'pending',
  createdAt: OPENED_AT,
  expiresAt: EXPIRES_AT,
};

/** An example of every JSON body. Each satisfies its schema. */
export const EXAMPLES = {
  OpenTask: {
    processor: 'header-ocr',
    resource: 'invoice-77',
    owner: 'user-12',
    expiresIn: 3_600,
    callbacks: ['result', 'failure'],
    metadata: { page: 3 },
  },
  ReissueCallbacks: { expiresIn: 7_200 },
  ReopenTask: { reason: 'The result was of another invoice.' },
  OpenedTask: { ...OPENED_TASK, callbacks: { result: CALLBACK } },
  Callback: CALLBACK,
  Task: TASK,
  TaskPage: { tasks: [TASK] },
  Payload: PAYLOAD,
  Progress: { percent: 40, note: 'page 2 of 5', at: RECEIVED_AT },
  Quarantine: { quarantine: [{ id: LATE_ID, capability: 'result', ...PAYLOAD, why: 'late' }] },
  ProgressReport: { percent: 40, note: 'page 2 of 5' },
  UploadOffer: { contentType: 'application/pdf', size: 5_000_000, sha256: SHA256 },
  HandshakeConfirmation: {
    hash: HASH,
    url: 'https://processor.example.com/jobs',
  },
  Upload: {
    method: 'PUT',
    url: 'https://payloads.s3.eu-west-1.amazonaws.com/object?X-Amz-Signature=0',
    headers: { 'Content-Type': 'application/pdf' },
    expiresAt: '2026-11-29T09:55:00.000Z',
  },
  Receipt: { taskId: TASK_ID, status: 'succeeded', receivedAt: RECEIVED_AT },
  KeySet: {
    keys: [
      {
        kty: 'EC',
        crv: 'P-256',
        x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
        y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
        kid: KEY_ID,
        alg: 'ES256',
        use: 'sig',
      },
    ],
  },
  ProblemDescription: {
    type: 'https://callbacks.example.com/problems/task_closed',
    code: 'task_closed',
    status: 409,
    title: 'The task is already closed.',
    remedy: 'Nothing more can be delivered to this task, and nothing more is needed.',
  },
  Problem: {
    type: 'https://callbacks.example.com/problems/task_closed',
    title: 'The task is already closed.',
    status: 409,
    code: 'task_closed',
    requestId: REQUEST_ID,
  },
  ...OPERATOR_EXAMPLES,
} as const satisfies Record<SchemaName, unknown>;

/** Further examples of bodies: a task whose work Postern sends. Each satisfies its schema. */
export const MORE_EXAMPLES: Readonly<Partial<Record<SchemaName, unknown>>> = {
  OpenTask: {
    processor: QUEUED_TASK.processor,
    resource: QUEUED_TASK.resource,
    expiresIn: 3_600,
    input: { document: 'https://files.example.com/invoice-77.pdf', language: 'de' },
  },
  ReopenTask: { reason: 'The document was another invoice.', input: { document: 'https://files.example.com/77b.pdf' } },
  OpenedTask: { ...OPENED_TASK, callbacks: {}, dispatch: { state: 'queued' } },
  Task: ACCEPTED_TASK,
};

/** An example of every parameter. A parameter whose name has several meanings has its example where it is described. */
export const PARAMETER_EXAMPLES: Readonly<Record<string, unknown>> = {
  taskId: TASK_ID,
  id: LATE_ID,
  kid: KEY_ID,
  queue: 'publish',
  token: TOKEN,
  code: 'c'.repeat(SHORT_CODE_CHARS),
  'Idempotency-Key': 'invoice-77',
  Authorization: `Webhook https://processor.example.com/confirm ${HASH}`,
  application: TASK.application,
  status: TASK.status,
  processor: TASK.processor,
  resource: TASK.resource,
  owner: TASK.owner,
  createdAfter: OPENED_AT,
  createdBefore: EXPIRES_AT,
  expiresBefore: EXPIRES_AT,
  has: 'replay',
  order: 'oldest',
  limit: PAGE_SIZE.max,
  cursor: 'eyJhdCI6MTc5NX0',
  operator: 'ada',
  action: OPERATOR_ACTIONS[0],
  target: TASK_ID,
  after: OPENED_AT,
  before: EXPIRES_AT,
};
