import { generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import { CompactEncrypt, compactDecrypt, importJWK, type JWK } from 'jose';
import { describe, expect } from 'vitest';
import { MAX_TOKEN_CHARS } from '../../../../lambda/contract/limits.ts';
import { createTokenDecrypter } from '../../../../lambda/shared/callback-token/decrypt.ts';
import { createTokenEncrypter } from '../../../../lambda/shared/callback-token/encrypt.ts';
import { test as base } from '../../../support/fixtures.ts';
import '../../../support/matchers.ts';
import { expectUntouched } from '../../../support/proofs.ts';
import { aReceiver, type OpenTask, putTask, type ReceiverFixture, readTask } from '../../../support/receiver.ts';
import { aProcessor, REGISTRY, registryOf } from '../../../support/registry.ts';
import { aTaskBody, type Opened } from '../../../support/sender-world.ts';
import { NOW } from '../../../support/tokens.ts';

const pair = (kid: string) => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = (key: { export(options: { format: 'jwk' }): JsonWebKey }) =>
    ({ ...key.export({ format: 'jwk' }), kid }) as JWK & { readonly kid: string };
  return { privateJwk: jwk(privateKey), publicJwk: jwk(publicKey) };
};
const current = pair('current');
const next = pair('next');
const stranger = pair('current');

const registry = { ...REGISTRY, 'sealed-ocr': aProcessor({ id: 'sealed-ocr', encrypted: true }) };

const encrypt = createTokenEncrypter(current.publicJwk);
const deliverTo = (receiver: ReceiverFixture) => (task: OpenTask, token: string) =>
  receiver.deliver({
    path: task.path('result'),
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: '{}',
  });

/** An encrypted token that is not as ours are. */
const forged = async (task: OpenTask, header: Record<string, unknown>, jwk = current.publicJwk, content?: string) => {
  const full = { alg: 'ECDH-ES', enc: 'A256GCM', cty: 'callback+jwt', kid: 'current', ...header };
  const bytes = Buffer.from(content ?? task.tokens.result);
  return new CompactEncrypt(bytes)
    .setProtectedHeader(full as { alg: string; enc: string })
    .encrypt(await importJWK(jwk, full.alg), { crit: { 'x-critical': true } });
};

const test = base
  /** The secret with the private keys. A test may replace what is read. */
  .extend('secret', () => ({ read: async () => JSON.stringify(current.privateJwk) }))
  .extend('receiver', ({ key, secret, store }) => {
    const decrypter = createTokenDecrypter('keys', () => NOW * 1000, { find: () => secret.read() });
    return aReceiver({ store, keys: [key], registry, decrypter: () => decrypter });
  })
  .extend('deliver', ({ receiver }) => deliverTo(receiver))
  .extend(
    'aTask',
    ({ key, store }) =>
      () =>
        putTask(store, key, { processor: 'sealed-ocr' }),
  );

describe('an encrypted token', () => {
  test('is accepted like the signed token inside, and shows none of its claims', async ({ aTask, deliver, store }) => {
    const task = await aTask();
    const token = await encrypt(task.tokens.result);
    expect(token.split('.')).toHaveLength(5);
    for (const part of token.split('.')) {
      expect(Buffer.from(part, 'base64url').toString('latin1')).not.toContain(task.taskId);
    }
    expect((await deliver(task, token)).status).toBe(200);
    expect(await readTask(store, task.taskId)).toMatchObject({ status: 'succeeded' });
  });

  test('T3 is refused if it is compressed, because it may expand to any size', async ({ aTask, deliver, store }) => {
    const task = await aTask();
    const compressed = await forged(task, { zip: 'DEF' });
    const { plaintext } = await compactDecrypt(compressed, await importJWK(current.privateJwk, 'ECDH-ES'));
    expect(Buffer.from(plaintext).toString()).toBe(task.tokens.result);
    expect(await deliver(task, compressed)).toBeRefusedWith('token_header_refused');
    await expectUntouched(store, task);
  });

  test('is the same token however often it is encrypted', async ({ aTask, deliver }) => {
    const task = await aTask();
    const [one, other] = [await encrypt(task.tokens.result), await encrypt(task.tokens.result)];
    expect(one).not.toBe(other);
    await deliver(task, one);
    expect((await deliver(task, other)).headers['Idempotency-Replayed']).toBe('true');
  });

  test('O3 stays valid while keys are rotated', async ({ aTask, deliver, secret }) => {
    secret.read = async () => JSON.stringify({ keys: [next.privateJwk, current.privateJwk] });
    for (const { publicJwk } of [current, next]) {
      const task = await aTask();
      const token = await createTokenEncrypter(publicJwk)(task.tokens.result);
      expect((await deliver(task, token)).status).toBe(200);
    }
    secret.read = async () => JSON.stringify({ keys: [next.privateJwk] });
    const task = await aTask();
    expect(await deliver(task, await encrypt(task.tokens.result))).toBeRefusedWith('token_key_unknown');
  });

  test('is not issued if it would exceed the length limit, or without a key', async () => {
    await expect(encrypt('x'.repeat(MAX_TOKEN_CHARS))).rejects.toThrow(/characters long/);
    await expect(createTokenEncrypter(undefined)('a.b.c')).rejects.toThrow('no key');
  });
});

describe('a wrong encrypted token leaves the task untouched, and the receiver', () => {
  test.for<[string, (task: OpenTask) => Promise<string>, string]>([
    ['refuses an unknown key', (task) => forged(task, { kid: 'other' }), 'token_key_unknown'],
    ['refuses another key with the same kid', (task) => forged(task, {}, stranger.publicJwk), 'token_malformed'],
    ['refuses a token without kid', (task) => forged(task, { kid: undefined }), 'token_header_refused'],
    ['T8 refuses another content type', (task) => forged(task, { cty: 'JWT' }), 'token_header_refused'],
    ['T1 refuses another algorithm', (task) => forged(task, { alg: 'ECDH-ES+A256KW' }), 'token_malformed'],
    ['T1 refuses another encryption', (task) => forged(task, { enc: 'A128GCM' }), 'token_header_refused'],
    [
      'T7 refuses an extension',
      (task) => forged(task, { crit: ['x-critical'], 'x-critical': 1 }),
      'token_header_refused',
    ],
    [
      'refuses an encrypted token inside an encrypted token',
      async (task) => forged(task, {}, current.publicJwk, await encrypt('a.b.c')),
      'token_malformed',
    ],
    ['refuses a text that is not a token', (task) => forged(task, {}, current.publicJwk, 'hello'), 'token_malformed'],
    [
      'refuses a forged token inside',
      async (task) => encrypt(`${task.tokens.result.slice(0, -8)}AAAAAAAA`),
      'token_signature_invalid',
    ],
    ['T4 refuses padding', async (task) => `${await encrypt(task.tokens.result)}=`, 'token_malformed'],
    [
      'refuses an encrypted key',
      async (task) => (await encrypt(task.tokens.result)).replace('..', '.AAAA.'),
      'token_malformed',
    ],
    [
      'refuses a changed ciphertext',
      async (task) => {
        const token = await encrypt(task.tokens.result);
        const parts = token.split('.');
        const text = parts[3] ?? '';
        parts[3] = `${text.startsWith('A') ? 'B' : 'A'}${text.slice(1)}`;
        return parts.join('.');
      },
      'token_malformed',
    ],
    ['refuses six parts', async (task) => `${await encrypt(task.tokens.result)}.AAAA`, 'token_malformed'],
  ])('%s', async ([_, make, code], { aTask, deliver, store }) => {
    const task = await aTask();
    expect(await deliver(task, await make(task))).toBeRefusedWith(code as 'token_malformed');
    await expectUntouched(store, task);
  });

  test('C7 answers 503 if the keys cannot be read or are malformed', async ({ aTask, deliver, secret, store }) => {
    const task = await aTask();
    const token = await encrypt(task.tokens.result);
    for (const answer of [() => Promise.reject(new Error('down')), async () => 'not JSON']) {
      secret.read = answer;
      expect(await deliver(task, token)).toBeRefusedWith('unavailable');
    }
    await expectUntouched(store, task);
  });

  test('refuses encrypted tokens in an environment without encryption', async ({ aTask, key, store }) => {
    const deliver = deliverTo(aReceiver({ store, keys: [key], registry }));
    const task = await aTask();
    expect(await deliver(task, await encrypt(task.tokens.result))).toBeRefusedWith('token_malformed');
    await expectUntouched(store, task);
  });
});

test('a processor whose claims are confidential gets encrypted tokens, others do not', async ({ sender }) => {
  const open = sender.opener({
    encryptionKey: current.publicJwk,
    registry: registryOf(aProcessor({ id: 'sealed-ocr', encrypted: true }), aProcessor({ id: 'header-ocr' })),
  });
  const tokenFor = async (processor: string) => {
    const answer = await open.send({
      method: 'POST',
      path: '/v1/tasks',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(aTaskBody({ processor, carrier: 'header', owner: 'user-12' })),
    });
    expect(answer.status).toBe(201);
    return (answer.json as Opened).callbacks.result?.token ?? '';
  };
  expect((await tokenFor('header-ocr')).split('.')).toHaveLength(3);
  const sealed = await tokenFor('sealed-ocr');
  expect(sealed.split('.')).toHaveLength(5);
  expect(sealed.length).toBeLessThanOrEqual(MAX_TOKEN_CHARS);
  const header = JSON.parse(Buffer.from(sealed.split('.')[0] ?? '', 'base64url').toString());
  expect(header).toMatchObject({ alg: 'ECDH-ES', enc: 'A256GCM', cty: 'callback+jwt', kid: 'current' });
});

describe('the log says why an encrypted token is refused', () => {
  const read = async () => JSON.stringify(current.privateJwk);
  const decrypter = createTokenDecrypter('keys', () => NOW * 1000, { find: read });
  const task = { tokens: { result: 'a.b.c' } } as OpenTask;
  test.for([
    ['token_key_unknown', 'no key has this kid', { kid: 'other' }],
    ['token_header_refused', 'alg and enc are not those of our tokens', { enc: 'A128GCM' }],
    ['token_header_refused', 'cty is not that of a callback token', { cty: 'JWT' }],
    ['token_header_refused', 'zip is not accepted', { zip: 'DEF' }],
    ['token_header_refused', 'no kid', { kid: undefined }],
  ] as const)('%s: %s', async ([code, reason, header]) => {
    expect(await decrypter.decrypt(await forged(task, header))).toMatchObject({ code, reason });
  });

  test('token_malformed: it does not decrypt', async () => {
    const token = await forged(task, {}, stranger.publicJwk);
    expect(await decrypter.decrypt(token)).toMatchObject({ code: 'token_malformed', reason: 'it does not decrypt' });
  });

  test('token_header_refused: another alg, with the form of our tokens', async () => {
    const [, ...parts] = (await forged(task, {})).split('.');
    const header = Buffer.from('{"alg":"dir","enc":"A256GCM","cty":"callback+jwt","kid":"current"}').toString(
      'base64url',
    );
    expect(await decrypter.decrypt([header, ...parts].join('.'))).toMatchObject({ code: 'token_header_refused' });
  });

  test('unavailable: the secret cannot be read', async () => {
    const silent = createTokenDecrypter('keys', () => NOW * 1000, {
      find: () => Promise.reject(new Error('no answer')),
    });
    await expect(silent.decrypt(await forged(task, {}))).rejects.toMatchObject({
      refusal: { code: 'unavailable', reason: expect.stringContaining('secrets') },
    });
  });
});
