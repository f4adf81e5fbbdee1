import { expect, test } from 'vitest';
import { withForeignSignature, withHeader } from '../../benchmarks/harness/invalid-tokens.ts';
import { type CompactToken, readCompactToken } from '../../lambda/shared/callback-token/compact.ts';
import { isSignedBy } from '../../lambda/shared/callback-token/signature.ts';
import { isRefusal } from '../../lambda/shared/refusal.ts';
import { aSigningKey, aToken, claimsOf } from '../support/tokens.ts';

const partsOf = (token: string): CompactToken => {
  const parts = readCompactToken(token);
  if (isRefusal(parts)) throw new Error(parts.reason);
  return parts;
};

test('a foreign signature keeps the form and the claims of the token, and is not valid', async () => {
  const key = await aSigningKey();
  const token = await aToken(key);
  const forged = withForeignSignature(token, await aToken(key, claimsOf({ jti: 'another' })));
  const { claims, signature, signingInput } = partsOf(forged);
  expect(claims).toEqual(partsOf(token).claims);
  expect(isSignedBy(key.publicKey, signingInput, signature)).toBe(false);
});

test('a changed header differs only in the given members', async () => {
  const token = await aToken(await aSigningKey());
  const changed = partsOf(withHeader(token, { alg: 'none' }));
  expect(changed.header).toEqual({ ...partsOf(token).header, alg: 'none' });
  expect(changed.claims).toEqual(partsOf(token).claims);
});
