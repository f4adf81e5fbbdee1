import type { RequestListener } from 'node:http';
import type { JWK } from 'jose';
import { describe, expect, vi } from 'vitest';
import { answering } from '../../../support/document-server.ts';
import { anIdentityProviderKey, signAccessToken } from '../../../support/identity-provider.ts';
import { test as base } from '../../../support/unit-fixtures.ts';

const READ = { scope: 'task_read', role: 'sender' } as const;
const ACCEPTED = { clientId: 'local-sender' };

const test = base.extend(
  'asked',
  ({ identityProvider }) =>
    () =>
      identityProvider.server.asked.length,
);

describe('the keys of the identity provider', () => {
  test('are fetched once for any number of tokens', async ({ asked, identityProvider }) => {
    const verifier = identityProvider.verifier();
    const before = asked();
    const lines = [`Bearer ${await identityProvider.accessToken()}`];
    const verdicts = await Promise.all(Array.from({ length: 20 }, () => verifier.verify(lines, READ)));
    expect(verdicts).toEqual(Array(20).fill(ACCEPTED));
    expect(asked() - before).toBe(1);
  });

  test('T6 are not fetched again and again for unknown kids', async ({ asked, identityProvider }) => {
    const verifier = identityProvider.verifier();
    const before = asked();
    for (let i = 0; i < 5; i += 1) {
      const token = await identityProvider.accessToken({}, { kid: `unknown-${i}` });
      expect(await verifier.verify([`Bearer ${token}`], READ)).toMatchObject({ code: 'access_token_invalid' });
    }
    expect(asked() - before).toBe(1);
  });

  test('O3 are fetched again after a cool-down when a new one appears', async ({ identityProvider }) => {
    const verifier = identityProvider.verifier({ cooldownMilliseconds: 0 });
    expect(await verifier.verify([`Bearer ${await identityProvider.accessToken()}`], READ)).toEqual(ACCEPTED);
    const next = await anIdentityProviderKey();
    identityProvider.publish(identityProvider.key, next);
    const token = await signAccessToken(next, identityProvider.claims());
    expect(await verifier.verify([`Bearer ${token}`], READ)).toEqual(ACCEPTED);
  });

  test('C1 are trusted for exactly ten minutes after they were withdrawn', async ({ identityProvider }) => {
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      const verifier = identityProvider.verifier();
      const withdrawn = `Bearer ${await identityProvider.accessToken()}`;
      expect(await verifier.verify([withdrawn], READ)).toEqual(ACCEPTED);
      identityProvider.publish(await anIdentityProviderKey());
      const fetched = Date.now();
      vi.setSystemTime(fetched + 599_000);
      expect(await verifier.verify([withdrawn], READ)).toEqual(ACCEPTED);
      vi.setSystemTime(fetched + 601_000);
      expect(await verifier.verify([withdrawn], READ)).toMatchObject({ code: 'access_token_invalid' });
    } finally {
      vi.useRealTimers();
    }
  });

  test.for<[string, (key: JWK) => RequestListener]>([
    ['answers 500', () => answering('', 'text/plain', 500)],
    ['answers no JSON', () => answering('<html>', 'text/html')],
    ['answers no key set', () => answering('{"keys":"none"}', 'application/json')],
    ['answers more than 150 KB', () => answering(`{"keys":[],"more":"${'x'.repeat(153_600)}"}`, 'application/json')],
    [
      'redirects (S1)',
      (key) => (request, response) => {
        if (request.url === '/elsewhere') response.writeHead(200).end(JSON.stringify({ keys: [key] }));
        else response.writeHead(302, { location: '/elsewhere' }).end();
      },
    ],
    ['resets the connection', () => (request) => request.socket.destroy()],
    ['never answers', () => () => {}],
  ])('C7 cause a 503 if the identity provider %s', async ([_, listenerFor], { asked, identityProvider }) => {
    const verifier = identityProvider.verifier({ timeoutMilliseconds: 1_000 });
    const lines = [`Bearer ${await identityProvider.accessToken()}`];
    identityProvider.server.serve(listenerFor(identityProvider.key.jwk));
    const before = asked();
    expect(await verifier.verify(lines, READ)).toMatchObject({ code: 'unavailable' });
    expect(asked() - before).toBe(1);

    identityProvider.publish(identityProvider.key);
    expect(await verifier.verify(lines, READ)).toEqual(ACCEPTED);
  });

  test('T1 are not fetched for an algorithm that is not on the list', async ({ asked, identityProvider }) => {
    const before = asked();
    const stranger = await anIdentityProviderKey('EdDSA');
    const token = await signAccessToken(stranger, identityProvider.claims());
    await identityProvider.verifier().verify([`Bearer ${token}`], READ);
    expect(asked()).toBe(before);
  });
});
