import { NEVER } from '../../../lambda/contract/limits.ts';
import type { Registry } from '../../../lambda/contract/registry.ts';
import { type PublicSigningKey, SIGNING_KEY_PURPOSE } from '../../../lambda/contract/signing-keys.ts';
import type { PublicKey } from '../../../lambda/shared/callback-token/public-keys.ts';
import { createTokenVerifier } from '../../../lambda/shared/callback-token/verify.ts';
import { isRefusal } from '../../../lambda/shared/refusal.ts';
import { createVerificationKeys } from '../../../lambda/shared/signing-keys/verification-keys.ts';
import type { Callback } from '../../harness/test-bed.ts';

const { JWKS = '', POSTERN_ORIGIN: origin = '', REGISTRY = '' } = process.env;
const registry = JSON.parse(REGISTRY) as Registry;
const [{ kid, alg: _alg, use: _use, ...members }] = JSON.parse(JWKS).keys as readonly [PublicKey['jwk']];
/** A key that signs at any time. */
const key: PublicSigningKey = {
  purpose: SIGNING_KEY_PURPOSE,
  generation: 1,
  kid,
  alg: 'ES256',
  publicJwk: JSON.stringify(members),
  publishedAt: 0,
  signFrom: 0,
  signUntil: NEVER,
  verifyUntil: NEVER,
};
const keys = createVerificationKeys({ read: async () => [key], kmsKeys: null, now: Date.now });
const verifier = createTokenVerifier({ origin, registry, keys });

/** The verifier of the receiver, with all of its checks. */
export const handler = async ({ task: { taskId }, token }: Callback) => {
  const expected = { carrier: 'header', capability: 'result', taskId, path: `/v1/results/${taskId}` } as const;
  const verified = await verifier.verify(token, expected, Math.floor(Date.now() / 1000));
  return isRefusal(verified)
    ? { statusCode: 401, body: verified.code }
    : { statusCode: 200, body: verified.claims.jti };
};
