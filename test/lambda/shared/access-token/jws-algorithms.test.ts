import { KeyObject } from 'node:crypto';
import { CompactSign, generateKeyPair } from 'jose';
import { expect, test } from 'vitest';
import { findAlgorithm, type JwsAlgorithm } from '../../../../lambda/shared/access-token/jws-algorithms.ts';
import { expectAgreementWithJose, judgeJwsVectors } from '../../../support/signature-checks.ts';

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
  const key = KeyObject.from(publicKey as Parameters<typeof KeyObject.from>[0]);
  const algorithm = findAlgorithm(alg);
  await expectAgreementWithJose({
    jws,
    alg,
    publicKey,
    isSigned: ({ signature, signingInput }) => isSigned(algorithm, signingInput, key, signature),
    runs: 100,
  });
});

test('T3 T4 RS256 and ES256 agree with the vectors of Wycheproof for JSON Web Signature', () => {
  const verdicts = judgeJwsVectors(({ alg, key }, { signature, signingInput }) =>
    isSigned(findAlgorithm(alg), signingInput, key, signature),
  );
  // A signature over nothing is a good one, but nothing is no token.
  expect(verdicts.filter(({ result, should }) => result !== should).map(({ tcId }) => tcId)).toEqual([259]);
});

test.each(['none', 'HS256', 'ES256K', '__proto__', '', undefined, 7, ['RS256']])('T3 %j is no algorithm', (alg) => {
  expect(findAlgorithm(alg)).toBeUndefined();
});
