import { generateKeyPairSync } from 'node:crypto';
import { calculateJwkThumbprint, type JWK } from 'jose';
import { expect, test } from 'vitest';
import { thumbprintOf } from '../../../../lambda/shared/callback-token/thumbprint.ts';

test('returns the thumbprint of the example of RFC 7638 §3.1', () => {
  const jwk = {
    kty: 'RSA',
    n: '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw',
    e: 'AQAB',
    alg: 'RS256',
    kid: '2011-04-29',
  };
  expect(thumbprintOf(jwk)).toBe('NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs');
});

test.each([
  ['EC', () => generateKeyPairSync('ec', { namedCurve: 'P-256' })],
  ['RSA', () => generateKeyPairSync('rsa', { modulusLength: 2048 })],
] as const)('returns the same thumbprint as jose for a key of type %s', async (_type, generate) => {
  const jwk = generate().publicKey.export({ format: 'jwk' });
  expect(thumbprintOf({ ...jwk, kid: 'x', use: 'sig' })).toBe(await calculateJwkThumbprint(jwk as JWK));
});

test('refuses another kind of key', () => {
  expect(() => thumbprintOf({ kty: 'OKP' })).toThrow('OKP');
  expect(() => thumbprintOf({})).toThrow('undefined');
});
