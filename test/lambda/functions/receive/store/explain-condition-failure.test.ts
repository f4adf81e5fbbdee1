import { describe, expect, test } from 'vitest';
import type { SignatureRecord, UnchangedTask } from '../../../../../lambda/functions/receive/store/callback-store.ts';
import { explainConditionFailure } from '../../../../../lambda/functions/receive/store/explain-condition-failure.ts';
import { NOW } from '../../../../support/tokens.ts';

const USE = {
  digest: 'digest-1',
  jtiKey: 'origin#jti-1',
  jti: 'jti-1',
  processor: 'acme-ocr',
  capability: 'result',
  maxUses: 1,
  now: NOW,
} as const;

const TASK: UnchangedTask = {
  status: 'pending',
  processor: 'acme-ocr',
  deadline: NOW + 1,
  heartbeatDeadline: NOW + 1,
  callbacks: { result: { jti: 'jti-1', maxUses: 1 }, upload: { jti: 'jti-1', maxUses: 3 } },
};

const RECORD = { payloadSha256: 'digest-1', uses: 1, usedAt: '2100-01-01T00:00:00.000Z' };

const SIGNATURE: SignatureRecord = {
  key: 'signature-1',
  jtiKey: USE.jtiKey,
  payloadSha256: USE.digest,
  usedAt: '2100-02-02T00:00:00.000Z',
};

type Use = Parameters<typeof explainConditionFailure>[0];
type Stored = Partial<Parameters<typeof explainConditionFailure>[2]>;

const explain = (
  stored: Stored,
  use: Partial<Use> = {},
  replayMode: Parameters<typeof explainConditionFailure>[1]['replayMode'] = 'acknowledge',
) => explainConditionFailure({ ...USE, ...use }, { replayMode }, { signatures: [], ...stored });

describe('C6 the explanation of a failed use of a single-use token', () => {
  test('is a repeat with the recorded time for the same delivery', () => {
    expect(explain({ record: RECORD })).toEqual({ kind: 'repeat', receivedAt: RECORD.usedAt });
  });

  test.each([
    ['another delivery', { record: { ...RECORD, payloadSha256: 'digest-2' } }, 'acknowledge'],
    ['the same delivery in mode reject', { record: RECORD }, 'reject'],
  ] as const)('is a replay with the evidence of the first use for %s', (_name, stored, replayMode) => {
    expect(explain(stored, {}, replayMode)).toEqual({
      kind: 'replay',
      first: { at: RECORD.usedAt, sha256: stored.record.payloadSha256 },
    });
  });

  test('is the record even if its signature was recorded at another time', () => {
    expect(explain({ record: RECORD, signatures: [SIGNATURE] })).toEqual({
      kind: 'repeat',
      receivedAt: RECORD.usedAt,
    });
  });
});

describe('C6 the explanation of a failed use of a token with several uses', () => {
  const several = { maxUses: 3 };

  test('is a repeat with the recorded time for the delivery of the last use', () => {
    const mode = 'reject';
    expect(explain({ record: RECORD }, several, mode)).toEqual({ kind: 'repeat', receivedAt: RECORD.usedAt });
  });

  test('is a repeat with the time of its signature for the delivery of an earlier use', () => {
    const record = { ...RECORD, payloadSha256: 'digest-2', uses: 3 };
    expect(explain({ record, signatures: [SIGNATURE] }, several)).toEqual({
      kind: 'repeat',
      receivedAt: SIGNATURE.usedAt,
    });
  });

  test.each([
    [2, 'task_gone'],
    [3, 'token_exhausted'],
    [4, 'token_exhausted'],
  ])('after %i uses by other deliveries is %s', (uses, code) => {
    const explained = explain({ record: { ...RECORD, payloadSha256: 'digest-2', uses } }, several);
    expect(explained).toMatchObject({ code });
    if (code === 'token_exhausted') expect(explained).toMatchObject({ reason: `${uses} of 3 uses` });
  });

  test.each([
    ['its record', { record: RECORD }],
    ['its signature', { record: { ...RECORD, payloadSha256: 'digest-2' }, signatures: [SIGNATURE] }],
  ] as const)(
    'is the state of the task for a repeated upload with %s, because its URL would be new',
    (_name, stored) => {
      const upload = { ...several, capability: 'upload' } as const;
      const task: UnchangedTask = { ...TASK, status: 'cancelled' };
      expect(explain({ ...stored, task }, upload)).toMatchObject({ code: 'token_revoked', late: false });
      expect(explain(stored, upload)).toMatchObject({ kind: 'repeat' });
    },
  );
});

describe('C6 the explanation of a repeated progress report', () => {
  test.each([
    ['its record', { record: RECORD }],
    ['its signature', { record: { ...RECORD, payloadSha256: 'digest-2' }, signatures: [SIGNATURE] }],
  ] as const)('is a repeat with %s, even after the task was cancelled', (_name, stored) => {
    const report = { maxUses: 3, capability: 'progress' } as const;
    expect(explain({ ...stored, task: { ...TASK, status: 'cancelled' } }, report)).toMatchObject({ kind: 'repeat' });
  });
});

describe('P3 the explanation of a signature that came before', () => {
  test.each([
    ['with another token', { jtiKey: 'origin#jti-2' }],
    ['with another delivery', { payloadSha256: 'digest-2' }],
  ])('%s is proof_invalid, even beside a record of this delivery', (_name, other) => {
    const signatures = [SIGNATURE, { ...SIGNATURE, ...other }];
    expect(explain({ record: RECORD, signatures })).toMatchObject({
      code: 'proof_invalid',
      reason: 'its signature came before, with another token or payload',
    });
  });

  test('with this delivery, which was not recorded, is the state of the task', () => {
    const { usedAt: _, ...unused } = SIGNATURE;
    expect(explain({ signatures: [unused], task: { ...TASK, status: 'expired' } }, { maxUses: 3 })).toMatchObject({
      code: 'token_expired',
      late: false,
      quarantinable: true,
    });
  });
});

describe('the explanation by the task', () => {
  test.each([
    ['no task', undefined, 'task_gone', 'no such task'],
    ['another processor', { processor: 'other-ocr' }, 'token_subject_invalid', 'the task has another processor'],
    ['no such callback', { callbacks: {} }, 'token_revoked', 'not the current token of this capability'],
    [
      'a newer token of the callback',
      { callbacks: { result: { jti: 'jti-2', maxUses: 1 } } },
      'token_revoked',
      'not the current token of this capability',
    ],
  ] as const)('refuses a delivery to a task with %s, and keeps nothing of it', (_name, change, code, reason) => {
    const explained = explain(change === undefined ? {} : { task: { ...TASK, ...change } });
    expect(explained).toMatchObject({ kind: 'refusal', code, reason });
    expect(explained).not.toHaveProperty('late');
    expect(explained).not.toHaveProperty('quarantinable');
  });

  test.each([
    ['is cancelled', { status: 'cancelled' }, 'token_revoked', 'the task was cancelled'],
    ['is expired', { status: 'expired' }, 'token_expired', 'the task is past its time'],
    ['is at its deadline', { deadline: NOW }, 'token_expired', 'the task is past its time'],
    ['is at its heartbeat deadline', { heartbeatDeadline: NOW }, 'token_expired', 'the task is past its time'],
    ['has a result', { status: 'succeeded' }, 'task_closed', 'the task is succeeded'],
    ['has failed', { status: 'failed' }, 'task_closed', 'the task is failed'],
    ['is pending and in time', {}, 'task_closed', 'the task is pending'],
  ] as const)('refuses a first use as late, for quarantine, if the task %s', (_name, change, code, reason) => {
    expect(explain({ task: { ...TASK, ...change } })).toEqual({
      kind: 'refusal',
      code,
      reason,
      late: true,
      quarantinable: true,
    });
  });

  test('is no first use if the token has a record of another delivery', () => {
    const record = { ...RECORD, payloadSha256: 'digest-2' };
    expect(explain({ record, task: { ...TASK, status: 'failed' } }, { maxUses: 3 })).toMatchObject({
      code: 'task_closed',
      late: false,
    });
  });
});
