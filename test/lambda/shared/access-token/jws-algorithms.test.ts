import { createPublicKey, type JsonWebKey, KeyObject, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { CompactSign, compactVerify, generateKeyPair } from 'jose';
import { expect, test } from 'vitest';
import { findAlgorithm, type JwsAlgorithm } from '../../../../lambda/shared/access-token/jws-algorithms.ts';
import { splitCompact } from '../../../../lambda/shared/callback-token/compact.ts';

const NAMES = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

/** As the verifier asks: an error means that the signature is not valid. */
const isSigned = (
  algorithm: JwsAlgorithm | undefined,
  ...[input, key, signature]: Parameters<JwsAlgorithm['isSigned']>
) => {
  try {
    return algorithm?.isSigned(input, key, signature) ?? false;
  } catch {
    return false;
  }
};

test.each(NAMES)('T4 %s agrees with jose about signatures with any byte changed, cut or added', async (alg) => {
  const { privateKey, publicKey } = await generateKeyPair(alg);
  const jws = await new CompactSign(Buffer.from('{"a":1}')).setProtectedHeader({ alg }).sign(privateKey);
  const parts = splitCompact(jws);
  if (parts === undefined) throw new Error('jose made no compact JWS.');
  const key = KeyObject.from(publicKey as Parameters<typeof KeyObject.from>[0]);
  const algorithm = findAlgorithm(alg);
  expect(isSigned(algorithm, parts.signingInput, key, parts.signature)).toBe(true);
  const change = fc.record({
    at: fc.nat(600),
    by: fc.integer({ min: 0, max: 255 }),
    length: fc.integer({ min: -2, max: 2 }),
  });
  await fc.assert(
    fc.asyncProperty(change, async ({ at, by, length }) => {
      const signature = Buffer.concat([parts.signature, randomBytes(2)]).subarray(0, parts.signature.length + length);
      signature[at % signature.length] = (signature[at % signature.length] as number) ^ by;
      const changed = `${parts.signingInput.toString()}.${signature.toString('base64url')}`;
      const theirs = await compactVerify(changed, publicKey, { algorithms: [alg] }).then(
        () => true,
        () => false,
      );
      expect(isSigned(algorithm, parts.signingInput, key, signature)).toBe(theirs);
    }),
    { numRuns: 100 },
  );
});

test('T3 T4 RS256 and ES256 agree with the vectors of Wycheproof for JSON Web Signature', () => {
  interface Group {
    readonly public: JsonWebKey & { readonly alg: string };
    readonly tests: readonly { readonly tcId: number; readonly jws: string; readonly result: string }[];
  }
  const file = join(import.meta.dirname, '../../../vectors/json-web-signature.json');
  const groups = JSON.parse(readFileSync(file, 'utf8')) as readonly Group[];
  const others = groups.flatMap(({ public: jwk, tests }) =>
    tests.filter(({ jws, result }) => {
      const parts = splitCompact(jws, 16_384);
      const isOfKey = parts !== undefined && headerOf(parts.header)?.alg === jwk.alg;
      const key = createPublicKey({ key: jwk, format: 'jwk' });
      const valid = isOfKey && isSigned(findAlgorithm(jwk.alg), parts.signingInput, key, parts.signature);
      return valid !== (result === 'valid');
    }),
  );
  // A signature over nothing is a good one, but nothing is no token.
  expect(others.map(({ tcId }) => tcId)).toEqual([259]);
});

const headerOf = (bytes: Uint8Array): { readonly alg?: unknown } | undefined => {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
};

test.each(['none', 'HS256', 'ES256K', '__proto__', '', undefined, 7, ['RS256']])('T3 %j is no algorithm', (alg) => {
  expect(findAlgorithm(alg)).toBeUndefined();
});
