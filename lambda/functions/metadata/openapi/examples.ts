import { OPERATOR_EXAMPLES } from './operator-examples.ts';
import type { SchemaName } from './schemas.ts';

const TASK_ID = 'Y_eNzSOroUTQI94Drvqplw';
const SHA256 = '03a25dcb7a58f6534750034b527a3821cc34b1ec9372a0a2a73de439917e3834';
const OPENED_AT = '2026-11-29T09:30:00.000Z';
const EXPIRES_AT = '2026-11-29T10:30:00.000Z';
const RECEIVED_AT = '2026-11-29T09:40:00.000Z';

const PAYLOAD = { contentType: 'application/json', size: 22, sha256: SHA256, receivedAt: RECEIVED_AT };

/** A callback by header, so that no example of a URL looks like a credential. */
const CALLBACK = {
  method: 'POST',
  url: `https://callbacks.example.com/v1/results/${TASK_ID}`,
  token: 'eyJhbGciOiJFUzI1NiIsInR5cCI6ImNhbGxiYWNrK2p3dCJ9.e30.c2lnbmF0dXJl',
  expiresAt: EXPIRES_AT,
  maxUses: 1,
  grade: 'C',
};

const TASK = {
  taskId: TASK_ID,
  application: 'invoices',
  status: 'succeeded',
  processor: 'header-ocr',
  resource: 'invoice-77',
  owner: 'user-12',
  metadata: { page: 3 },
  createdAt: OPENED_AT,
  expiresAt: EXPIRES_AT,
  closedAt: RECEIVED_AT,
  result: PAYLOAD,
  history: [
    { at: OPENED_AT, status: 'pending' },
    { at: RECEIVED_AT, status: 'succeeded' },
  ],
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
  OpenedTask: {
    taskId: TASK_ID,
    application: 'invoices',
    status: 'pending',
    createdAt: OPENED_AT,
    expiresAt: EXPIRES_AT,
    callbacks: { result: CALLBACK },
  },
  Callback: CALLBACK,
  Task: TASK,
  TaskPage: { tasks: [TASK] },
  Payload: PAYLOAD,
  Progress: { percent: 40, note: 'page 2 of 5', at: RECEIVED_AT },
  Quarantine: { quarantine: [{ id: 'nT3kq0nV1m9Jt5y2cXw8Zg', capability: 'result', ...PAYLOAD, why: 'late' }] },
  ProgressReport: { percent: 40, note: 'page 2 of 5' },
  UploadOffer: { contentType: 'application/pdf', size: 5_000_000, sha256: SHA256 },
  HandshakeConfirmation: {
    hash: '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy',
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
        kid: 'oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U',
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
    requestId: '1e4f1c1a-6f0e-4a51-9a5b-3d7d5b0a4f6e',
  },
  ...OPERATOR_EXAMPLES,
} as const satisfies Record<SchemaName, unknown>;
