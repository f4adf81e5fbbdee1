import { createPublicKey } from 'node:crypto';
import type { Registry } from '../../../lambda/contract/registry.ts';
import type { PublicKey } from '../../../lambda/shared/callback-token/public-keys.ts';
import { createTokenVerifier } from '../../../lambda/shared/callback-token/verify.ts';
import { isRefusal } from '../../../lambda/shared/refusal.ts';
import type { Callback } from '../../harness/test-bed.ts';

const { JWKS = '', POSTERN_ORIGIN: origin = '', REGISTRY = '' } = process.env;
const registry = JSON.parse(REGISTRY) as Registry;
const [jwk] = JSON.parse(JWKS).keys as readonly [PublicKey['jwk']];
const publicKey: PublicKey = { kid: jwk.kid, alg: 'ES256', jwk, key: createPublicKey({ key: jwk, format: 'jwk' }) };
const keys = new Map([[jwk.kid, publicKey]]);
const verifier = createTokenVerifier({ origin, registry, keys: async () => keys });

/** The verifier of the receiver, with all of its checks. */
export const handler = async ({ task: { taskId }, token }: Callback) => {
  const expected = { carrier: 'header', capability: 'result', taskId, path: `/v1/results/${taskId}` } as const;
  const verified = await verifier.verify(token, expected, Math.floor(Date.now() / 1000));
  return isRefusal(verified)
    ? { statusCode: 401, body: verified.code }
    : { statusCode: 200, body: verified.claims.jti };
};
