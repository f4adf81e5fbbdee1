import { createHash, createPrivateKey, type JsonWebKey, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { generateProof } from 'dpop';
import { createSigner, httpbis } from 'http-message-signatures';
import { type CryptoKey, importJWK, type JWK } from 'jose';
import { Webhook } from 'standardwebhooks';
import { expect } from 'vitest';
import { publicJwk } from '../../../local/identity-provider/identities.ts';
import { requestAccessToken } from '../../../scenario/access-token.ts';
import { openCaller } from '../../support/handshake.ts';
import { test as base } from './gateway-fixtures.ts';

const BODY = '{"text":"Total 42.00"}';

interface Callback {
  readonly url: string;
  readonly token: string;
  readonly grade: string;
}

const deliver = async ({ url }: Callback, headers: Readonly<Record<string, string>>) => {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: BODY,
  });
  const { code } = (await response.json()) as { code?: string };
  return { status: response.status, code, challenge: response.headers.get('www-authenticate') };
};

const test = base
  .extend('alice', { scope: 'file' }, async ({}, { onCleanup }) => {
    const alice = await openCaller();
    onCleanup(alice.close);
    return alice;
  })
  .extend('variables', ({ alice }) => ({ POSTERN_WEBHOOK_ORIGIN: alice.origin }))
  /** Opens a task, and gives its callback for results. */
  .extend('open', ({ accessToken, ready }) => async (processor: string): Promise<Callback> => {
    const response = await fetch(`${ready.gateway}/v1/tasks`, {
      method: 'POST',
      headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ processor, resource: 'invoice-1', expiresIn: 600 }),
    });
    expect(response.status).toBe(201);
    return ((await response.json()) as { callbacks: { result: Callback } }).callbacks.result;
  });

test('idp-ocr: an access token of the provider beside the callback token', async ({ open, ready }) => {
  const callback = await open('idp-ocr');
  expect(callback.grade).toBe('B');
  expect(await deliver(callback, { authorization: `Bearer ${callback.token}` })).toMatchObject({
    status: 401,
    code: 'proof_missing',
  });
  const sender = await requestAccessToken(ready.idp, ready.clients.sender, 'task_write');
  expect(
    await deliver(callback, { 'callback-token': callback.token, authorization: `Bearer ${sender}` }),
  ).toMatchObject({ status: 401, code: 'proof_invalid' });
  const own = await requestAccessToken(ready.idp, ready.clients.processor, 'result_write');
  expect(await deliver(callback, { 'callback-token': callback.token, authorization: `Bearer ${own}` })).toMatchObject({
    status: 200,
  });
});

test('dpop-ocr: a proof by the key that the token is bound to', async ({ open, ready }) => {
  const { privateJwk } = ready.clients.dpop;
  const keyPair = {
    privateKey: (await importJWK(privateJwk, 'ES256')) as CryptoKey,
    publicKey: (await importJWK(publicJwk(privateJwk) as JWK, 'ES256', { extractable: true })) as CryptoKey,
  };
  const callback = await open('dpop-ocr');
  expect(callback.grade).toBe('A');
  expect(await deliver(callback, { authorization: `Bearer ${callback.token}` })).toEqual({
    status: 401,
    code: 'proof_missing',
    challenge: `DPoP realm="${ready.gateway}", error="invalid_dpop_proof", algs="ES256 EdDSA Ed25519 PS256"`,
  });
  const dpop = await generateProof(keyPair, callback.url, 'POST', undefined, callback.token);
  expect(await deliver(callback, { authorization: `DPoP ${callback.token}`, dpop })).toMatchObject({ status: 200 });
  expect(await deliver(callback, { authorization: `DPoP ${callback.token}`, dpop })).toMatchObject({
    status: 401,
    code: 'proof_invalid',
  });
});

test('signed-ocr: an HTTP message signature by its key', async ({ open, ready }) => {
  const { privateJwk } = ready.clients.signed;
  const callback = await open('signed-ocr');
  expect(callback.grade).toBe('A');
  expect(await deliver(callback, { authorization: `Bearer ${callback.token}` })).toMatchObject({
    code: 'proof_missing',
  });
  const digest = createHash('sha256').update(BODY).digest('base64');
  const key = createPrivateKey({ key: privateJwk as JsonWebKey, format: 'jwk' });
  const { headers } = await httpbis.signMessage(
    {
      key: createSigner(key, 'ecdsa-p256-sha256', privateJwk.kid),
      fields: ['@method', '@target-uri', 'content-digest'],
    },
    { method: 'POST', url: callback.url, headers: { 'content-digest': `sha-256=:${digest}:` } },
  );
  const signed = { ...(headers as Record<string, string>), authorization: `Bearer ${callback.token}` };
  expect(await deliver(callback, signed)).toMatchObject({ status: 200 });
});

test('standard-ocr: a signature of Standard Webhooks by its secret', async ({ open, ready }) => {
  const callback = await open('standard-ocr');
  expect(callback.grade).toBe('B');
  const at = new Date();
  const headers = (secret: string) => ({
    authorization: `Bearer ${callback.token}`,
    'webhook-id': 'msg_1',
    'webhook-timestamp': `${Math.floor(at.getTime() / 1000)}`,
    'webhook-signature': new Webhook(secret).sign('msg_1', at, BODY),
  });
  const forged = `whsec_${randomBytes(32).toString('base64')}`;
  expect(await deliver(callback, headers(forged))).toMatchObject({ status: 401, code: 'proof_invalid' });
  expect(await deliver(callback, headers(ready.clients.standard.secret))).toMatchObject({ status: 200 });
});

test('webhook-ocr: its address confirms that it calls', async ({ alice, open, ready }) => {
  const callback = await open('webhook-ocr');
  expect(callback.grade).toBe('B');
  const deliverWith = async (hash: string) =>
    deliver(callback, { 'callback-token': callback.token, authorization: `Webhook ${alice.confirmUrl} ${hash}` });
  // One who names the processor's address as its own.
  const eve = await openCaller();
  expect(await deliverWith(await eve.hashFor(callback.url))).toMatchObject({ status: 401, code: 'proof_invalid' });
  await eve.close();
  expect(await deliverWith(await alice.hashFor(callback.url))).toMatchObject({ status: 200 });

  const handshake = `${ready.gateway}/v1/handshake`;
  const authorization = `Webhook ${alice.confirmUrl} ${await alice.hashFor(handshake)}`;
  const allowed = await fetch(handshake, { headers: { authorization } });
  expect([allowed.status, await allowed.json()]).toEqual([200, { allowed: true }]);
  const again = await fetch(handshake, { headers: { authorization } });
  expect([again.status, await again.json()]).toEqual([401, { allowed: false }]);
  expect(again.headers.get('www-authenticate')).toBe('Webhook');
});

test('sealed-ocr: its token is for nobody else to read, and is used like any other', async ({ open }) => {
  const callback = await open('sealed-ocr');
  expect(callback.token.split('.')).toHaveLength(5);
  expect(await deliver(callback, { authorization: `Bearer ${callback.token}` })).toMatchObject({ status: 200 });
});

test('what was refused is counted by its reason', ({ ready }) => {
  const reasons = readFileSync(ready.metrics.file, 'utf8')
    .split('\n')
    .filter((line) => line.includes('TokenRefused'))
    .map((line) => (JSON.parse(line) as { Reason: string }).Reason);
  expect(reasons.filter((reason) => reason === 'proof_invalid')).toHaveLength(4);
  expect(reasons.filter((reason) => reason === 'proof_missing')).toHaveLength(3);
});
