import { createHash } from 'node:crypto';
import { compactVerify, decodeProtectedHeader } from 'jose';
import { describe, expect } from 'vitest';
import { MAX_TOKEN_CHARS } from '../../../../lambda/contract/limits.ts';
import { createSignDigest } from '../../../../lambda/shared/aws/kms-sign.ts';
import { readCompactToken } from '../../../../lambda/shared/callback-token/compact.ts';
import { createKmsSigner } from '../../../../lambda/shared/callback-token/kms-signer.ts';
import { mintCallbackToken } from '../../../../lambda/shared/callback-token/mint.ts';
import { fetchPublicKeys, type PublicKey } from '../../../../lambda/shared/callback-token/public-keys.ts';
import { isRefusal } from '../../../../lambda/shared/refusal.ts';
import { test as base } from '../../../support/fixtures.ts';
import { aSigningKey as aKeyResource } from '../../../support/kms.ts';
import { claimsOf } from '../../../support/tokens.ts';

const test = base
  .extend('keyIds', { scope: 'file' }, ({ kms }) => {
    const rsa = kms.standIns.kms.ensureKey(aKeyResource('RsaKey', { KeySpec: 'RSA_2048' }));
    return [kms.key.arn, rsa.arn] as const;
  })
  .extend('keys', { scope: 'file' }, ({ keyIds, kms }) => fetchPublicKeys(kms.getPublicKey, keyIds))
  .extend('keyOf', ({ keyIds, keys }) => (index: number): readonly [string, PublicKey] => {
    const [keyId, key] = [keyIds[index], keys[index]];
    if (keyId === undefined || key === undefined) throw new Error('No such key.');
    return [keyId, key];
  });

describe.each([
  ['ES256', 0],
  ['RS256', 1],
] as const)('a token signed by KMS with %s', (alg, index) => {
  test('T2 T8 is verified by another implementation, and has only our header parameters', async ({ keyOf, kms }) => {
    const [keyId, key] = keyOf(index);
    const claims = claimsOf();
    const token = await mintCallbackToken(claims, createKmsSigner(createSignDigest(kms.call), keyId, key));
    expect(decodeProtectedHeader(token)).toEqual({ alg, typ: 'callback+jwt', kid: key.kid });
    const { payload } = await compactVerify(token, key.key, { algorithms: [alg] });
    expect(JSON.parse(Buffer.from(payload).toString())).toEqual(claims);
    expect(isRefusal(readCompactToken(token))).toBe(false);
  });

  test('T2 has a public key with this algorithm and its RFC 7638 thumbprint', ({ keyOf }) => {
    const [, key] = keyOf(index);
    const { e, n, x, y } = key.jwk;
    const required = alg === 'ES256' ? { crv: 'P-256', kty: 'EC', x, y } : { e, kty: 'RSA', n };
    const thumbprint = createHash('sha256').update(JSON.stringify(required)).digest('base64url');
    expect(key).toMatchObject({ alg, kid: thumbprint, jwk: { ...required, alg, kid: thumbprint, use: 'sig' } });
    for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']) expect(key.jwk).not.toHaveProperty(secret);
  });
});

test('refuses to issue a token that is longer than the limit', async ({ keyOf, kms }) => {
  const [keyId, key] = keyOf(0);
  const claims = claimsOf({ owner: 'x'.repeat(MAX_TOKEN_CHARS) });
  await expect(mintCallbackToken(claims, createKmsSigner(createSignDigest(kms.call), keyId, key))).rejects.toThrow(
    /characters long/,
  );
});

test('fails if an answer of KMS has no signature', async ({ keyOf }) => {
  const [keyId, key] = keyOf(0);
  const silent = createSignDigest(async () => ({}));
  await expect(mintCallbackToken(claimsOf(), createKmsSigner(silent, keyId, key))).rejects.toThrow(/without Signature/);
});

test('a token of 2,048 characters is given out, and a longer one is not', async () => {
  // A stand-in for the signer: the length of a token depends on the length of the signature, not on its value.
  const sized = (bytes: number) => ({ alg: 'ES256' as const, kid: 'k', sign: async () => new Uint8Array(bytes) });
  const rest = (await mintCallbackToken(claimsOf(), sized(0))).length;
  const bytes = Math.floor(((2_048 - rest) * 3) / 4);
  const signed = await Promise.all(
    [bytes - 1, bytes, bytes + 1].map((size) =>
      mintCallbackToken(claimsOf(), sized(size)).catch((error: Error) => error.message),
    ),
  );
  expect(signed.map((token) => (token.includes(' ') ? token : token.length))).toEqual([
    expect.any(Number),
    2_048,
    expect.stringMatching(/^A callback token came out 2049|^A callback token came out 205\d/),
  ]);
});
