import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { test as base, expect } from 'vitest';
import { createJwtValidator } from '../../../local/load-balancer/jwt-validation.ts';
import { aRequest } from './requests.ts';

const ISSUER = 'https://idp.example.com';
const NOW = Date.parse('2026-01-02T03:04:05Z');
const SECONDS = NOW / 1000;
const keys = await generateKeyPair('RS256', { extractable: true });
const others = await generateKeyPair('RS256');
const elliptic = await generateKeyPair('ES256', { extractable: true });
const publicKeys = [
  { ...(await exportJWK(keys.publicKey)), kid: 'rsa', alg: 'RS256' },
  { ...(await exportJWK(elliptic.publicKey)), kid: 'ec', alg: 'ES256' },
];

const validate = createJwtValidator(() => NOW);
const CLAIMS = {
  iss: ISSUER,
  exp: SECONDS + 60,
  iat: SECONDS,
  aud: 'https://gateway',
  scope: 'a b',
  roles: ['x', 'y'],
};
const aToken = (claims: object = {}, header = { alg: 'RS256', kid: 'rsa' }, key = keys.privateKey) =>
  new SignJWT({ ...CLAIMS, ...claims }).setProtectedHeader(header).sign(key);

type Claim = { Name: string; Format: 'single-string' | 'space-separated-values' | 'string-array'; Values: string[] };

const test = base
  .extend('server', { scope: 'file' }, async ({}, { onCleanup }) => {
    let fetches = 0;
    const server = createServer((_, response) => {
      fetches += 1;
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: publicKeys }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onCleanup(() => void server.close());
    return {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      get fetches() {
        return fetches;
      },
    };
  })
  .extend(
    'check',
    ({ server }) =>
      async (authorization: readonly string[], additional: Claim[] = []) =>
        await validate(aRequest({ headers: authorization.map((value) => ['authorization', value] as const) }), {
          Issuer: ISSUER,
          JwksEndpoint: server.url,
          AdditionalClaims: additional,
        }),
  );

test('accepts a good token, and fetches the keys once for many', async ({ check, server }) => {
  for (let i = 0; i < 5; i += 1) expect(await check([`Bearer ${await aToken()}`])).toBe('valid');
  expect(await check([`bearer ${await aToken()}`])).toBe('valid');
  expect(server.fetches).toBe(1);
});

test.for([
  ['of another issuer', { iss: 'https://evil.example.com' }],
  ['without issuer', { iss: undefined }],
  ['that is expired', { exp: SECONDS - 1 }],
  ['without expiry', { exp: undefined }],
  ['that is not yet valid', { nbf: SECONDS + 60 }],
  ['issued in the future', { iat: SECONDS + 60 }],
] as const)('refuses a token %s', async ([_, claims], { check }) => {
  expect(await check([`Bearer ${await aToken(claims)}`])).toBe('invalid');
});

test('refuses a missing token, another scheme, two tokens, and a text that is not a token', async ({ check }) => {
  const token = await aToken();
  for (const authorization of [
    [],
    [`Basic ${token}`],
    [`Bearer ${token}`, `Bearer ${token}`],
    ['Bearer x.y.z'],
    [token],
  ]) {
    expect(await check(authorization)).toBe('invalid');
  }
});

test('T1: refuses a good signature by any other algorithm, and a bad one', async ({ check }) => {
  expect(await check([`Bearer ${await aToken({}, { alg: 'ES256', kid: 'ec' }, elliptic.privateKey)}`])).toBe('invalid');
  expect(await check([`Bearer ${await aToken({}, undefined, others.privateKey)}`])).toBe('invalid');
  expect(await check([`Bearer ${await aToken({}, { alg: 'RS256', kid: 'unknown' })}`])).toBe('invalid');
});

test.for<[string, Claim, 'valid' | 'invalid']>([
  ['the very string', { Name: 'aud', Format: 'single-string', Values: ['https://gateway'] }, 'valid'],
  ['another string', { Name: 'aud', Format: 'single-string', Values: ['https://other'] }, 'invalid'],
  ['a string where an array is', { Name: 'roles', Format: 'single-string', Values: ['x'] }, 'invalid'],
  ['a value among those with spaces', { Name: 'scope', Format: 'space-separated-values', Values: ['b'] }, 'valid'],
  ['a value not among them', { Name: 'scope', Format: 'space-separated-values', Values: ['b', 'c'] }, 'invalid'],
  ['a value of an array', { Name: 'roles', Format: 'string-array', Values: ['y'] }, 'valid'],
  ['a value not in the array', { Name: 'roles', Format: 'string-array', Values: ['z'] }, 'invalid'],
  ['a claim that is not there', { Name: 'nothing', Format: 'string-array', Values: ['z'] }, 'invalid'],
])('an additional claim demands %s', async ([_, claim, verdict], { check }) => {
  expect(await check([`Bearer ${await aToken()}`], [claim])).toBe(verdict);
});

test('says so when the keys cannot be had', async () => {
  const verdict = await validate(aRequest({ headers: [['authorization', `Bearer ${await aToken()}`]] }), {
    Issuer: ISSUER,
    JwksEndpoint: 'http://127.0.0.1:1/',
    AdditionalClaims: [],
  });
  expect(verdict).toBe('keys-unavailable');
});
