import { expect, test } from 'vitest';
import { forge, withHeader } from '../../benchmarks/harness/invalid-tokens.ts';
import { parseCompactToken } from '../../lambda/shared/callback-token/compact.ts';
import { isSignedBy } from '../../lambda/shared/callback-token/signature.ts';
import { aSigningKey, aToken, claimsOf } from '../support/tokens.ts';

test('what is forged has the form of a token, says the same, and has no good signature', async () => {
  const key = await aSigningKey();
  const token = await aToken(key);
  const forged = forge(token, await aToken(key, claimsOf({ jti: 'another' })));
  const parsed = parseCompactToken(forged);
  expect(parsed).toMatchObject({ claims: parseCompactToken(token)?.claims });
  expect(parsed && isSignedBy(key.publicKey, parsed.signingInput, parsed.signature)).toBe(false);
});

test('a header is changed in the members that are named alone', async () => {
  const token = await aToken(await aSigningKey());
  const changed = parseCompactToken(withHeader(token, { alg: 'none' }));
  expect(changed?.header).toEqual({ ...parseCompactToken(token)?.header, alg: 'none' });
  expect(changed?.claims).toEqual(parseCompactToken(token)?.claims);
});
