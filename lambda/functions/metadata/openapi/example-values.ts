import type { TaskStatus } from '../../../contract/task.ts';

/** Values that several examples have, so that the examples tell of the same task. */
export const TASK_ID = 'Y_eNzSOroUTQI94Drvqplw';
export const SHA256 = '03a25dcb7a58f6534750034b527a3821cc34b1ec9372a0a2a73de439917e3834';
export const OPENED_AT = '2026-11-29T09:30:00.000Z';
export const RECEIVED_AT = '2026-11-29T09:40:00.000Z';
export const EXPIRES_AT = '2026-11-29T10:30:00.000Z';
export const JOB_ID = 'b1c9PZ0J8yqY3nTt0Vw2ew';
export const LATE_ID = 'nT3kq0nV1m9Jt5y2cXw8Zg';
export const KEY_ID = 'oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U';
export const REQUEST_ID = '1e4f1c1a-6f0e-4a51-9a5b-3d7d5b0a4f6e';
export const TEXT = 'Total 42.00';

/** Not a credential: its signature is the word "signature". */
export const TOKEN = 'eyJhbGciOiJFUzI1NiIsInR5cCI6ImNhbGxiYWNrK2p3dCJ9.e30.c2lnbmF0dXJl';
export const HASH = '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy';

export const PAYLOAD = { contentType: 'application/json', size: 22, sha256: SHA256, receivedAt: RECEIVED_AT };

const OPENED = {
  taskId: TASK_ID,
  application: 'invoices',
  processor: 'header-ocr',
  resource: 'invoice-77',
  owner: 'user-12',
  metadata: { page: 3 },
  createdAt: OPENED_AT,
  expiresAt: EXPIRES_AT,
};

/** The task of the examples, pending or closed. */
const inStatus = <S extends TaskStatus>(status: S) => ({
  ...OPENED,
  status,
  history: [{ at: OPENED_AT, status: 'pending' }, ...(status === 'pending' ? [] : [{ at: RECEIVED_AT, status }])],
  ...(status !== 'pending' && { closedAt: RECEIVED_AT }),
});

export const PENDING_TASK = inStatus('pending');
export const CANCELLED_TASK = inStatus('cancelled');
export const EXPIRED_TASK = inStatus('expired');

/** A task whose work Postern sends: it waits for its first attempt, or the processor has accepted it. */
export const QUEUED_TASK = { ...PENDING_TASK, processor: 'sent-ocr', dispatch: { state: 'queued', attempts: 0 } };
export const ACCEPTED_TASK = {
  ...QUEUED_TASK,
  dispatch: {
    state: 'accepted',
    attempts: 2,
    lastAttemptAt: RECEIVED_AT,
    lastStatus: 202,
    acceptedAt: RECEIVED_AT,
    remoteId: 'job-4711',
  },
};

export const TASK = { ...inStatus('succeeded'), result: PAYLOAD };
