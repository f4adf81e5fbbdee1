import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { compactVerify, createLocalJWKSet, type JSONWebKeySet } from 'jose';
import { describe, expect } from 'vitest';
import { AWS_CALLS } from '../../../../lambda/contract/call-limits.ts';
import { OUTCOMES, type OutcomeCode } from '../../../../lambda/contract/outcomes.ts';
import { REMEDIES } from '../../../../lambda/contract/remedies.ts';
import { createMetadataEndpoint } from '../../../../lambda/functions/metadata/endpoint.ts';
import { createKeySet } from '../../../../lambda/functions/metadata/key-set.ts';
import { describeApi } from '../../../../lambda/functions/metadata/openapi/document.ts';
import { createDynamoDBClient } from '../../../../lambda/shared/aws/dynamodb.ts';
import { createGetPublicKey } from '../../../../lambda/shared/aws/kms.ts';
import { createSignDigest } from '../../../../lambda/shared/aws/kms-sign.ts';
import { createKmsSigner } from '../../../../lambda/shared/callback-token/kms-signer.ts';
import { mintCallbackToken } from '../../../../lambda/shared/callback-token/mint.ts';
import { fetchPublicKeys, loadEagerly } from '../../../../lambda/shared/callback-token/public-keys.ts';
import { servePages } from '../../../../lambda/shared/http/serve-pages.ts';
import { createLogger } from '../../../../lambda/shared/log/logger.ts';
import { readSigningKeys } from '../../../../lambda/shared/signing-keys/read-signing-keys.ts';
import { anAlbEvent, type EventOverrides } from '../../../support/alb-event.ts';
import { type Delivered, read } from '../../../support/delivered.ts';
import { LOCAL_ENVIRONMENT } from '../../../support/engine.ts';
import { test as base } from '../../../support/fixtures.ts';
import { aSigningKey } from '../../../support/kms.ts';
import '../../../support/matchers.ts';
import { aSigningKeyItem, makeSigningKey, putSigningKey, retireSigningKey } from '../../../support/signing-keys.ts';
import { claimsOf, NOW, ORIGIN } from '../../../support/tokens.ts';

const JWKS = '/.well-known/jwks.json';
const PUBLIC = 'public, max-age=300';
const STYLE = new URL('../../../../lambda/shared/html/page.css', import.meta.url);

const ONE_ATTEMPT = { ...AWS_CALLS, attempts: 1 };

const test = base
  .extend('keyIds', { scope: 'file' }, ({ kms }): readonly string[] => {
    const next = kms.standIns.kms.ensureKey(aSigningKey('NextSigningKey'));
    return [kms.key.arn, next.arn];
  })
  .extend('clock', () => ({ seconds: NOW }))
  /** The function as its handler composes it, as after a cold start. */
  .extend('start', ({ clock, kms, kmsProxy, ownStore, proxy }) => (kmsKeyIds?: readonly string[]) => {
    const dynamodb = createDynamoDBClient({
      environment: { ...LOCAL_ENVIRONMENT, AWS_ENDPOINT_URL_DYNAMODB: proxy.endpoint },
      limits: ONE_ATTEMPT,
    });
    const getPublicKey = createGetPublicKey(kms.createCall(kmsProxy.endpoint, ONE_ATTEMPT));
    const handler = servePages({
      owner: 'metadata',
      origin: ORIGIN,
      logger: createLogger('test', 'metadata', () => {}),
      handle: createMetadataEndpoint({
        origin: ORIGIN,
        keys: createKeySet({
          read: () => readSigningKeys(dynamodb, ownStore.signingKeysTable),
          kmsKeys: kmsKeyIds ? loadEagerly(() => fetchPublicKeys(getPublicKey, kmsKeyIds)) : null,
          now: () => clock.seconds * 1_000,
        }),
        abbreviations: false,
        style: () => readFileSync(STYLE, 'utf8'),
      }),
    });
    return async (path: string, event: EventOverrides = {}): Promise<Delivered> =>
      read(await handler(anAlbEvent({ method: 'GET', path, ...event }), { awsRequestId: randomUUID() }));
  });

const keysOf = ({ json }: Delivered): JSONWebKeySet['keys'] => (json as JSONWebKeySet).keys;
const kidsOf = (answer: Delivered) => keysOf(answer).map(({ kid }) => kid);

describe('the key set', () => {
  test('O3 has the public half of every accepted key, with what verifies a token of ours', async ({
    kms,
    ownStore,
    start,
  }) => {
    const keys = [
      await makeSigningKey(kms, { generation: 1, publishedAt: NOW - 90_000, signUntil: NOW - 3_600 }),
      await makeSigningKey(kms, { generation: 2, signUntil: NOW + 80_000 }),
      await makeSigningKey(kms, { generation: 3, signFrom: NOW + 80_000 }),
    ];
    for (const { item } of keys) await putSigningKey(ownStore, item);
    const answer = await start()(JWKS);
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      'Content-Type': 'application/jwk-set+json',
      'Cache-Control': PUBLIC,
      'X-Content-Type-Options': 'nosniff',
      'X-Request-Id': expect.any(String),
    });
    expect(kidsOf(answer)).toEqual(keys.map(({ publicKey }) => publicKey.kid));
    for (const key of keysOf(answer)) {
      expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
      expect(key).toMatchObject({ alg: 'ES256', kty: 'EC', crv: 'P-256', use: 'sig' });
    }
    for (const key of keys) {
      const token = await mintCallbackToken(claimsOf(), key.signer);
      await expect(compactVerify(token, createLocalJWKSet(answer.json as JSONWebKeySet))).resolves.toBeDefined();
    }
  });

  test('O3 has no key that is retired, a second later at the latest', async ({ clock, kms, ownStore, start }) => {
    const { item } = await makeSigningKey(kms);
    await putSigningKey(ownStore, item);
    const ask = start();
    expect(kidsOf(await ask(JWKS))).toEqual([item.kid]);
    await retireSigningKey(ownStore, item);
    clock.seconds += 1;
    expect(kidsOf(await ask(JWKS))).toEqual([]);
  });

  test('O3 has a key before the second of its verifyUntil', async ({ clock, kms, ownStore, start }) => {
    const { item } = await makeSigningKey(kms, { verifyUntil: NOW + 1 });
    await putSigningKey(ownStore, item);
    const ask = start();
    expect(kidsOf(await ask(JWKS))).toEqual([item.kid]);
    clock.seconds += 1;
    expect(kidsOf(await ask(JWKS))).toEqual([]);
  });

  test('is read before the first request, and once in a second', async ({ clock, kmsProxy, proxy, start }) => {
    const ask = start();
    await Promise.all([ask(JWKS), ask(JWKS), ask('/healthz')]);
    clock.seconds += 0.999;
    await ask(JWKS);
    expect(proxy.requests.map(({ operation }) => operation)).toEqual(['Query']);
    clock.seconds += 0.001;
    await ask(JWKS);
    expect(proxy.count('Query')).toBe(2);
    expect(kmsProxy.count()).toBe(0);
  });

  test('C7 is 503 while DynamoDB does not answer, and there again as soon as it does', async ({ proxy, start }) => {
    proxy.inject(() => ({ kind: 'error', status: 500 }));
    const ask = start();
    const answer = await ask(JWKS);
    expect(answer).toBeRefusedWith('unavailable');
    expect(answer.headers['Retry-After']).toMatch(/^\d+$/);
    proxy.clear();
    expect((await ask(JWKS)).status).toBe(200);
  });

  test('C7 health, problem pages and the description do not wait for it', async ({ proxy, start }) => {
    proxy.inject(() => ({ kind: 'silence' }));
    const ask = start();
    expect((await ask('/healthz')).status).toBe(200);
    expect((await ask('/problems/token_replayed')).status).toBe(200);
    expect((await ask('/openapi.json')).status).toBe(200);
  });
});

describe('the key set of an environment that signs with KMS', () => {
  test('O3 has the keys of KMS, and those of the table once more only if they are others', async ({
    keyIds,
    kms,
    ownStore,
    start,
  }) => {
    const [current, next] = await fetchPublicKeys(kms.getPublicKey, keyIds);
    if (current === undefined || next === undefined) throw new Error('KMS has no keys.');
    const { item } = await makeSigningKey(kms);
    await putSigningKey(ownStore, item);
    await putSigningKey(ownStore, aSigningKeyItem({ publicKey: current }, { generation: 2, imported: true }));
    const copy = aSigningKeyItem({ publicKey: next }, { generation: 3, imported: true, verifyUntil: NOW });
    await putSigningKey(ownStore, copy);
    const answer = await start(keyIds)(JWKS);
    expect(kidsOf(answer).toSorted()).toEqual([current.kid, next.kid, item.kid].toSorted());
    expect(keysOf(answer)).toContainEqual(next.jwk);
    for (const keyId of keyIds) {
      const [publicKey] = await fetchPublicKeys(kms.getPublicKey, [keyId]);
      if (publicKey === undefined) throw new Error('No key.');
      const token = await mintCallbackToken(claimsOf(), createKmsSigner(createSignDigest(kms.call), keyId, publicKey));
      await expect(compactVerify(token, createLocalJWKSet(answer.json as JSONWebKeySet))).resolves.toBeDefined();
    }
    await retireSigningKey(ownStore, copy);
    expect(kidsOf(await start(keyIds)(JWKS))).not.toContain(next.kid);
  });

  test('is fetched from KMS once, before the first request', async ({ keyIds, kmsProxy, start }) => {
    const ask = start(keyIds);
    await Promise.all([ask(JWKS), ask(JWKS), ask('/healthz')]);
    await ask(JWKS);
    expect(kmsProxy.count('GetPublicKey')).toBe(2);
  });

  test('C7 is 503 while KMS does not answer, and there again as soon as it does', async ({
    keyIds,
    kmsProxy,
    start,
  }) => {
    kmsProxy.inject(() => ({ kind: 'error', status: 500 }));
    const ask = start(keyIds);
    expect(await ask(JWKS)).toBeRefusedWith('unavailable');
    kmsProxy.clear();
    expect((await ask(JWKS)).status).toBe(200);
  });
});

describe('the API’s description', () => {
  test('is public JSON, of this origin, for a few minutes', async ({ start }) => {
    const answer = await start()('/openapi.json');
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      'Content-Type': 'application/json',
      'Cache-Control': PUBLIC,
      'X-Content-Type-Options': 'nosniff',
      'X-Request-Id': expect.any(String),
    });
    expect(answer.json).toEqual(describeApi({ origin: ORIGIN, abbreviations: false }));
  });
});

describe('a problem page', () => {
  const codes = Object.keys(OUTCOMES) as OutcomeCode[];

  test.for(codes)('H2 says what %s means, to people and to programs', async (code, { start }) => {
    const ask = start();
    const page = await ask(`/problems/${code}`);
    expect(page.status).toBe(200);
    expect(page.headers).toMatchObject({
      'Content-Type': 'text/html; charset=utf-8',
      'Cache-Control': PUBLIC,
      Vary: 'Accept',
      Link: '</openapi.json>; rel="service-desc"',
    });
    expect(page.body.toString()).toContain('href="/openapi.json"');
    expect(page.body.toString()).toContain(code);
    const { status, title } = OUTCOMES[code];
    const json = await ask(`/problems/${code}`, { headers: { accept: 'application/json' } });
    expect(json.headers).toMatchObject({ 'Content-Type': 'application/json', 'Cache-Control': PUBLIC, Vary: 'Accept' });
    expect(json.json).toEqual({ type: `${ORIGIN}/problems/${code}`, code, status, title, remedy: REMEDIES[code] });
  });

  test('W2 has no script, no form, no frame, and only the public style sheet and icon', async ({ start }) => {
    const page = await start()('/problems/token_missing');
    expect(page.headers).toMatchObject({
      'Content-Security-Policy':
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
      'Referrer-Policy': 'no-referrer',
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Resource-Policy': 'same-origin',
      'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
    });
    const html = page.body.toString();
    expect(html).not.toMatch(/<script|<style|<form|style=|https?:|url\(|\son\w+=/i);
    expect([...html.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, url]) => url)).toEqual([
      '/problems/icon.svg',
      '/problems/style.css',
      '/openapi.json',
    ]);
  });

  test.for([
    ['/problems/style.css', 'text/css; charset=utf-8'],
    ['/problems/icon.svg', 'image/svg+xml'],
  ] as const)('W2 has %s, which loads nothing and everybody may keep', async ([path, type], { start }) => {
    const file = await start()(path);
    expect(file.status).toBe(200);
    expect(file.headers).toMatchObject({
      'Content-Type': type,
      'Cache-Control': PUBLIC,
      'X-Content-Type-Options': 'nosniff',
    });
    expect(file.body.toString()).not.toMatch(/url\(|@import|<script|<style|href=|\son\w+=/i);
  });

  test.for([
    [undefined, 'text/html'],
    ['*/*', 'text/html'],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'text/html'],
    ['application/json, text/html', 'text/html'],
    ['application/json;q=0.5, text/html', 'text/html'],
    ['application/problem+json', 'application/json'],
    ['Application/JSON, */*;q=0.1', 'application/json'],
    ['text/html;q=0, application/json', 'application/json'],
    [';;;,,q=', 'text/html'],
  ] as const)('for Accept: %s is %s', async ([accept, type], { start }) => {
    const page = await start()('/problems/token_missing', { headers: { accept } });
    expect(page.headers['Content-Type']).toContain(type);
  });

  test.for(['nothing_like_it', 'constructor', '__proto__', 'TOKEN_MISSING', 'a%20b', ''])(
    'for %j is 404',
    async (code, { start }) => {
      expect(await start()(`/problems/${code}`)).toBeRefusedWith('not_found');
    },
  );
});

describe('health', () => {
  test('is 200, and nobody keeps it', async ({ start }) => {
    const answer = await start()('/healthz');
    expect(answer.status).toBe(200);
    expect(answer.headers['Cache-Control']).toBe('no-store');
  });

  test.for([JWKS, '/openapi.json', '/problems/token_missing', '/healthz'])(
    'H3 HEAD %s is 405',
    async (path, { start }) => {
      const answer = await start()(path, { method: 'HEAD' });
      expect(answer).toBeRefusedWith('method_not_allowed');
      expect(answer.headers.Allow).toBe('GET');
    },
  );
});
