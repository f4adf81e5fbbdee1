import { describe, expect, test } from 'vitest';
import type { AuthenticatedCallback } from '../../../../../lambda/functions/receive/authenticated-callback.ts';
import type { Delivery } from '../../../../../lambda/functions/receive/delivery.ts';
import { sha256 } from '../../../../../lambda/functions/receive/delivery.ts';
import type {
  CallbackStore,
  FailedConsumption,
  UseRecord,
} from '../../../../../lambda/functions/receive/store/callback-store.ts';
import { createRecordUse } from '../../../../../lambda/functions/receive/store/record-use.ts';
import { toTokenUse } from '../../../../../lambda/functions/receive/store/token-use.ts';
import { createLogger } from '../../../../../lambda/shared/log/logger.ts';
import { anAuthenticatedCallback } from '../../../../support/authenticated-callback.ts';
import { aProcessor } from '../../../../support/registry.ts';
import { claimsOf, NOW } from '../../../../support/tokens.ts';

const AT = new Date(NOW * 1000).toISOString();
const BEFORE = '2100-01-01T00:00:00.000Z';
const EXP = NOW + 3_600;
const BYTES = Buffer.from('{"text":"x"}');

const SIGNATURES = [
  { key: 'signature-1', expiresAt: NOW + 300 },
  { key: 'signature-2', expiresAt: NOW + 300 },
];

const DELIVERY: Delivery = {
  kind: 'close',
  capability: 'result',
  payload: { contentType: 'application/json', size: BYTES.length, sha256: sha256(BYTES), receivedAt: AT },
  bytes: BYTES,
};
const REPORT: Delivery = { kind: 'progress', progress: { at: AT, percent: 5 } };

/** Answers of the store. An `Error` stands for a store that does not answer. */
interface Answers {
  readonly consume: { readonly recorded: true } | FailedConsumption | Error;
  readonly bindSignatures: boolean | Error;
  readonly findUse: UseRecord | undefined | Error;
  readonly quarantine: boolean | Error;
  readonly recordReplay: Error | undefined;
  readonly put: Error | undefined;
}

const ANSWERS: Answers = {
  consume: { recorded: true },
  bindSignatures: true,
  findUse: undefined,
  quarantine: true,
  recordReplay: undefined,
  put: undefined,
};

/** Step 10 with a store and a bucket that give these answers, and the calls that it made. */
const stepTen = (answers: Partial<Answers> = {}, { inlineLimit = 100, quarantineLimit = 10 } = {}) => {
  const calls: unknown[][] = [];
  const lines: unknown[] = [];
  const call =
    <Name extends keyof Answers>(name: Name) =>
    async (...given: unknown[]): Promise<Exclude<Answers[Name], Error>> => {
      calls.push([name, ...given]);
      const answer = { ...ANSWERS, ...answers }[name];
      if (answer instanceof Error) throw answer;
      return answer as Exclude<Answers[Name], Error>;
    };
  const store: CallbackStore = {
    consume: call('consume'),
    bindSignatures: call('bindSignatures'),
    findUse: call('findUse'),
    quarantine: call('quarantine'),
    recordReplay: call('recordReplay'),
    findCode: async () => undefined,
  };
  const recordUse = createRecordUse({
    store,
    payloads: () => ({ put: call('put'), presignUpload: () => Promise.reject(new Error('no upload')) }),
    inlineLimit,
    quarantineLimit,
    logger: createLogger(
      'test',
      'receive',
      (line) => lines.push(JSON.parse(line)),
      () => NOW * 1000,
    ),
  });
  return { calls, lines, recordUse };
};

const CLAIMS = claimsOf({ jti: 'jti-1' });
const aCallback = (more: Partial<AuthenticatedCallback> = {}) =>
  anAuthenticatedCallback({ claims: CLAIMS, event: { body: BYTES.toString() }, ...more });

const record = async (
  step: ReturnType<typeof stepTen>,
  callback: AuthenticatedCallback = aCallback(),
  delivery: Delivery = DELIVERY,
) => step.recordUse(callback, delivery, { headers: {}, signatures: SIGNATURES });

const USE = toTokenUse(aCallback(), SIGNATURES);
const RECORD: UseRecord = { payloadSha256: USE.digest, uses: 1, usedAt: BEFORE };
const OTHER: UseRecord = { ...RECORD, payloadSha256: 'digest-2' };
const failed = (more: Partial<FailedConsumption>): FailedConsumption => ({ recorded: false, signatures: [], ...more });

describe('C6 the first use of a token', () => {
  test('is recorded with the change of its task, in one call', async () => {
    const step = stepTen();
    expect(await record(step)).toEqual({ receivedAt: AT, acknowledged: false });
    const { bytes, ...update } = DELIVERY;
    expect(step.calls).toEqual([['consume', USE, { ...update, stored: { payload: bytes } }]]);
  });

  test('by a report changes the task by the report', async () => {
    const step = stepTen();
    await record(step, aCallback(), REPORT);
    expect(step.calls).toEqual([['consume', USE, REPORT]]);
  });

  test.each([
    [BYTES.length, ['consume']],
    [BYTES.length - 1, ['put', 'consume']],
  ])('with at most %i bytes on the task calls %j', async (inlineLimit, names) => {
    const step = stepTen({}, { inlineLimit });
    await record(step);
    expect(step.calls.map(([name]) => name)).toEqual(names);
    if (names.length === 1) return;
    const key = `results/task-1/jti-1/${sha256(BYTES)}`;
    expect(step.calls[0]).toEqual(['put', key, BYTES, 'application/json']);
    expect(step.calls[1]?.[2]).toMatchObject({ stored: { payloadKey: key } });
  });
});

describe('C6 a repeat', () => {
  test('gets the time of the first delivery, and its new signatures are bound to it', async () => {
    const signature = { key: 'signature-1', jtiKey: USE.jtiKey, payloadSha256: USE.digest };
    const step = stepTen({ consume: failed({ record: RECORD, signatures: [signature] }) });
    expect(await record(step)).toEqual({ receivedAt: BEFORE, acknowledged: true });
    expect(step.calls[1]).toEqual(['bindSignatures', { ...USE, signatures: [SIGNATURES[1]] }, BEFORE]);
    expect(step.calls).toHaveLength(2);
  });

  test('is refused if one of its signatures came with another delivery meanwhile', async () => {
    const step = stepTen({ consume: failed({ record: RECORD }), bindSignatures: false });
    expect(await record(step)).toEqual({
      kind: 'refusal',
      code: 'proof_invalid',
      reason: 'its signature came before, with another token or payload',
    });
  });
});

describe('C6 a replay', () => {
  const EVIDENCE = {
    jtiKey: USE.jtiKey,
    taskId: 'task-1',
    digest: USE.digest,
    from: '203.0.113.7',
    at: AT,
    first: { at: BEFORE, sha256: 'digest-2' },
  };

  test('is refused, and leaves its evidence', async () => {
    const step = stepTen({ consume: failed({ record: OTHER }) });
    expect(await record(step)).toEqual({
      kind: 'refusal',
      code: 'token_replayed',
      reason: 'the result token was used before',
    });
    expect(step.calls.slice(1)).toEqual([['recordReplay', EVIDENCE]]);
    expect(step.lines).toEqual([]);
  });

  test('is refused even if its evidence cannot be kept, and a log line says so', async () => {
    const step = stepTen({ consume: failed({ record: OTHER }), recordReplay: new TypeError('secret') });
    expect(await record(step)).toMatchObject({ code: 'token_replayed' });
    expect(step.lines).toEqual([
      {
        timestamp: AT,
        level: 'ERROR',
        message: 'replay evidence not kept',
        function: 'receive',
        requestId: 'request-1',
        taskId: 'task-1',
        error: 'TypeError',
      },
    ]);
  });
});

describe('a late delivery', () => {
  const LATE = failed({
    task: {
      status: 'expired',
      processor: 'acme-ocr',
      deadline: NOW,
      heartbeatDeadline: NOW + 1,
      callbacks: { result: { jti: 'jti-1', maxUses: 1 } },
    },
  });
  const REFUSAL = {
    kind: 'refusal',
    code: 'token_expired',
    reason: 'the task is past its time',
    late: true,
    quarantinable: true,
  };

  test.each([true, false])('is refused, and the log line says if it is in quarantine: %s', async (quarantined) => {
    const step = stepTen({ consume: LATE, quarantine: quarantined });
    expect(await record(step)).toEqual({ ...REFUSAL, quarantined, fields: { quarantined } });
    expect(step.calls.slice(1)).toEqual([
      ['bindSignatures', USE],
      [
        'quarantine',
        {
          taskId: 'task-1',
          processor: 'acme-ocr',
          limit: 10,
          tokenOf: 'result',
          entry: {
            id: expect.stringMatching(/^[\w-]{22}$/),
            capability: 'result',
            jti: 'jti-1',
            ...DELIVERY.payload,
            payload: BYTES,
          },
        },
      ],
    ]);
  });

  test('that is large goes to the bucket', async () => {
    const step = stepTen({ consume: LATE }, { inlineLimit: 1 });
    await record(step);
    const key = `quarantine/task-1/jti-1/${sha256(BYTES)}`;
    expect(step.calls.filter(([name]) => name === 'put').at(-1)).toEqual(['put', key, BYTES, 'application/json']);
    expect(step.calls.at(-1)).toMatchObject(['quarantine', { entry: { payloadKey: key } }]);
  });

  test.each([
    ['quarantine is off', DELIVERY, 0],
    ['it is a report', REPORT, 10],
  ])('is refused and not kept if %s', async (_name, delivery, quarantineLimit) => {
    const step = stepTen({ consume: LATE }, { quarantineLimit });
    expect(await record(step, aCallback(), delivery)).toEqual(REFUSAL);
    expect(step.calls).toHaveLength(1);
  });

  test('P3 is not kept if its signature came with another delivery', async () => {
    const step = stepTen({ consume: LATE, bindSignatures: false });
    expect(await record(step)).toMatchObject({ code: 'proof_invalid' });
    expect(step.calls.map(([name]) => name)).toEqual(['consume', 'bindSignatures']);
  });

  test('is not kept if its refusal says nothing about time', async () => {
    const step = stepTen({ consume: failed({}) });
    expect(await record(step)).toMatchObject({ code: 'task_gone' });
    expect(step.calls).toHaveLength(1);
  });
});

describe('C6 a delivery with an expired token', () => {
  const expired = (more: Partial<AuthenticatedCallback> = {}) => aCallback({ expired: true, now: EXP + 10, ...more });
  const REFUSED = { kind: 'refusal', code: 'token_expired' };

  test('is acknowledged if it repeats the recorded use', async () => {
    const step = stepTen({ findUse: RECORD });
    expect(await record(step, expired())).toEqual({ receivedAt: BEFORE, acknowledged: true });
    expect(step.calls).toEqual([
      ['findUse', USE.jtiKey],
      ['bindSignatures', { ...USE, now: EXP + 10 }, BEFORE],
    ]);
  });

  const strict = aProcessor({ id: 'acme-ocr', replayMode: 'reject' });
  const several = claimsOf({ jti: 'jti-1', max_uses: 2 });
  test.each<[string, UseRecord, Partial<AuthenticatedCallback>, boolean]>([
    ['another payload', OTHER, {}, false],
    ['a processor of mode reject', RECORD, { processor: strict }, false],
    ['a processor of mode reject, by a token of several uses', RECORD, { processor: strict, claims: several }, true],
    ['another payload by a token of several uses', OTHER, { claims: several }, false],
    ['an upload, whose URL would outlive its token', RECORD, { capability: 'upload', claims: several }, false],
  ])('is judged by its record: %s', async (_name, findUse, more, isAcknowledged) => {
    const step = stepTen({ findUse });
    expect(await record(step, expired(more))).toEqual(
      isAcknowledged ? { receivedAt: BEFORE, acknowledged: true } : { ...REFUSED, reason: 'expired after its use' },
    );
  });

  test('is refused if its signature came with another delivery', async () => {
    const step = stepTen({ findUse: RECORD, bindSignatures: false });
    expect(await record(step, expired())).toEqual({
      ...REFUSED,
      reason: 'expired, and its signature came before, with another token or payload',
    });
  });

  test.each([
    [
      86_399,
      { ...REFUSED, reason: 'expired, never used', late: true, quarantined: true, fields: { quarantined: true } },
    ],
    [86_400, { ...REFUSED, reason: 'expired, and its use is forgotten' }],
  ])('is kept only while its record would exist: %i seconds after exp', async (seconds, refusal) => {
    const step = stepTen();
    expect(await record(step, expired({ now: EXP + seconds }))).toEqual(refusal);
  });

  test('is not kept if its signature came with another delivery', async () => {
    const step = stepTen({ bindSignatures: false });
    expect(await record(step, expired())).toEqual({
      ...REFUSED,
      reason: 'expired, and its signature came before, with another token or payload',
    });
  });
});

describe('H4 a delivery is unavailable, and the log line names the dependency, if', () => {
  const late = { consume: failed({ record: RECORD }) };
  const lost = new TypeError('no answer');
  test.each<[string, Partial<Answers>, Partial<AuthenticatedCallback>, string]>([
    ['the use cannot be recorded', { consume: lost }, {}, 'store'],
    ['the signatures of a repeat cannot be bound', { ...late, bindSignatures: lost }, {}, 'store'],
    ['the record of an expired token cannot be read', { findUse: lost }, { expired: true }, 'store'],
    ['the signatures of a late delivery cannot be bound', { bindSignatures: lost }, { expired: true }, 'store'],
    ['a late delivery cannot be kept', { quarantine: lost }, { expired: true }, 'store'],
    ['the bucket does not take the payload', { put: lost }, {}, 'payloads'],
  ])('%s', async (_name, answers, more, dependency) => {
    const step = stepTen(answers, { inlineLimit: 1 });
    await expect(record(step, aCallback(more))).rejects.toMatchObject({
      refusal: { code: 'unavailable', reason: `${dependency}: TypeError` },
    });
  });
});
