import type { RequestListener } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { answering } from '../../../support/document-server.ts';
import {
  anIdentityProviderKey,
  openIdentityProvider,
  signAccessToken,
  type TestIdentityProvider,
} from '../../../support/identity-provider.ts';

let idp: TestIdentityProvider;

beforeAll(async () => {
  idp = await openIdentityProvider();
});
afterAll(() => idp.close());
afterEach(() => idp.publish(idp.key));

const READ = { scope: 'task_read', role: 'sender' } as const;
const ACCEPTED = { clientId: 'local-sender' };
const asked = () => idp.server.asked.length;

describe('the keys of the identity provider', () => {
  test('are fetched once for any number of tokens', async () => {
    const verifier = idp.verifier();
    const before = asked();
    const lines = [`Bearer ${await idp.accessToken()}`];
    const verdicts = await Promise.all(Array.from({ length: 20 }, () => verifier.verify(lines, READ)));
    expect(verdicts).toEqual(Array(20).fill(ACCEPTED));
    expect(asked() - before).toBe(1);
  });

  test('T6 are not fetched again and again for unknown kids', async () => {
    const verifier = idp.verifier();
    const before = asked();
    for (let i = 0; i < 5; i += 1) {
      const token = await idp.accessToken({}, { kid: `unknown-${i}` });
      expect(await verifier.verify([`Bearer ${token}`], READ)).toMatchObject({ code: 'access_token_invalid' });
    }
    expect(asked() - before).toBe(1);
  });

  test('O3 are fetched again after a cool-down when a new one appears', async () => {
    const verifier = idp.verifier({ cooldownMilliseconds: 0 });
    expect(await verifier.verify([`Bearer ${await idp.accessToken()}`], READ)).toEqual(ACCEPTED);
    const next = await anIdentityProviderKey();
    idp.publish(idp.key, next);
    const token = await signAccessToken(next, idp.claims());
    expect(await verifier.verify([`Bearer ${token}`], READ)).toEqual(ACCEPTED);
  });

  test('C1 one that was withdrawn is trusted for ten minutes, and no second longer', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      const verifier = idp.verifier();
      const withdrawn = `Bearer ${await idp.accessToken()}`;
      expect(await verifier.verify([withdrawn], READ)).toEqual(ACCEPTED);
      idp.publish(await anIdentityProviderKey());
      const fetched = Date.now();
      vi.setSystemTime(fetched + 599_000);
      expect(await verifier.verify([withdrawn], READ)).toEqual(ACCEPTED);
      vi.setSystemTime(fetched + 601_000);
      expect(await verifier.verify([withdrawn], READ)).toMatchObject({ code: 'access_token_invalid' });
    } finally {
      vi.useRealTimers();
    }
  });

  test.each<[string, RequestListener]>([
    ['answers 500', answering('', 'text/plain', 500)],
    ['answers no JSON', answering('<html>', 'text/html')],
    ['answers no key set', answering('{"keys":"none"}', 'application/json')],
    ['answers more than 150 KB', answering(`{"keys":[],"more":"${'x'.repeat(153_600)}"}`, 'application/json')],
    [
      'redirects (S1)',
      (request, response) => {
        if (request.url === '/elsewhere') response.writeHead(200).end(JSON.stringify({ keys: [idp.key.jwk] }));
        else response.writeHead(302, { location: '/elsewhere' }).end();
      },
    ],
    ['resets the connection', (request) => request.socket.destroy()],
    ['never answers', () => {}],
  ])('C7 an identity provider that %s means 503, not no and not yes', async (_, listener) => {
    const verifier = idp.verifier({ timeoutMilliseconds: 200 });
    const lines = [`Bearer ${await idp.accessToken()}`];
    idp.server.serve(listener);
    const before = asked();
    expect(await verifier.verify(lines, READ)).toMatchObject({ code: 'unavailable' });
    expect(asked() - before).toBe(1);

    idp.publish(idp.key);
    expect(await verifier.verify(lines, READ)).toEqual(ACCEPTED);
  });

  test('T1 are not fetched for an algorithm that is not on the list', async () => {
    const before = asked();
    const stranger = await anIdentityProviderKey('EdDSA');
    const token = await signAccessToken(stranger, idp.claims());
    await idp.verifier().verify([`Bearer ${token}`], READ);
    expect(asked()).toBe(before);
  });
});
