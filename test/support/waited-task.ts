import { createHash } from 'node:crypto';
import type { Payload } from '../../lambda/contract/task.ts';
import type { ClosedTask } from '../../lambda/functions/resume/resume-store.ts';
import { NOW } from './tokens.ts';

/** Time at which the tasks below were closed, RFC 3339. */
export const CLOSED_AT = new Date(NOW * 1000).toISOString();

/** Describes a payload. */
export const describePayload = (bytes: Uint8Array, contentType: string): Payload => ({
  contentType,
  size: bytes.length,
  sha256: createHash('sha256').update(bytes).digest('hex'),
  receivedAt: CLOSED_AT,
});

/** A task that was closed with a payload, whose workflow waits. */
export const aClosedTask = (
  status: ClosedTask['status'],
  bytes: Uint8Array | string = '',
  contentType = 'application/json',
  overrides: Partial<ClosedTask> = {},
): ClosedTask => {
  const payload = Buffer.from(bytes);
  const described = describePayload(payload, contentType);
  return {
    taskId: 'task-1',
    application: 'invoices',
    status,
    processor: 'acme-ocr',
    deadline: NOW + 3_605,
    heartbeatDeadline: Number.MAX_SAFE_INTEGER,
    closedAt: CLOSED_AT,
    ...(status === 'succeeded' && { result: described, payload }),
    ...(status === 'failed' && { failure: described, payload }),
    resume: { kind: 'stepFunctions', state: 'pending' },
    resumeToken: Buffer.from('ciphertext'),
    ...overrides,
  };
};
