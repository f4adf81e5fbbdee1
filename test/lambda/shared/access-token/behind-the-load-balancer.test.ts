import { createHmac } from 'node:crypto';
import { describe, expect } from 'vitest';
import { createJwtValidator } from '../../../../local/load-balancer/jwt-validation.ts';
import { aRequest } from '../../../local/load-balancer/requests.ts';
import {
  anIdentityProviderKey,
  signAccessToken,
  type TestIdentityProvider,
} from '../../../support/identity-provider.ts';
import { NOW, ORIGIN } from '../../../support/tokens.ts';
import { test as base } from '../../../support/unit-fixtures.ts';

/**
 * Each layer assumes that the others failed: the function refuses every token that the load balancer's `jwt-validation`
 * refuses in this gateway's configuration.
 */

const test = base
  .extend(
    'atLoadBalancer',
    ({ identityProvider }) =>
      (authorization: readonly string[]) =>
        createJwtValidator(() => NOW * 1000)(
          aRequest({ headers: authorization.map((value) => ['authorization', value] as const) }),
          {
            Issuer: identityProvider.issuer,
            JwksEndpoint: `${identityProvider.issuer}/jwks`,
            AdditionalClaims: [{ Name: 'aud', Format: 'single-string', Values: [ORIGIN] }],
          },
        ),
  )
  .extend('atFunction', ({ identityProvider }) => async (authorization: readonly string[]) => {
    const verdict = await identityProvider.verifier().verify(authorization, { scope: 'task_read', role: 'sender' });
    return 'code' in verdict ? verdict.code : 'accepted';
  })
  .extend(
    'bearer',
    ({ identityProvider }) =>
      async (overrides: Record<string, unknown> = {}, header: Record<string, unknown> = {}) => [
        `Bearer ${await identityProvider.accessToken(overrides, header)}`,
      ],
  );

test('the load balancer and the function accept a valid token', async ({ atFunction, atLoadBalancer, bearer }) => {
  const good = await bearer();
  expect([await atLoadBalancer(good), await atFunction(good)]).toEqual(['valid', 'accepted']);
});

interface Given {
  readonly bearer: (
    overrides?: Record<string, unknown>,
    header?: Record<string, unknown>,
  ) => Promise<readonly string[]>;
  readonly identityProvider: TestIdentityProvider;
}

describe('the function refuses each token that the load balancer refuses', () => {
  const forged: readonly (readonly [string, (given: Given) => Promise<readonly string[]>])[] = [
    ['no token', async () => []],
    ['an empty one', async () => ['Bearer ']],
    ['another scheme', async ({ identityProvider }) => [`Basic ${await identityProvider.accessToken()}`]],
    ['P1 two lines', async ({ bearer }) => [...(await bearer()), ...(await bearer())]],
    ['garbage', async () => ['Bearer x.y.z']],
    ['C1 another issuer', ({ bearer }) => bearer({ iss: 'https://evil.example.com' })],
    ['C1 no issuer', ({ bearer }) => bearer({ iss: undefined })],
    ['C3 another audience', ({ bearer }) => bearer({ aud: 'https://other.example.com' })],
    ['C3 no audience', ({ bearer }) => bearer({ aud: undefined })],
    ['C3 a list without ours', ({ bearer }) => bearer({ aud: ['https://other.example.com'] })],
    ['C4 expired', ({ bearer }) => bearer({ iat: NOW - 600, exp: NOW - 60 })],
    ['C4 no expiry', ({ bearer }) => bearer({ exp: undefined })],
    ['C4 not yet valid', ({ bearer }) => bearer({ nbf: NOW + 60 })],
    ['C4 issued in the future', ({ bearer }) => bearer({ iat: NOW + 60 })],
    ['T6 an unknown key', ({ bearer }) => bearer({}, { kid: 'unknown' })],
    [
      'T2 the key of somebody else under our kid',
      async ({ identityProvider }) => {
        const { alg, privateKey, jwk } = await anIdentityProviderKey();
        return [
          `Bearer ${await signAccessToken({ alg, privateKey, jwk, kid: identityProvider.key.kid }, identityProvider.claims())}`,
        ];
      },
    ],
    [
      'T3 no signature',
      async ({ identityProvider }) => {
        const [, claims] = (await identityProvider.accessToken()).split('.');
        const header = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url');
        return [`Bearer ${header}.${claims}.`];
      },
    ],
    [
      'T3 an HMAC by the public key',
      async ({ identityProvider }) => {
        const [, claims] = (await identityProvider.accessToken()).split('.');
        const header = Buffer.from(`{"alg":"HS256","typ":"at+jwt","kid":"${identityProvider.key.kid}"}`).toString(
          'base64url',
        );
        const mac = createHmac('sha256', JSON.stringify(identityProvider.key.jwk)).update(`${header}.${claims}`);
        return [`Bearer ${header}.${claims}.${mac.digest('base64url')}`];
      },
    ],
    [
      'a changed claim',
      async ({ identityProvider }) => {
        const [header, claims = '', signature] = (await identityProvider.accessToken()).split('.');
        const changed = { ...JSON.parse(Buffer.from(claims, 'base64url').toString()), client_id: 'other' };
        return [`Bearer ${header}.${Buffer.from(JSON.stringify(changed)).toString('base64url')}.${signature}`];
      },
    ],
  ];

  test.for(forged)('%s', async ([_name, authorization], { atFunction, atLoadBalancer, bearer, identityProvider }) => {
    const sent = await authorization({ bearer, identityProvider });
    expect(await atLoadBalancer(sent)).toBe('invalid');
    expect(await atFunction(sent)).toMatch(/^access_token_(missing|invalid)$/);
  });

  test('the function also accepts our audience in a list, and a clock that differs by 5 seconds', async ({
    atFunction,
    atLoadBalancer,
    bearer,
  }) => {
    for (const sent of [await bearer({ aud: [ORIGIN] }), await bearer({ iat: NOW - 60, exp: NOW - 4 })]) {
      expect([await atLoadBalancer(sent), await atFunction(sent)]).toEqual(['invalid', 'accepted']);
    }
  });
});

test('the function refuses what the load balancer does not check', async ({ atFunction, atLoadBalancer, bearer }) => {
  const others = [
    ['T8 another type of token', await bearer({}, { typ: 'JWT' })],
    ['C4 a lifetime without end', await bearer({ exp: NOW + 86_400 })],
    ['C5 another scope', await bearer({ scope: 'task_write' })],
    ['C5 no role', await bearer({ roles: [] })],
  ] as const;
  for (const [name, sent] of others) {
    expect([name, await atLoadBalancer(sent)]).toEqual([name, 'valid']);
    expect(await atFunction(sent)).toMatch(/^access_token_(invalid|insufficient)$/);
  }
});
