import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { calculateJwkThumbprint, type JWK } from 'jose';
import { CAPABILITIES, type Capability, callbackAudience, callbackPath } from '../../lambda/contract/capabilities.ts';
import type { CallbackTokenAlgorithm, CallbackTokenClaims } from '../../lambda/contract/claims.ts';
import type { PublicKey } from '../../lambda/shared/callback-token/public-keys.ts';
import type { TokenSigner } from '../../lambda/shared/callback-token/signer.ts';

export const ORIGIN = 'https://callbacks.example.com';

/**
 * Frozen: 2100-06-01T12:00:00Z in seconds. Ahead of every real clock, because DynamoDB Local really deletes items whose
 * TTL is over.
 */
export const NOW = 4_115_534_400;

export interface SigningKey {
  readonly publicKey: PublicKey;
  readonly privateKey: KeyObject;
  readonly signer: TokenSigner;
}

/** A key pair for one test file. It signs in this process, as KMS would. */
export const aSigningKey = async (alg: CallbackTokenAlgorithm = 'ES256'): Promise<SigningKey> => {
  const { privateKey, publicKey: key } =
    alg === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 });
  const exported = key.export({ format: 'jwk' }) as JWK;
  const kid = await calculateJwkThumbprint(exported);
  return {
    privateKey,
    publicKey: { kid, alg, key, jwk: { ...exported, kid, alg, use: 'sig' } },
    signer: {
      alg,
      kid,
      sign: async (input) => sign('sha256', input, { key: privateKey, dsaEncoding: 'ieee-p1363' }),
    },
  };
};

export const aJti = (): string => randomBytes(16).toString('base64url');

/** Claims of a valid token for a result of `acme-ocr`, with overrides. */
export const claimsOf = (
  overrides: Record<string, unknown> = {},
  capability: Capability = 'result',
  taskId = 'task-1',
): CallbackTokenClaims & Record<string, unknown> => ({
  iss: ORIGIN,
  aud: callbackAudience(ORIGIN, capability),
  sub: 'acme-ocr',
  path: callbackPath(capability, taskId),
  res_id: taskId,
  scope: CAPABILITIES[capability].scope,
  roles: ['processor'],
  jti: aJti(),
  iat: NOW,
  nbf: NOW,
  exp: NOW + 3_600,
  max_uses: 1,
  ...overrides,
});

/** A signed token with any header and any claims; an `undefined` value omits the member. */
export const aToken = async (
  key: SigningKey,
  claims: object = claimsOf(),
  header: Record<string, unknown> = {},
): Promise<string> => {
  const full = { alg: key.signer.alg, typ: 'callback+jwt', kid: key.signer.kid, ...header };
  return signText(key, JSON.stringify(full), JSON.stringify(claims));
};

/** A token with a valid signature over any header and claims, given as text or bytes. */
export const signText = async (key: SigningKey, header: string, claims: string | Uint8Array): Promise<string> => {
  const input = `${Buffer.from(header).toString('base64url')}.${Buffer.from(claims).toString('base64url')}`;
  return `${input}.${Buffer.from(await key.signer.sign(Buffer.from(input))).toString('base64url')}`;
};
