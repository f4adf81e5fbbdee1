import { describe, expect, test } from 'vitest';
import { asExpired, measureCallback, refuseCallback } from '../../../../lambda/functions/receive/outcome.ts';
import { refuse } from '../../../../lambda/shared/refusal.ts';
import { anAuthenticatedCallback } from '../../../support/authenticated-callback.ts';
import { aProcessor } from '../../../support/registry.ts';

const LATENCY = { metric: 'CallbackLatency', value: 12 };

const accepted = (acknowledged: boolean) =>
  measureCallback(
    { response: { status: 200, headers: {}, body: '' }, fields: {}, processor: 'acme-ocr', acknowledged },
    12,
  );

describe('the measurements of a callback are its latency and', () => {
  test('one outcome with its processor, if it is accepted', () => {
    expect(accepted(false)).toEqual([{ metric: 'CallbackAccepted', value: 1, by: 'acme-ocr' }, LATENCY]);
    expect(accepted(true)).toEqual([{ metric: 'CallbackAcknowledged', value: 1, by: 'acme-ocr' }, LATENCY]);
  });

  test.each([
    [
      'a refused token by its code',
      refuse('token_unknown', ''),
      [{ metric: 'TokenRefused', value: 1, by: 'token_unknown' }],
    ],
    [
      'a refused callback by its code',
      refuse('payload_invalid', ''),
      [{ metric: 'CallbackRefused', value: 1, by: 'payload_invalid' }],
    ],
    [
      'a late token, which is no sign of an attack',
      { ...refuse('token_expired', ''), late: true },
      [{ metric: 'CallbackLate', value: 1 }],
    ],
    [
      'a late callback as refused and as late',
      { ...refuse('task_closed', ''), late: true },
      [
        { metric: 'CallbackRefused', value: 1, by: 'task_closed' },
        { metric: 'CallbackLate', value: 1 },
      ],
    ],
    [
      'a replay with its processor',
      { ...refuse('token_replayed', ''), processor: 'acme-ocr' },
      [{ metric: 'ReplayDetected', value: 1, by: 'acme-ocr' }],
    ],
    ['a replay without a processor', refuse('token_replayed', ''), [{ metric: 'ReplayDetected', value: 1 }]],
    ['a store that does not answer', refuse('unavailable', ''), [{ metric: 'CallbackUnavailable', value: 1 }]],
    ['nothing for an outcome that callbacks do not have', refuse('task_unknown', ''), []],
    [
      'a payload in quarantine beside the refusal',
      { ...refuse('task_closed', ''), quarantined: true },
      [
        { metric: 'CallbackRefused', value: 1, by: 'task_closed' },
        { metric: 'TaskQuarantined', value: 1 },
      ],
    ],
    [
      'no payload in quarantine if its quarantine was full',
      { ...refuse('task_closed', ''), quarantined: false },
      [{ metric: 'CallbackRefused', value: 1, by: 'task_closed' }],
    ],
  ])('%s', (_name, refusal, measurements) => {
    expect(measureCallback(refusal, 12)).toStrictEqual([...measurements, LATENCY]);
  });
});

describe('O1 a refusal', () => {
  const callback = anAuthenticatedCallback({ processor: aProcessor({ id: 'acme-ocr' }), taskId: 'task-1' });

  test('names task, processor and the decision of the policies in its log line', () => {
    const refusal = { ...refuse('task_closed', 'over'), late: true, fields: { quarantined: true } };
    expect(refuseCallback(callback, refusal, { allowed: false, policies: ['no'], failed: ['broken'] })).toEqual({
      kind: 'refusal',
      code: 'task_closed',
      reason: 'over',
      late: true,
      processor: 'acme-ocr',
      fields: { quarantined: true, policy: 'deny no !broken', taskId: 'task-1', processor: 'acme-ocr' },
    });
    expect(refuseCallback(callback, refuse('task_closed', 'over')).fields).toEqual({
      taskId: 'task-1',
      processor: 'acme-ocr',
    });
  });

  test('of an expired token is token_expired, and its reason names what else is wrong', () => {
    const refusal = refuse('payload_invalid', 'one error', { detail: 'for the holder of a token' });
    expect(asExpired({ ...callback, expired: true }, refusal)).toEqual({
      kind: 'refusal',
      code: 'token_expired',
      reason: 'expired, and one error',
    });
    expect(asExpired(callback, refusal)).toBe(refusal);
  });
});
