import { expect, test } from 'vitest';
import { withForeignSignature, withHeader } from '../../benchmarks/harness/invalid-tokens.ts';
import { parseCompactToken } from '../../lambda/shared/callback-token/compact.ts';
import { isSignedBy } from '../../lambda/shared/callback-token/signature.ts';
import { aSigningKey, aToken, claimsOf } from '../support/tokens.ts';

test('a foreign signature keeps the form and the claims of the token, and is not valid', async () => {
  const key = await aSigningKey();
  const token = await aToken(key);
  const forged = withForeignSignature(token, await aToken(key, claimsOf({ jti: 'another' })));
  const parsed = parseCompactToken(forged);
  expect(parsed).toMatchObject({ claims: parseCompactToken(token)?.claims });
  expect(parsed && isSignedBy(key.publicKey, parsed.signingInput, parsed.signature)).toBe(false);
});

test('a changed header differs only in the given members', async () => {
  const token = await aToken(await aSigningKey());
  const changed = parseCompactToken(withHeader(token, { alg: 'none' }));
  expect(changed?.header).toEqual({ ...parseCompactToken(token)?.header, alg: 'none' });
  expect(changed?.claims).toEqual(parseCompactToken(token)?.claims);
});
