import { createHash, generateKeyPairSync, type KeyObject, randomUUID, sign as signBytes } from 'node:crypto';
import { GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { describe, expect } from 'vitest';
import { jtiKey } from '../../../../../../lambda/contract/tables.ts';
import { proofKey } from '../../../../../../lambda/shared/tables/hashed-keys.ts';
import { test as base } from '../../../../../support/fixtures.ts';
import '../../../../../support/matchers.ts';
import type { Capability } from '../../../../../../lambda/contract/capabilities.ts';
import type { Delivered } from '../../../../../support/delivered.ts';
import { aReceiver, type OpenTask, putTask, readTask, readUse } from '../../../../../support/receiver.ts';
import { aProcessor, REGISTRY, registryOf } from '../../../../../support/registry.ts';
import { aJti, aToken, NOW, ORIGIN } from '../../../../../support/tokens.ts';

/**
 * A signature that does not cover the token. A thief who captures a request has it. It must work for the token that it came with
 * alone, and count once.
 */
const ed25519 = generateKeyPairSync('ed25519');
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const whpk = `whpk_${Buffer.from(String(ed25519.publicKey.export({ format: 'jwk' }).x), 'base64url').toString('base64')}`;
const jwkOf = (publicKey: KeyObject) => ({ ...publicKey.export({ format: 'jwk' }) });

const HTTP = { kind: 'http_signature', keys: { ed: jwkOf(ed25519.publicKey), ec: jwkOf(p256.publicKey) } } as const;
const STANDARD = { kind: 'standard_webhooks', publicKeys: [whpk] } as const;
const registry = {
  ...REGISTRY,
  ...registryOf(
    aProcessor({ id: 'signed-ocr', proof: HTTP }),
    aProcessor({ id: 'signed-strict', proof: HTTP, replayMode: 'reject' }),
    aProcessor({ id: 'standard-ocr', proof: STANDARD }),
    aProcessor({ id: 'standard-strict', proof: STANDARD, replayMode: 'reject' }),
  ),
};

/** A request as it can be captured: all but the token. */
interface Captured {
  readonly headers: Readonly<Record<string, string>>;
  readonly path: string;
  readonly body: string;
}

interface Wanted {
  readonly capability?: Capability;
  readonly body?: string;
  /** Tells one signature from another of the same second. */
  readonly id?: string;
  readonly at?: number;
}

const JSON_TYPE = { 'content-type': 'application/json' };

/** RFC 9421, by Ed25519. */
const signHttp = (task: OpenTask, wanted: Wanted = {}, label = 'sig', keyId: 'ed' | 'ec' = 'ed'): Captured => {
  const { at = NOW, body = '{"text":"1"}', capability = 'result', id = randomUUID() } = wanted;
  const digest = `sha-256=:${createHash('sha256').update(body).digest('base64')}:`;
  const params = `("@method" "@target-uri" "content-digest");created=${at};nonce="${id}";keyid="${keyId}"`;
  const base = [
    '"@method": POST',
    `"@target-uri": ${ORIGIN}${task.path(capability)}`,
    `"content-digest": ${digest}`,
    `"@signature-params": ${params}`,
  ].join('\n');
  const signature =
    keyId === 'ed'
      ? signBytes(null, Buffer.from(base), ed25519.privateKey)
      : signBytes('sha256', Buffer.from(base), { key: p256.privateKey, dsaEncoding: 'ieee-p1363' });
  return {
    path: task.path(capability),
    body,
    headers: {
      ...JSON_TYPE,
      'content-digest': digest,
      'signature-input': `${label}=${params}`,
      signature: `${label}=:${signature.toString('base64')}:`,
    },
  };
};

/** Standard Webhooks, `v1a`. */
const signStandard = (task: OpenTask, wanted: Wanted = {}): Captured => {
  const { at = NOW, body = '{"text":"1"}', capability = 'result', id = `msg_${randomUUID()}` } = wanted;
  const signature = signBytes(null, Buffer.from(`${id}.${at}.${body}`), ed25519.privateKey).toString('base64');
  return {
    path: task.path(capability),
    body,
    headers: {
      ...JSON_TYPE,
      'webhook-id': id,
      'webhook-timestamp': `${at}`,
      'webhook-signature': `v1a,${signature}`,
    },
  };
};

const isRepeat = ({ headers, status }: Delivered) => status === 200 && headers['Idempotency-Replayed'] === 'true';
const isRecorded = ({ headers, status }: Delivered) => status === 200 && headers['Idempotency-Replayed'] === undefined;

const test = base
  .extend('receiver', ({ key, proxy, store }) =>
    aReceiver({
      store,
      keys: [key],
      registry,
      endpoint: proxy.endpoint,
      payloads: {
        put: async () => undefined,
        presignUpload: async ({ key: object }) => ({ url: `https://bucket.example/${object}`, headers: {} }),
      },
    }),
  )
  .extend(
    'aTask',
    ({ key, store }) =>
      (processor: string) =>
        putTask(store, key, { processor }),
  )
  .extend(
    'send',
    ({ receiver }) =>
      (captured: Captured, token: string): Promise<Delivered> =>
        receiver.deliver({ ...captured, headers: { ...captured.headers, authorization: `Bearer ${token}` } }),
  )
  /** The sender issued new callbacks: the task has another token of this capability, for the same path. */
  .extend('reissue', ({ key, store }) => async (task: OpenTask, capability: Capability = 'result'): Promise<string> => {
    const jti = aJti();
    await store.client.send(
      new UpdateItemCommand({
        TableName: store.tasksTable,
        Key: { taskId: { S: task.taskId } },
        UpdateExpression: 'SET callbacks.#capability.jti = :jti',
        ExpressionAttributeNames: { '#capability': capability },
        ExpressionAttributeValues: { ':jti': { S: jti } },
      }),
    );
    return aToken(key, { ...task.claims(capability), jti });
  })
  /** The task is pending again, with other callbacks: its sender did not want what was delivered. */
  .extend('reopen', ({ reissue, store }) => async (task: OpenTask): Promise<string> => {
    await store.client.send(
      new UpdateItemCommand({
        TableName: store.tasksTable,
        Key: { taskId: { S: task.taskId } },
        UpdateExpression: 'SET #status = :pending REMOVE #result, payload',
        ExpressionAttributeNames: { '#status': 'status', '#result': 'result' },
        ExpressionAttributeValues: { ':pending': { S: 'pending' } },
      }),
    );
    return reissue(task);
  })
  .extend(
    'usesOf',
    ({ store }) =>
      async (task: OpenTask, capability: Capability) =>
        (await readUse(store, task.jtis[capability]))?.uses,
  )
  .extend(
    'operations',
    ({ proxy }) =>
      () =>
        proxy.requests.map(({ operation }) => operation),
  )
  .extend('recordOf', ({ store }) => async (recordKey: string) => {
    const { Item } = await store.client.send(
      new GetItemCommand({ TableName: store.jtiTable, Key: { jti: { S: recordKey } }, ConsistentRead: true }),
    );
    return Item && unmarshall(Item);
  });

describe.each([
  ['http_signature', 'signed', signHttp],
  ['standard_webhooks', 'standard', signStandard],
] as const)('P3 a captured request with proof %s', (_, name, sign) => {
  test('counts once: an old progress report is acknowledged and changes nothing', async ({
    aTask,
    receiver,
    send,
    store,
    usesOf,
  }) => {
    const task = await aTask(`${name}-ocr`);
    const report = (percent: number) => sign(task, { capability: 'progress', body: `{"percent":${percent}}` });
    const [ten, ninety] = [report(10), report(90)];
    const first = await send(ten, task.tokens.progress);
    receiver.at(NOW + 1);
    expect(isRecorded(await send(ninety, task.tokens.progress))).toBe(true);
    const before = await readTask(store, task.taskId);
    receiver.at(NOW + 2);
    const again = await send(ten, task.tokens.progress);
    expect(isRepeat(again)).toBe(true);
    expect(again.json).toEqual(first.json);
    expect(await readTask(store, task.taskId)).toEqual(before);
    expect(await usesOf(task, 'progress')).toBe(2);
  });

  test('is acknowledged, not refused, if its token has no uses left', async ({ aTask, send }) => {
    const task = await aTask(`${name}-ocr`);
    const reports = [1, 2, 3, 4, 5].map((percent) =>
      sign(task, { capability: 'progress', body: `{"percent":${percent}}` }),
    );
    for (const report of reports) expect(isRecorded(await send(report, task.tokens.progress))).toBe(true);
    for (const report of reports) expect(isRepeat(await send(report, task.tokens.progress))).toBe(true);
    const another = sign(task, { capability: 'progress', body: '{"percent":6}' });
    expect(await send(another, task.tokens.progress)).toBeRefusedWith('token_exhausted');
  });

  test('is refused with a token of a later issue of the same task', async ({ aTask, reopen, send, store }) => {
    const task = await aTask(`${name}-ocr`);
    const captured = sign(task);
    expect((await send(captured, task.tokens.result)).status).toBe(200);
    const token = await reopen(task);
    const before = await readTask(store, task.taskId);
    expect(await send(captured, token)).toBeRefusedWith('proof_invalid');
    expect(await readTask(store, task.taskId)).toEqual(before);
    expect(isRecorded(await send(sign(task), token))).toBe(true);
  });

  test('is bound to its token even if it was acknowledged as a repeat', async ({ aTask, reopen, send, store }) => {
    const task = await aTask(`${name}-ocr`);
    await send(sign(task), task.tokens.result);
    const repeat = sign(task);
    expect(isRepeat(await send(repeat, task.tokens.result))).toBe(true);
    const token = await reopen(task);
    expect(await send(repeat, token)).toBeRefusedWith('proof_invalid');
    expect(await readTask(store, task.taskId)).toMatchObject({ status: 'pending' });
  });

  test('does not count after another report if it repeated an earlier one', async ({ aTask, send, store }) => {
    const task = await aTask(`${name}-ocr`);
    const report = (percent: number) => sign(task, { capability: 'progress', body: `{"percent":${percent}}` });
    await send(report(10), task.tokens.progress);
    const repeat = report(10);
    expect(isRepeat(await send(repeat, task.tokens.progress))).toBe(true);
    await send(report(90), task.tokens.progress);
    expect(isRepeat(await send(repeat, task.tokens.progress))).toBe(true);
    expect((await readTask(store, task.taskId))?.progress).toMatchObject({ percent: 90 });
  });

  test('is refused if its media type was changed, which is not signed', async ({ aTask, receiver, send }) => {
    const task = await aTask(`${name}-ocr`);
    const captured = sign(task, { capability: 'failure' });
    await send(captured, task.tokens.failure);
    const changed = { ...captured, headers: { ...captured.headers, 'content-type': 'text/plain' } };
    expect(await send(changed, task.tokens.failure)).toBeRefusedWith('proof_invalid');
    expect(receiver.counts()).not.toHaveProperty('ReplayDetected');
  });

  test('is acknowledged after exp, with its own token', async ({ aTask, receiver, send }) => {
    const task = await aTask(`${name}-ocr`);
    receiver.at(NOW + 3_600);
    const captured = sign(task, { at: NOW + 3_600 });
    expect(isRecorded(await send(captured, task.tokens.result))).toBe(true);
    receiver.at(NOW + 3_700);
    expect(isRepeat(await send(captured, task.tokens.result))).toBe(true);
  });

  test('does not count with the token of another task after it was kept in quarantine', async ({
    aTask,
    key,
    receiver,
    send,
    store,
  }) => {
    const task = await aTask(`${name}-ocr`);
    receiver.at(NOW + 3_700);
    const late = sign(task, { at: NOW + 3_700 });
    expect(await send(late, task.tokens.result)).toBeRefusedWith('token_expired');
    expect(Object.keys((await readTask(store, task.taskId))?.quarantine ?? {})).toHaveLength(1);
    const token = await aToken(key, { ...task.claims('result'), jti: aJti(), exp: NOW + 7_200 });
    expect(await send(late, token)).toBeRefusedWith('proof_invalid');
    // The same again gets the same refusal, and is kept once.
    expect(await send(late, task.tokens.result)).toBeRefusedWith('token_expired');
    expect(Object.keys((await readTask(store, task.taskId))?.quarantine ?? {})).toHaveLength(1);
  });

  test('is refused as late and not kept in quarantine if it came with another token', async ({
    aTask,
    key,
    receiver,
    send,
    store,
  }) => {
    const [task, token] = await (async () => {
      const one = await aTask(`${name}-ocr`);
      return [one, await aToken(key, { ...one.claims('result'), jti: aJti(), exp: NOW + 60 })] as const;
    })();
    const captured = sign(task, { at: NOW + 100 });
    receiver.at(NOW + 100);
    expect((await send(captured, task.tokens.result)).status).toBe(200);
    expect(await send(captured, token)).toBeRefusedWith('token_expired');
    expect((await readTask(store, task.taskId))?.quarantine).toEqual({});
  });

  test('is not spent if its payload is refused', async ({ aTask, operations, send }) => {
    const task = await aTask(`${name}-ocr`);
    const empty = sign(task, { body: '', id: 'msg_same' });
    expect(await send(empty, task.tokens.result)).toBeRefusedWith('payload_invalid');
    expect(operations()).toEqual([]);
    expect(isRecorded(await send(sign(task, { id: 'msg_same' }), task.tokens.result))).toBe(true);
  });

  test.for([
    ['H4 is not spent if its use could not be recorded: the honest retry is recorded', 'reset', isRecorded],
    ['H4 is acknowledged to the honest retry if its use was recorded and the answer was lost', 'lostAnswer', isRepeat],
  ] as const)('%s', async ([_title, kind, isExpected], { aTask, proxy, send }) => {
    const task = await aTask(`${name}-ocr`);
    const captured = sign(task);
    proxy.inject(() => ({ kind }));
    expect(await send(captured, task.tokens.result)).toBeRefusedWith('unavailable');
    proxy.clear();
    expect(isExpected(await send(captured, task.tokens.result))).toBe(true);
  });

  test('C6 counts once, for one token, if it is sent 16 times at once for two tokens', async ({
    aTask,
    key,
    send,
    usesOf,
  }) => {
    const [task, token] = await (async () => {
      const one = await aTask(`${name}-ocr`);
      return [one, await aToken(key, { ...one.claims('progress'), jti: aJti() })] as const;
    })();
    const captured = sign(task, { capability: 'progress', body: '{"percent":10}' });
    const answers = await Promise.all(
      Array.from({ length: 16 }, (_, i) => send(captured, i % 2 === 0 ? task.tokens.progress : token)),
    );
    expect(answers.filter(isRecorded)).toHaveLength(1);
    expect(await usesOf(task, 'progress')).toBe(1);
  });

  test('needs no extra request; a repeat by another signature needs one, a refusal none', async ({
    aTask,
    operations,
    proxy,
    reopen,
    send,
  }) => {
    const task = await aTask(`${name}-ocr`);
    const captured = sign(task);
    await send(captured, task.tokens.result);
    expect(operations()).toEqual(['TransactWriteItems']);
    proxy.clear();
    await send(captured, task.tokens.result);
    expect(operations()).toEqual(['TransactWriteItems']);
    proxy.clear();
    await send(sign(task), task.tokens.result);
    expect(operations()).toEqual(['TransactWriteItems', 'TransactWriteItems']);
    const token = await reopen(task);
    proxy.clear();
    await send(captured, token);
    expect(operations()).toEqual(['TransactWriteItems']);
  });

  test('is a replay in mode reject', async ({ key, send, store }) => {
    const task = await putTask(store, key, { processor: `${name}-strict` });
    const captured = sign(task);
    expect(isRecorded(await send(captured, task.tokens.result))).toBe(true);
    expect(await send(captured, task.tokens.result)).toBeRefusedWith('token_replayed');
  });

  test('gets a fresh URL of its own object until the task is closed, if it is an upload', async ({
    aTask,
    send,
    usesOf,
  }) => {
    const task = await aTask(`${name}-ocr`);
    const offer = (sha256: string) =>
      sign(task, {
        capability: 'upload',
        body: JSON.stringify({ contentType: 'application/pdf', size: 1, sha256: sha256.repeat(64) }),
      });
    const [a, b] = [offer('a'), offer('b')];
    const first = await send(a, task.tokens.upload);
    expect(isRecorded(await send(b, task.tokens.upload))).toBe(true);
    const again = await send(a, task.tokens.upload);
    expect(isRepeat(again)).toBe(true);
    expect((again.json as { url: string }).url).toBe((first.json as { url: string }).url);
    expect(await usesOf(task, 'upload')).toBe(2);
    await send(sign(task), task.tokens.result);
    expect(await send(a, task.tokens.upload)).toBeRefusedWith('task_closed');
  });
});

describe('standard_webhooks', () => {
  test('refuses a message of another task, because the URL is not signed', async ({ aTask, send, store }) => {
    const [task, other] = [await aTask('standard-ocr'), await aTask('standard-ocr')];
    const captured = signStandard(task);
    await send(captured, task.tokens.result);
    expect(await send({ ...captured, path: other.path('result') }, other.tokens.result)).toBeRefusedWith(
      'proof_invalid',
    );
    expect(await readTask(store, other.taskId)).toMatchObject({ status: 'pending', sequence: 1 });
  });

  test('acknowledges a message that is sent again at another time, and does not count it', async ({
    aTask,
    receiver,
    send,
    store,
  }) => {
    const task = await aTask('standard-ocr');
    const report = (at: number, percent: number, id: string) =>
      signStandard(task, { capability: 'progress', at, id, body: `{"percent":${percent}}` });
    await send(report(NOW, 10, 'msg_a'), task.tokens.progress);
    await send(report(NOW, 90, 'msg_b'), task.tokens.progress);
    receiver.at(NOW + 900);
    expect(isRepeat(await send(report(NOW + 900, 10, 'msg_a'), task.tokens.progress))).toBe(true);
    expect((await readTask(store, task.taskId))?.progress).toMatchObject({ percent: 90 });
  });

  test('refuses a used id with another payload', async ({ aTask, send }) => {
    const task = await aTask('standard-ocr');
    await send(signStandard(task, { id: 'msg_used' }), task.tokens.result);
    const other = signStandard(task, { id: 'msg_used', body: '{"text":"2"}' });
    expect(await send(other, task.tokens.result)).toBeRefusedWith('proof_invalid');
  });

  test('keeps the ids of processors apart', async ({ aTask, key, send, store }) => {
    const [task, other] = [await aTask('standard-ocr'), await putTask(store, key, { processor: 'standard-strict' })];
    await send(signStandard(task, { id: 'msg_1' }), task.tokens.result);
    expect((await send(signStandard(other, { id: 'msg_1' }), other.tokens.result)).status).toBe(200);
  });

  test('C6 remembers an id for as long as a message with it can be accepted', async ({
    aTask,
    receiver,
    recordOf,
    send,
    store,
  }) => {
    const task = await aTask('standard-ocr');
    await send(signStandard(task, { id: 'msg_kept' }), task.tokens.result);
    const recordKey = proofKey('standard_webhooks', 'standard-ocr', 'msg_kept');
    expect(await recordOf(recordKey)).toEqual({
      jti: recordKey,
      boundTo: jtiKey(ORIGIN, task.jtis.result),
      payloadSha256: (await readUse(store, task.jtis.result))?.payloadSha256,
      usedAt: new Date(NOW * 1000).toISOString(),
      // exp of the token, its tolerance of 5 s, and 300 s before and after the time in the last message.
      expiresAt: NOW + 3_600 + 5 + 600,
    });
    receiver.at(NOW + 9_000);
    expect(isRepeat(await send(signStandard(task, { id: 'msg_kept', at: NOW + 9_000 }), task.tokens.result))).toBe(
      true,
    );
    expect(await recordOf(recordKey)).toMatchObject({ expiresAt: NOW + 9_000 + 600 + 5 });
  });
});

describe('http_signature', () => {
  test('C6 remembers the signed text until it is too old by any clock', async ({ aTask, recordOf, send }) => {
    const task = await aTask('signed-ocr');
    const { headers } = signHttp(task, { id: 'n', at: NOW - 10 });
    await send(signHttp(task, { id: 'n', at: NOW - 10 }), task.tokens.result);
    const base = [
      '"@method": POST',
      `"@target-uri": ${ORIGIN}${task.path('result')}`,
      `"content-digest": ${headers['content-digest']}`,
      `"@signature-params": ${headers['signature-input']?.slice('sig='.length)}`,
    ].join('\n');
    expect(await recordOf(proofKey('http_signature', 'signed-ocr', base))).toMatchObject({
      boundTo: jtiKey(ORIGIN, task.jtis.result),
      expiresAt: NOW - 10 + 300 + 5,
    });
  });

  test('treats a second signature over the same text as the same: (r, n − s) for (r, s)', async ({
    aTask,
    send,
    store,
  }) => {
    const task = await aTask('signed-ocr');
    const report = signHttp(task, { capability: 'progress', body: '{"percent":10}' }, 'sig', 'ec');
    await send(report, task.tokens.progress);
    await send(signHttp(task, { capability: 'progress', body: '{"percent":90}' }), task.tokens.progress);
    const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
    const bytes = Buffer.from(report.headers.signature?.slice('sig=:'.length, -1) ?? '', 'base64');
    const s = BigInt(`0x${bytes.subarray(32).toString('hex')}`);
    const twin = Buffer.concat([
      bytes.subarray(0, 32),
      Buffer.from((order - s).toString(16).padStart(64, '0'), 'hex'),
    ]).toString('base64');
    const again = { ...report, headers: { ...report.headers, signature: `sig=:${twin}:` } };
    expect(isRepeat(await send(again, task.tokens.progress))).toBe(true);
    expect((await readTask(store, task.taskId))?.progress).toMatchObject({ percent: 90 });
  });

  test('treats a signature under another label as the same', async ({ aTask, reopen, send }) => {
    const task = await aTask('signed-ocr');
    await send(signHttp(task, { id: 'n' }), task.tokens.result);
    const token = await reopen(task);
    expect(await send(signHttp(task, { id: 'n' }, 'another'), token)).toBeRefusedWith('proof_invalid');
  });

  test('spends both signatures of one request: one alone is no new request', async ({ aTask, reopen, send }) => {
    const task = await aTask('signed-ocr');
    const [one, two] = [signHttp(task, {}, 'one'), signHttp(task, {}, 'two', 'ec')];
    const joined = (name: 'signature' | 'signature-input') => `${one.headers[name]}, ${two.headers[name]}`;
    const both = {
      ...one,
      headers: { ...one.headers, signature: joined('signature'), 'signature-input': joined('signature-input') },
    };
    expect(isRecorded(await send(both, task.tokens.result))).toBe(true);
    const token = await reopen(task);
    for (const captured of [one, two]) expect(await send(captured, token)).toBeRefusedWith('proof_invalid');
  });

  test('records one signature under two labels once', async ({ aTask, send }) => {
    const task = await aTask('signed-ocr');
    const [one, two] = [signHttp(task, { id: 'n' }, 'one'), signHttp(task, { id: 'n' }, 'two')];
    const joined = (name: 'signature' | 'signature-input') => `${one.headers[name]}, ${two.headers[name]}`;
    const both = {
      ...one,
      headers: { ...one.headers, signature: joined('signature'), 'signature-input': joined('signature-input') },
    };
    expect(isRecorded(await send(both, task.tokens.result))).toBe(true);
  });
});
