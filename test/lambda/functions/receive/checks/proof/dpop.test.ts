import { createHash, randomUUID } from 'node:crypto';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { generateKeyPair, generateProof } from 'dpop';
import { calculateJwkThumbprint, exportJWK, type JWK, SignJWT } from 'jose';
import { describe, expect, vi } from 'vitest';
import {
  DPOP_NONCE,
  DPOP_WINDOW_SECONDS,
  MAX_DPOP_PROOF_CHARS,
} from '../../../../../../lambda/contract/proof-limits.ts';
import { proofKey } from '../../../../../../lambda/shared/tables/hashed-keys.ts';
import { test as base } from '../../../../../support/fixtures.ts';
import '../../../../../support/matchers.ts';
import { expectUntouched } from '../../../../../support/proofs.ts';
import { aReceiver, type OpenTask, putTask, type ReceiverFixture, readTask } from '../../../../../support/receiver.ts';
import { aProcessor, REGISTRY } from '../../../../../support/registry.ts';
import { NOW, ORIGIN } from '../../../../../support/tokens.ts';

const keyPair = await generateKeyPair('ES256', { extractable: true });
const otherPair = await generateKeyPair('ES256', { extractable: true });
const jwk = await exportJWK(keyPair.publicKey);
const jkt = await calculateJwkThumbprint(jwk);
const registry = {
  ...REGISTRY,
  'dpop-ocr': aProcessor({ id: 'dpop-ocr', proof: { kind: 'dpop', jkt, nonce: false } }),
  'nonce-ocr': aProcessor({ id: 'nonce-ocr', proof: { kind: 'dpop', jkt, nonce: true } }),
};

const urlOf = (task: OpenTask) => `${ORIGIN}${task.path('result')}`;

/** A proof as the client of another project makes it. */
const proofOf = (task: OpenTask, nonce?: string, pair = keyPair) =>
  generateProof(pair, urlOf(task), 'POST', nonce, task.tokens.result);

/** A proof by hand, for what no client would make; an `undefined` value leaves a member out. */
const forged = (task: OpenTask, claims: object = {}, header: object = {}, pair = keyPair) =>
  new SignJWT({
    htm: 'POST',
    htu: urlOf(task),
    iat: NOW,
    jti: randomUUID(),
    ath: createHash('sha256').update(task.tokens.result).digest('base64url'),
    ...claims,
  })
    .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk, ...header })
    .sign(pair.privateKey);

const deliverTo =
  (receiver: ReceiverFixture) =>
  (task: OpenTask, headers: Readonly<Record<string, string | readonly string[]>>, body = '{}') =>
    receiver.deliver({
      path: task.path('result'),
      headers: { 'content-type': 'application/json', authorization: `DPoP ${task.tokens.result}`, ...headers },
      body,
    });

const DPOP = { scheme: 'DPoP', error: 'invalid_dpop_proof' } as const;

const test = base
  // The client that makes proofs asks the real clock.
  .extend('clock', { auto: true }, ({}, { onCleanup }) => {
    onCleanup(() => void vi.useRealTimers());
    return vi.useFakeTimers({ toFake: ['Date'], now: NOW * 1000 });
  })
  .extend('receiver', ({ key, store }) => aReceiver({ store, keys: [key], registry }))
  .extend('deliver', ({ receiver }) => deliverTo(receiver))
  .extend(
    'aTask',
    ({ key, store }) =>
      (processor = 'dpop-ocr', cnf: object = { jkt }) =>
        putTask(store, key, { processor }, { cnf }),
  );

describe('P3 a callback with a DPoP proof', () => {
  test('is recorded', async ({ aTask, deliver, store }) => {
    const task = await aTask();
    const answer = await deliver(task, { dpop: await proofOf(task) });
    expect(answer.status).toBe(200);
    expect(answer.headers['DPoP-Nonce']).toBeUndefined();
    expect(await readTask(store, task.taskId)).toMatchObject({ status: 'succeeded' });
  });

  test.for(['PS256', 'Ed25519'] as const)('may be signed with %s', async (alg, { aTask, deliver }) => {
    const pair = await generateKeyPair(alg, { extractable: true });
    const task = await aTask('dpop-ocr', { jkt: await calculateJwkThumbprint(await exportJWK(pair.publicKey)) });
    expect((await deliver(task, { dpop: await proofOf(task, undefined, pair) })).status).toBe(200);
  });

  test('is acknowledged when it comes again with a proof of its own, and a replay is a replay', async ({
    aTask,
    deliver,
  }) => {
    const task = await aTask();
    await deliver(task, { dpop: await proofOf(task) });
    expect((await deliver(task, { dpop: await proofOf(task) })).headers['Idempotency-Replayed']).toBe('true');
    expect(await deliver(task, { dpop: await proofOf(task) }, '{"other":1}')).toBeRefusedWith('token_replayed');
  });

  test.for<[string, { htu?: (task: OpenTask) => string; iat?: number }]>([
    ['iat at the edge of the past', { iat: NOW - DPOP_WINDOW_SECONDS }],
    ['iat at the edge of the future', { iat: NOW + DPOP_WINDOW_SECONDS }],
    ['a query and a fragment in htu', { htu: (task: OpenTask) => `${urlOf(task)}?a=b#c` }],
    [
      'a default port and capitals in htu',
      { htu: (task: OpenTask) => `HTTPS://Callbacks.Example.com:443${task.path('result')}` },
    ],
  ])('is recorded with %s', async ([_, { htu, ...claims }], { aTask, deliver }) => {
    const task = await aTask();
    const dpop = await forged(task, { ...claims, ...(htu && { htu: htu(task) }) });
    expect((await deliver(task, { dpop })).status).toBe(200);
  });
});

describe('P3 a refused callback consumes nothing', () => {
  test('refuses a callback without a proof', async ({ aTask, deliver, store }) => {
    const task = await aTask();
    expect(await deliver(task, {})).toBeRefusedWith('proof_missing', DPOP);
    await expectUntouched(store, task);
  });

  test.for([
    ['as a bearer token', (task: OpenTask) => ({ authorization: `Bearer ${task.tokens.result}` })],
    ['in a header of its own', (task: OpenTask) => ({ authorization: [], 'callback-token': task.tokens.result })],
  ] as const)('refuses a bound token %s, even with a good proof', async ([_, headers], { aTask, deliver, store }) => {
    const task = await aTask();
    expect(await deliver(task, { dpop: await proofOf(task), ...headers(task) })).toBeRefusedWith('proof_missing', DPOP);
    await expectUntouched(store, task);
  });

  test('P1 refuses a second token beside Callback-Token', async ({ aTask, deliver, store }) => {
    const task = await aTask();
    const headers = { dpop: await proofOf(task), 'callback-token': task.tokens.result };
    expect(await deliver(task, headers)).toBeRefusedWith('token_ambiguous');
    await expectUntouched(store, task);
  });

  test('refuses a used proof, also for another token of the same key', async ({ aTask, deliver, store }) => {
    const [task, other] = [await aTask(), await aTask()];
    const dpop = await proofOf(task);
    expect(await deliver(task, { dpop })).toMatchObject({ status: 200 });
    expect(await deliver(task, { dpop })).toBeRefusedWith('proof_invalid', DPOP);
    const jti = randomUUID();
    expect((await deliver(task, { dpop: await forged(task, { jti }) })).status).toBe(200);
    expect(await deliver(other, { dpop: await forged(other, { jti }) })).toBeRefusedWith('proof_invalid', DPOP);
    await expectUntouched(store, other);
  });

  test('C6 remembers a proof until it is too old by any clock', async ({ aTask, deliver, store }) => {
    const task = await aTask();
    const jti = randomUUID();
    const dpop = await forged(task, { jti, iat: NOW - 100 });
    expect((await deliver(task, { dpop })).status).toBe(200);
    const { Item } = await store.client.send(
      new GetItemCommand({
        TableName: store.jtiTable,
        Key: { jti: { S: proofKey('dpop', jkt, jti) } },
      }),
    );
    // Good until 120 s after iat; 5 s are forgiven between clocks.
    expect(Item?.expiresAt).toEqual({ N: `${NOW - 100 + 120 + 5}` });
  });

  test('accepts a proof once if it comes many times at once', async ({ aTask, deliver }) => {
    const task = await aTask();
    const dpop = await proofOf(task);
    const answers = await Promise.all(Array.from({ length: 8 }, () => deliver(task, { dpop })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  const claimFaults: readonly (readonly [string, object])[] = [
    ['another method', { htm: 'GET' }],
    ['a method in small letters', { htm: 'post' }],
    ['another path', { htu: `${ORIGIN}/v1/results/other` }],
    ['another origin', { htu: 'https://callbacks.example.org/v1/results/x' }],
    ['no URL', { htu: 'callbacks' }],
    ['no htu', { htu: undefined }],
    ['no htm', { htm: undefined }],
    ['no jti', { jti: undefined }],
    ['an empty jti', { jti: '' }],
    ['a jti that is a number', { jti: 7 }],
    ['no iat', { iat: undefined }],
    ['iat in words', { iat: `${NOW}` }],
    ['iat one second too old', { iat: NOW - DPOP_WINDOW_SECONDS - 1 }],
    ['iat one second too new', { iat: NOW + DPOP_WINDOW_SECONDS + 1 }],
    ['no ath', { ath: undefined }],
    ['ath of another token', { ath: createHash('sha256').update('other').digest('base64url') }],
  ];
  test.for(claimFaults)('refuses a proof with %s', async ([_, claims], { aTask, deliver, store }) => {
    const task = await aTask();
    expect(await deliver(task, { dpop: await forged(task, claims) })).toBeRefusedWith('proof_invalid', DPOP);
    await expectUntouched(store, task);
  });

  test.for<[string, (task: OpenTask) => Promise<string>]>([
    ['T8 of another type', (task) => forged(task, {}, { typ: 'JWT' })],
    ['T8 without a type', (task) => forged(task, {}, { typ: undefined })],
    ['of another key', (task) => proofOf(task, undefined, otherPair)],
    ['signed by another key than it shows', (task) => forged(task, {}, {}, otherPair)],
    ['T3 that shows its private key', async (task) => forged(task, {}, { jwk: await exportJWK(keyPair.privateKey) })],
    ['T3 that shows no key', (task) => forged(task, {}, { jwk: undefined })],
    ['T3 whose key is a secret', (task) => forged(task, {}, { jwk: { kty: 'oct', k: 'c2VjcmV0' } as JWK })],
    ['T4 with padding', async (task) => `${await proofOf(task)}=`],
    ['T4 that is a callback token', async (task) => task.tokens.result],
    ['T7 longer than any proof', async (task) => forged(task, { more: 'x'.repeat(MAX_DPOP_PROOF_CHARS) })],
    ['T1 without a signature', async (task) => `${(await proofOf(task)).split('.').slice(0, 2).join('.')}.`],
    ['T1 with alg none', async (task) => swapHeader(await forged(task), { typ: 'dpop+jwt', alg: 'none', jwk })],
    [
      'T2 with the algorithm of another kind of key',
      async (task) => swapHeader(await forged(task), { typ: 'dpop+jwt', alg: 'PS256', jwk }),
    ],
    [
      'T7 with an extension that must be understood',
      async (task) => swapHeader(await forged(task), { typ: 'dpop+jwt', alg: 'ES256', jwk, crit: ['b64'], b64: true }),
    ],
    [
      'with its signature changed',
      async (task) => {
        const proof = await proofOf(task);
        return `${proof.slice(0, -10)}${proof.at(-10) === 'A' ? 'B' : 'A'}${proof.slice(-9)}`;
      },
    ],
  ])('refuses a proof %s', async ([_, make], { aTask, deliver, store }) => {
    const task = await aTask();
    expect(await deliver(task, { dpop: await make(task) })).toBeRefusedWith('proof_invalid', DPOP);
    await expectUntouched(store, task);
  });

  test('refuses two proofs', async ({ aTask, deliver, store }) => {
    const task = await aTask();
    const dpop = [await proofOf(task), await proofOf(task)];
    expect(await deliver(task, { dpop })).toBeRefusedWith('proof_invalid', DPOP);
    await expectUntouched(store, task);
  });

  test.for([
    ['is bound to no key', undefined],
    ['is bound to a certificate', { 'x5t#S256': jkt }],
    ['is bound to a certificate too', { jkt, 'x5t#S256': jkt }],
  ] as const)('refuses a token that %s', async ([_, cnf], { deliver, key, store }) => {
    const task = await putTask(store, key, { processor: 'dpop-ocr' }, { cnf });
    const answer = await deliver(task, { dpop: await proofOf(task) });
    if (cnf === undefined) expect(answer).toBeRefusedWith('proof_invalid', DPOP);
    else expect(answer).toBeRefusedWith('proof_missing');
    await expectUntouched(store, task);
  });

  test('counts it by its reason and writes no secret to the log', async ({ aTask, deliver, receiver }) => {
    const task = await aTask();
    const dpop = await forged(task, { htm: 'GET' });
    await deliver(task, { dpop });
    await deliver(task, {});
    expect(receiver.counts()).toMatchObject({ 'TokenRefused/proof_invalid': 1, 'TokenRefused/proof_missing': 1 });
    const written = JSON.stringify(receiver.lines);
    for (const secret of [dpop, task.tokens.result]) expect(written).not.toContain(secret);
    expect(receiver.lines[0]).toMatchObject({ code: 'proof_invalid', reason: 'htm is not the method of the request' });
  });

  test('C7 refuses the callback if used proofs cannot be recorded', async ({ aTask, key, store }) => {
    const task = await aTask();
    const endpoint = 'http://127.0.0.1:9';
    const deaf = aReceiver({ store, keys: [key], registry, endpoint });
    const answer = await deaf.deliver({
      path: task.path('result'),
      headers: { authorization: `DPoP ${task.tokens.result}`, dpop: await proofOf(task) },
    });
    expect(answer).toBeRefusedWith('unavailable');
    await expectUntouched(store, task);
  });
});

/** The same proof with another header, its signature as it was. */
const swapHeader = (proof: string, header: object): string => {
  const [, claims, signature] = proof.split('.');
  return [Buffer.from(JSON.stringify(header)).toString('base64url'), claims, signature].join('.');
};

describe('P3 the receiver with required nonces', () => {
  const USE_NONCE = { scheme: 'DPoP', error: 'use_dpop_nonce' } as const;

  test('refuses the first callback with a nonce, and records it with the nonce (RFC 9449 §9)', async ({
    aTask,
    deliver,
    store,
  }) => {
    const task = await aTask('nonce-ocr');
    const refused = await deliver(task, { dpop: await proofOf(task) });
    expect(refused).toBeRefusedWith('proof_invalid', USE_NONCE);
    await expectUntouched(store, task);
    const nonce = refused.headers['DPoP-Nonce'];
    expect(nonce).toMatch(/^[!-~]+$/);
    const answer = await deliver(task, { dpop: await proofOf(task, nonce) });
    expect(answer.status).toBe(200);
    expect(answer.headers['DPoP-Nonce']).toBe(nonce);
  });

  test('accepts nonces of every other instance', async ({ aTask, deliver, key, store }) => {
    const task = await aTask('nonce-ocr');
    const nonce = (await deliver(task, { dpop: await proofOf(task) })).headers['DPoP-Nonce'];
    const other = aReceiver({ store, keys: [key], registry });
    expect((await deliverTo(other)(task, { dpop: await proofOf(task, nonce) })).status).toBe(200);
  });

  test.for([
    [DPOP_NONCE.goodMinutes, 200],
    [DPOP_NONCE.goodMinutes + 1, 401],
  ] as const)(
    'answers to a nonce of %i minutes ago with %i, also after the secret was changed',
    async ([minutes, status], { deliver, key, receiver, store }) => {
      // NOW begins an hour.
      const start = NOW - 60;
      const later = start + minutes * 60;
      vi.setSystemTime(start * 1000);
      receiver.at(start);
      const task = await putTask(
        store,
        key,
        { processor: 'nonce-ocr' },
        { cnf: { jkt }, iat: start, nbf: start, exp: later + 600 },
      );
      const nonce = (await deliver(task, { dpop: await proofOf(task) })).headers['DPoP-Nonce'];
      vi.setSystemTime(later * 1000);
      receiver.at(later);
      expect((await deliver(task, { dpop: await proofOf(task, nonce) })).status).toBe(status);
    },
  );

  test.for([
    '',
    '1',
    'abc',
    `${NOW}`,
    `${Math.floor(NOW / 60)}.${'A'.repeat(43)}`,
    `${Math.floor(NOW / 60) + 1}.${'A'.repeat(43)}`,
  ])('refuses the nonce %j', async (nonce, { aTask, deliver, store }) => {
    const task = await aTask('nonce-ocr');
    expect(await deliver(task, { dpop: await forged(task, { nonce }) })).toBeRefusedWith('proof_invalid', USE_NONCE);
    await expectUntouched(store, task);
  });

  test('refuses a nonce of another key', async ({ aTask, deliver }) => {
    const pair = await generateKeyPair('ES256', { extractable: true });
    const other = await aTask('nonce-ocr', { jkt: await calculateJwkThumbprint(await exportJWK(pair.publicKey)) });
    const nonce = (await deliver(other, { dpop: await proofOf(other, undefined, pair) })).headers['DPoP-Nonce'];
    const task = await aTask('nonce-ocr');
    expect(await deliver(task, { dpop: await proofOf(task, nonce) })).toBeRefusedWith('proof_invalid', USE_NONCE);
  });
});

describe('P3 a processor without DPoP', () => {
  test('cannot use its scheme', async ({ deliver, key, store }) => {
    const task = await putTask(store, key, { processor: 'header-ocr' });
    expect(await deliver(task, { dpop: await proofOf(task) })).toBeRefusedWith('token_missing');
  });

  test.for([
    ['Bearer', 'proof_missing'],
    ['DPoP', 'token_missing'],
  ] as const)('cannot use a bound token as %s', async ([scheme, code], { aTask, deliver, store }) => {
    const task = await aTask('header-ocr');
    const answer = await deliver(task, { dpop: await proofOf(task), authorization: `${scheme} ${task.tokens.result}` });
    expect(answer).toBeRefusedWith(code);
    await expectUntouched(store, task);
  });
});

test('T8 refuses a proof as a callback token', async ({ aTask, deliver }) => {
  const task = await aTask();
  const answer = await deliver(task, { authorization: `DPoP ${await proofOf(task)}`, dpop: await proofOf(task) });
  expect(answer).toBeRefusedWith('token_header_refused');
});

test('refuses an expired token as expired, with a valid or an invalid proof', async ({ deliver, key, store }) => {
  const task = await putTask(
    store,
    key,
    { processor: 'dpop-ocr' },
    { cnf: { jkt }, iat: NOW - 700, nbf: NOW - 700, exp: NOW - 100 },
  );
  expect(await deliver(task, {})).toBeRefusedWith('token_expired');
  expect(await deliver(task, { dpop: await proofOf(task) })).toBeRefusedWith('token_expired');
});
