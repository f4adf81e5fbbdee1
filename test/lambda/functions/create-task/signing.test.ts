import { compactVerify, createLocalJWKSet, decodeJwt, decodeProtectedHeader } from 'jose';
import { describe, expect } from 'vitest';
import { SIGNING_KINDS } from '../../../../lambda/contract/signing.ts';
import { createTokenVerifier } from '../../../../lambda/shared/callback-token/verify.ts';
import { test as base } from '../../../support/fixtures.ts';
import '../../../support/matchers.ts';
import { PATIENT_CALLS } from '../../../support/patience.ts';
import { REGISTRY } from '../../../support/registry.ts';
import type { SenderFunction } from '../../../support/sender-api.ts';
import { aTaskBody, type Opened } from '../../../support/sender-world.ts';
import {
  makeSigningKey,
  putSigningKey,
  retireSigningKey,
  type SigningKeyOptions,
} from '../../../support/signing-keys.ts';
import { NOW, ORIGIN } from '../../../support/tokens.ts';
import { verificationKeysOf } from '../../../support/verification-keys.ts';

const DAY = 86_400;

const postTo =
  (open: SenderFunction) =>
  (overrides: Record<string, unknown> = {}, headers: Record<string, string> = {}) =>
    open.send({
      path: '/v1/tasks',
      body: JSON.stringify(aTaskBody({ carrier: 'header', ...overrides })),
      headers: { 'content-type': 'application/json', ...headers },
    });

describe.each(SIGNING_KINDS)('SIGNING=%s', (kind) => {
  const test = base.extend('open', ({ sender }) => sender.opener(sender.signBy(kind)));

  test('T2 T8 signs each token over exactly the claims of the contract', async ({ open, sender }) => {
    open.at(NOW * 1000 + 789);
    const { callbacks, taskId } = (await postTo(open)({ owner: 'user-12' })).json as Opened;
    const publicKeys = await sender.publicKeys();
    const keySet = createLocalJWKSet({ keys: publicKeys.map(({ jwk }) => jwk) });
    const kid = kind === 'kms' ? publicKeys[1]?.kid : sender.rotatingKey.item.kid;
    for (const [capability, scope, path] of [
      ['result', 'result_write', 'results'],
      ['failure', 'failure_write', 'failures'],
    ] as const) {
      const token = callbacks[capability]?.token ?? '';
      await compactVerify(token, keySet);
      expect(decodeProtectedHeader(token)).toEqual({ alg: 'ES256', typ: 'callback+jwt', kid });
      expect(decodeJwt(token)).toEqual({
        iss: ORIGIN,
        aud: `${ORIGIN}/v1/${path}`,
        sub: 'acme-ocr',
        path: `/v1/${path}/${taskId}`,
        res_id: taskId,
        scope,
        roles: ['processor'],
        jti: expect.stringMatching(/^[A-Za-z0-9_-]{22}$/),
        iat: NOW,
        nbf: NOW,
        exp: NOW + 3_600,
        max_uses: 1,
      });
    }
  });

  test("mints tokens that the receiver's verifier accepts", async ({ open, sender }) => {
    const { callbacks, taskId } = (await postTo(open)({ carrier: 'path' })).json as Opened;
    const publicKeys = await sender.publicKeys();
    const keys = verificationKeysOf(publicKeys.map((publicKey) => ({ publicKey })));
    const verifier = createTokenVerifier({ origin: ORIGIN, registry: REGISTRY, keys });
    const expected = { carrier: 'path', capability: 'result', taskId, path: `/v1/results/${taskId}` } as const;
    const token = callbacks.result?.url.split('/').at(-1) ?? '';
    expect(await verifier.verify(token, expected, NOW)).toMatchObject({ expired: false });
  });

  test.for([
    ['throttled', { kind: 'throttled', as: 'ThrottlingException' }],
    ['failing', { kind: 'error', status: 500 }],
    ['gone', { kind: 'reset' }],
    ['silent', { kind: 'silence' }],
  ] as const)(
    'C7 leads to 503 and no task while KMS is %s, and the next request tries again',
    async ([_, fault], { sender }) => {
      const needed = kind === 'kms' ? 'Sign' : 'Decrypt';
      sender.keyService.inject(({ operation }) => (operation === needed ? fault : undefined));
      const limits = fault.kind === 'silence' ? sender.timeLimited() : {};
      const post = postTo(sender.opener({ ...limits, ...sender.signBy(kind) }));
      const answer = await post();
      expect(answer).toBeRefusedWith('unavailable');
      expect(answer.headers['Retry-After']).toMatch(/^\d+$/);
      expect(sender.dynamodb.count('PutItem')).toBe(0);
      sender.clear();
      expect((await post()).status).toBe(201);
    },
  );
});

describe('rotating keys', () => {
  const test = base
    /** Puts a key that KMS made into a table of this test. Without other times it signs for a day, from an hour ago. */
    .extend('put', ({ ownStore, sender }) => async (options: SigningKeyOptions = {}) => {
      const key = await makeSigningKey(sender.kms, options);
      await putSigningKey(ownStore, key.item);
      return key;
    })
    .extend('retire', ({ ownStore }) => retireSigningKey.bind(null, ownStore))
    /** A process of the function. Its list comes through a proxy in front of the table of this test. */
    .extend('start', ({ ownStore, sender }) => () => {
      const { signing } = sender.signBy('rotating');
      const open = sender.opener({
        signing: { ...signing, SIGNING_KEYS_TABLE: ownStore.signingKeysTable },
        keysCall: ownStore.createCall(sender.dynamodb.endpoint, { ...PATIENT_CALLS, attempts: 1 }),
      });
      const post = postTo(open);
      const at = (seconds: number) => open.at(seconds * 1_000);
      const kidNow = async () => {
        const { callbacks } = (await post()).json as Opened;
        return decodeProtectedHeader(callbacks.result?.token ?? '').kid;
      };
      return { open, post, at, kidNow };
    });

  test('need one request of KMS for many tasks, and one query a minute', async ({ put, sender, start }) => {
    const { item } = await put();
    const { at, kidNow } = start();
    for (let task = 0; task < 5; task += 1) expect(await kidNow()).toBe(item.kid);
    at(NOW + 59);
    await kidNow();
    expect(sender.dynamodb.count('Query')).toBe(1);
    at(NOW + 60);
    await kidNow();
    expect(sender.dynamodb.count('Query')).toBe(2);
    expect(sender.keyService.requests.map(({ operation }) => operation)).toEqual(['Decrypt']);
  });

  test('sign at once if the first one is dated up to 5 s ahead by the clock of the rotation', async ({
    put,
    start,
  }) => {
    const first = await put({ publishedAt: NOW + 5 });
    await put({ generation: 2, publishedAt: NOW + 5, signFrom: NOW + 5 + DAY });
    const { at, post } = start();
    at(NOW - 1);
    expect(await post()).toBeRefusedWith('unavailable');
    at(NOW);
    const { token = '' } = ((await post()).json as Opened).callbacks.result ?? {};
    expect(decodeProtectedHeader(token).kid).toBe(first.item.kid);
    // A receiver accepts an `iat` that is 5 s ahead of its clock.
    expect(decodeJwt(token)).toMatchObject({ iat: NOW + 5, nbf: NOW, exp: NOW + 3_600 });
  });

  test('take turns when one ends, and the opening goes on', async ({ put, start }) => {
    const one = await put({ signUntil: NOW + 100 });
    const next = await put({ generation: 2, signFrom: NOW + 100 });
    const { at, kidNow } = start();
    at(NOW + 99);
    expect(await kidNow()).toBe(one.item.kid);
    at(NOW + 100);
    expect(await kidNow()).toBe(next.item.kid);
  });

  test('C7 lead to 503 if KMS does not answer when the next one begins, until it answers', async ({
    put,
    sender,
    start,
  }) => {
    await put({ signUntil: NOW + 100 });
    const next = await put({ generation: 2, signFrom: NOW + 100 });
    const { at, kidNow, post } = start();
    await kidNow();
    sender.keyService.inject(() => ({ kind: 'error', status: 500 }));
    // The key that is in memory needs no KMS.
    at(NOW + 99);
    expect((await post()).status).toBe(201);
    at(NOW + 100);
    expect(await post()).toBeRefusedWith('unavailable');
    sender.clear();
    expect(await kidNow()).toBe(next.item.kid);
  });

  test('sign at most 60 s after their retirement, in a process that runs already', async ({ put, retire, start }) => {
    const one = await put();
    const next = await put({ generation: 2, signFrom: NOW + DAY });
    const { at, kidNow } = start();
    expect(await kidNow()).toBe(one.item.kid);
    await retire(one.item);
    at(NOW + 59);
    expect(await kidNow()).toBe(one.item.kid);
    at(NOW + 60);
    expect(await kidNow()).toBe(next.item.kid);
  });

  test('lead to 503 after two retirements, until a new one was published for 65 s', async ({ put, retire, start }) => {
    for (const generation of [1, 2]) await retire((await put({ generation })).item);
    const young = await put({ generation: 3, publishedAt: NOW, signFrom: NOW + 65 });
    const { at, kidNow, open, post } = start();
    expect(await post()).toBeRefusedWith('unavailable');
    expect(open.lines.at(-1)?.reason).toBe('signing key: NoSigningKey');
    at(NOW + 64);
    expect(await post()).toBeRefusedWith('unavailable');
    at(NOW + 65);
    expect(await kidNow()).toBe(young.item.kid);
  });

  test('lead to 503 once the only one is over', async ({ put, start }) => {
    await put({ signUntil: NOW + 100 });
    const { at, post } = start();
    at(NOW + 99);
    expect((await post()).status).toBe(201);
    at(NOW + 100);
    expect(await post()).toBeRefusedWith('unavailable');
  });

  test('give a repeat of a request a token of the younger key, not older than that key', async ({
    put,
    retire,
    start,
  }) => {
    const one = await put();
    const key = { 'Idempotency-Key': 'once' };
    const { taskId } = (await start().post({}, key)).json as Opened;
    await retire(one.item, NOW + 3_602);
    const next = await put({ generation: 2, publishedAt: NOW + 3_602 });
    // The token expires at NOW + 3,600, and the task is pending until the tolerance of 5 s is over.
    const { at, post } = start();
    at(NOW + 3_604);
    const again = (await post({}, key)).json as Opened;
    expect(again.taskId).toBe(taskId);
    const token = again.callbacks.result?.token ?? '';
    expect(decodeProtectedHeader(token).kid).toBe(next.item.kid);
    expect(decodeJwt(token)).toMatchObject({ iat: NOW + 3_602, nbf: NOW + 3_600, exp: NOW + 3_600 });
  });

  test('lead to 503 if the decrypted key has another thumbprint, without a word of the key', async ({
    ownStore,
    put,
    sender,
    start,
  }) => {
    const [one, other] = [await put(), await makeSigningKey(sender.kms)];
    await putSigningKey(ownStore, { ...one.item, kid: other.item.kid });
    const { open, post } = start();
    const answer = await post();
    expect(answer).toBeRefusedWith('unavailable');
    expect(open.lines.at(-1)?.reason).toBe('signing key: SigningKeyMismatch');
    const bytes = Buffer.from(one.privateKey.export({ format: 'jwk' }).d ?? '', 'base64url');
    for (const encoding of ['base64url', 'base64', 'hex'] as const) {
      expect(JSON.stringify([open.lines, answer])).not.toContain(bytes.toString(encoding));
    }
  });

  test('sign for 10 minutes after the last answer of the table, and then lead to 503', async ({
    put,
    sender,
    start,
  }) => {
    const { item } = await put();
    const { at, kidNow, post } = start();
    expect(await kidNow()).toBe(item.kid);
    sender.dynamodb.inject(({ operation }) => (operation === 'Query' ? { kind: 'reset' } : undefined));
    at(NOW + 599);
    expect(await kidNow()).toBe(item.kid);
    at(NOW + 600);
    expect(await post()).toBeRefusedWith('unavailable');
    sender.clear();
    expect(await kidNow()).toBe(item.kid);
  });

  test('lead to 503 if the table does not answer at the start, and the next request tries again', async ({
    put,
    sender,
    start,
  }) => {
    await put();
    sender.dynamodb.inject(({ operation }) => (operation === 'Query' ? { kind: 'reset' } : undefined));
    const { post } = start();
    expect(await post()).toBeRefusedWith('unavailable');
    expect(sender.dynamodb.count('PutItem')).toBe(0);
    sender.clear();
    expect((await post()).status).toBe(201);
  });
});
