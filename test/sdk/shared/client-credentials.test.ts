import { inspect } from 'node:util';
import { createLocalJWKSet, exportJWK, generateKeyPair, type JWK, jwtVerify } from 'jose';
import { test as base, describe, expect } from 'vitest';
import {
  type AccessTokens,
  type ClientCredentialsOptions,
  createClientCredentials,
} from '../../../sdk/shared/client-credentials.ts';
import type { Failure } from '../../../sdk/shared/failure.ts';
import { aStoppedPlatform, type StoppedPlatform } from '../../support/stopped-platform.ts';
import { NOW } from '../../support/tokens.ts';
import { openWebStandIn, type StandInAnswer } from '../../support/web-stand-in.ts';

/** The error of a package. */
class Refused extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

const token = (value: string, more: object = {}): StandInAnswer => ({
  status: 200,
  body: { access_token: value, token_type: 'Bearer', expires_in: 3_600, ...more },
});

const test = base
  .extend('server', { scope: 'file' }, async ({}, { onCleanup }) => {
    const server = await openWebStandIn();
    onCleanup(server.close);
    return server;
  })
  .extend('key', { scope: 'file' }, async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    return { jwk: { ...(await exportJWK(privateKey)), kid: 'key-1' }, publicJwk: await exportJWK(publicKey) };
  })
  .extend('platform', (): StoppedPlatform => aStoppedPlatform())
  .extend('options', ({ server }) => ({
    issuer: 'https://idp.example.com',
    tokenEndpoint: `${server.origin}/token`,
    clientId: 'sender-1',
  }))
  .extend(
    'get',
    ({ key, options, platform }): AccessTokens =>
      createClientCredentials({ ...options, privateKey: key.jwk }, platform, (failure) => new Refused(failure)),
  )
  /** Supplies tokens of a client with a secret. */
  .extend(
    'withSecret',
    ({ options, platform }) =>
      (more: Partial<ClientCredentialsOptions> = {}): AccessTokens =>
        createClientCredentials(
          { ...options, ...more, clientSecret: 'a secret/of +9' } as ClientCredentialsOptions,
          platform,
          (failure) => new Refused(failure),
        ),
  );

const formOf = (body = ''): Record<string, string> => Object.fromEntries(new URLSearchParams(body));

describe('the request for a token', () => {
  test('has an assertion of 60 seconds, signed by the key, for the issuer', async ({ get, key, server }) => {
    server.answerWith(token('t-1'));
    expect(await get()).toBe('t-1');
    const [request] = server.requests;
    expect(request).toMatchObject({
      method: 'POST',
      path: '/token',
      headers: { 'content-type': expect.stringContaining('application/x-www-form-urlencoded') },
    });
    const { client_assertion: assertion = '', ...form } = formOf(request?.body);
    expect(form).toEqual({
      grant_type: 'client_credentials',
      client_id: 'sender-1',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    });
    const keys = createLocalJWKSet({ keys: [{ ...key.publicJwk, kid: 'key-1' } as JWK] });
    const { payload, protectedHeader } = await jwtVerify(assertion, keys, { currentDate: new Date(NOW * 1_000) });
    expect(protectedHeader).toEqual({ alg: 'ES256', kid: 'key-1', typ: 'JWT' });
    expect(payload).toEqual({
      iss: 'sender-1',
      sub: 'sender-1',
      aud: 'https://idp.example.com',
      iat: NOW,
      exp: NOW + 60,
      jti: expect.stringMatching(/^[\w-]{22}$/),
    });
  });

  test('has a new assertion at each attempt', async ({ get, server }) => {
    server.answerWith({ status: 503 }, token('t-1'));
    await get();
    const assertions = server.requests.map(({ body }) => formOf(body).client_assertion);
    expect(new Set(assertions).size).toBe(2);
  });

  test('has the scope and the form-encoded secret of client_secret_basic', async ({ server, withSecret }) => {
    server.answerWith(token('t-1'));
    await withSecret({ scope: 'task_read task_write', clientId: 'sender:1' })();
    const [request] = server.requests;
    expect(formOf(request?.body)).toEqual({ grant_type: 'client_credentials', scope: 'task_read task_write' });
    const [scheme, value = ''] = request?.headers.authorization?.split(' ') ?? [];
    expect([scheme, atob(value)]).toEqual(['Basic', 'sender%3A1:a+secret%2Fof+%2B9']);
  });

  test('goes to a protected address only', ({ options, platform }) => {
    const create = () =>
      createClientCredentials(
        { ...options, clientSecret: 's', tokenEndpoint: 'http://idp.example.com/token' },
        platform,
        (failure) => new Refused(failure),
      );
    expect(create).toThrow(/tokenEndpoint begins with http:\/\/idp\.example\.com; expected https/);
  });
});

describe('a token', () => {
  test('is kept until 60 seconds before it expires', async ({ get, platform, server }) => {
    server.answerWith(token('t-1'), token('t-2'));
    await get();
    platform.pass(3_600 - 61);
    expect(await get()).toBe('t-1');
    platform.pass(1);
    expect(await get()).toBe('t-2');
  });

  test('of 100 seconds is kept until 10 seconds before it expires', async ({ get, platform, server }) => {
    server.answerWith(token('t-1', { expires_in: 100 }), token('t-2'));
    await get();
    platform.pass(89);
    expect(await get()).toBe('t-1');
    platform.pass(1);
    expect(await get()).toBe('t-2');
  });

  test.for([[undefined], ['soon'], [null]])(
    'with expires_in %j is kept for 300 seconds',
    async ([value], { get, platform, server }) => {
      server.answerWith(token('t-1', { expires_in: value }), token('t-2'));
      await get();
      platform.pass(269);
      expect(await get()).toBe('t-1');
      platform.pass(1);
      expect(await get()).toBe('t-2');
    },
  );

  test('that the gateway refused is replaced', async ({ get, server }) => {
    server.answerWith(token('t-1'), token('t-2'), token('t-3'));
    await get();
    expect(await get({ refused: 't-1' })).toBe('t-2');
    // The second request that was refused finds that the first has replaced the token.
    expect(await get({ refused: 't-1' })).toBe('t-2');
    expect(server.requests).toHaveLength(2);
  });

  test('is asked for once by any number of simultaneous requests', async ({ get, server }) => {
    server.answerWith(token('t-1'), token('t-2'));
    expect(await Promise.all([get(), get(), get({ refused: 't-0' })])).toEqual(['t-1', 't-1', 't-1']);
    expect(server.requests).toHaveLength(1);
  });

  test('is asked for at each call if it is not reused', async ({ server, withSecret }) => {
    server.answerWith(token('t-1'), token('t-2'));
    const get = withSecret({ reuse: false });
    expect([await get(), await get()]).toEqual(['t-1', 't-2']);
  });
});

describe('a caller that does not wait', () => {
  test('ends with its reason, and the others get the token of the same refresh', async ({ get, server }) => {
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    server.answerWith(async () => {
      await released;
      return token('t-1');
    });
    const controller = new AbortController();
    const [impatient, patient] = [get({ signal: controller.signal }), get()];
    controller.abort(new Error('enough'));
    await expect(impatient).rejects.toThrow('enough');
    release();
    expect(await patient).toBe('t-1');
    expect(server.requests).toHaveLength(1);
  });
});

describe('a refusal of the provider', () => {
  test('is not repeated, and names the OAuth error', async ({ get, platform, server }) => {
    server.answerWith({ status: 401, body: { error: 'invalid_client', error_description: 'HIDDEN' } });
    const error = (await get().catch((caught) => caught)) as Refused;
    expect(error.failure).toEqual({
      code: 'access_token_refused',
      status: 401,
      retryable: false,
      message:
        'The identity provider gave no access token (401 invalid_client). Check issuer, tokenEndpoint, clientId, scope and the key or secret.',
    });
    expect(platform.waits).toEqual([]);
  });

  test('that may pass is repeated after Retry-After', async ({ get, platform, server }) => {
    server.answerWith({ status: 429, headers: { 'retry-after': '3' } }, token('t-1'));
    expect(await get()).toBe('t-1');
    expect(platform.waits).toEqual([3_500]);
  });

  test('does not hinder the next request', async ({ get, server }) => {
    server.answerWith({ status: 400 }, token('t-1'));
    await expect(get()).rejects.toThrow(Refused);
    expect(await get()).toBe('t-1');
  });

  test.for([
    ['no JSON', { status: 200, body: '<html>' }],
    ['no token', { status: 200, body: {} }],
    ['a token of another type', token('t-1', { token_type: 'DPoP' })],
  ] as const)('is answer_invalid for %s', async ([, answer], { get, server }) => {
    server.answerWith(answer);
    await expect(get()).rejects.toMatchObject({ failure: { code: 'answer_invalid', retryable: false } });
  });

  test('is network_error without an answer, and nothing in it is secret', async ({ get, key, server, withSecret }) => {
    server.answerWith('no answer');
    for (const supplier of [get, withSecret()]) {
      const error = await supplier().catch((caught) => caught);
      expect(error).toMatchObject({ failure: { code: 'network_error', retryable: true } });
      const shown = inspect([error, supplier], { depth: 9, showHidden: true });
      for (const secret of [key.jwk.d ?? '', 'a secret', btoa('sender-1:a+secret%2Fof+%2B9'), 'eyJ', server.origin]) {
        expect(shown).not.toContain(secret);
      }
    }
  });
});
