import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import type { CallbackTokenAlgorithm } from '../../contract/claims.ts';
import type { GetPublicKey } from '../aws/kms.ts';
import { thumbprintOf } from './thumbprint.ts';

/** A public key of callback tokens. Each key has one algorithm (RFC 8725 §3.1). */
export interface PublicKey {
  /** RFC 7638 thumbprint. */
  readonly kid: string;
  readonly alg: CallbackTokenAlgorithm;
  /** Entry of the JWKS. */
  readonly jwk: JsonWebKey & { readonly kid: string };
  readonly key: KeyObject;
}

/** Algorithms by KMS key spec. Keys of other specs are not accepted (RFC 8725 §3.4, §3.5). */
const ALGORITHM_OF_KEY_SPEC: Readonly<Record<string, CallbackTokenAlgorithm>> = {
  ECC_NIST_P256: 'ES256',
  RSA_2048: 'RS256',
  RSA_3072: 'RS256',
  RSA_4096: 'RS256',
};

/**
 * Fetches public keys from KMS (`kms:GetPublicKey`), in the order of their ids.
 * @throws the error of KMS, or an error for a key that cannot sign or has an unknown spec
 */
export const fetchPublicKeys = (getPublicKey: GetPublicKey, keyIds: readonly string[]): Promise<readonly PublicKey[]> =>
  Promise.all(keyIds.map((keyId) => fetchPublicKey(getPublicKey, keyId)));

const fetchPublicKey = async (getPublicKey: GetPublicKey, keyId: string): Promise<PublicKey> => {
  const { PublicKey: der, KeySpec: keySpec, KeyUsage: usage } = await getPublicKey(keyId);
  const alg = ALGORITHM_OF_KEY_SPEC[keySpec ?? ''];
  if (der === undefined || alg === undefined || usage !== 'SIGN_VERIFY') {
    throw new Error(`The KMS key ${keyId} cannot sign callback tokens: it is ${keySpec} for ${usage}.`);
  }
  const { key, members } = readKey(Buffer.from(der));
  const kid = thumbprintOf(members);
  return { kid, alg, key, jwk: { ...members, kid, alg, use: 'sig' } };
};

/** DER of a P-256 key up to the coordinates x and y of its point (RFC 5480 §2). */
const P256_PREFIX = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d03010703420004', 'hex');
const COORDINATE_BYTES = 32;

/** Returns a key and its members as a JWK. At a cold start OpenSSL takes twice as long for DER as for a JWK. */
const readKey = (der: Buffer): { readonly key: KeyObject; readonly members: JsonWebKey } => {
  const point = der.subarray(P256_PREFIX.length);
  if (point.length === 2 * COORDINATE_BYTES && der.subarray(0, P256_PREFIX.length).equals(P256_PREFIX)) {
    const [x, y] = [point.subarray(0, COORDINATE_BYTES), point.subarray(COORDINATE_BYTES)];
    const members = { kty: 'EC', crv: 'P-256', x: x.toString('base64url'), y: y.toString('base64url') };
    return { key: createPublicKey({ key: members, format: 'jwk' }), members };
  }
  const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
  return { key, members: key.export({ format: 'jwk' }) };
};

/**
 * Starts to load a value at once and keeps it. After a failure, the next call tries again. Concurrent calls share one
 * attempt.
 */
export const loadEagerly = <T>(load: () => Promise<T>): (() => Promise<T>) => {
  let attempt: Promise<T> | undefined;
  const begin = (): Promise<T> => {
    const current = load();
    attempt = current;
    // Callers get the failure. Without this handler, a failure before the first call would end the process.
    current.catch(() => {
      if (attempt === current) attempt = undefined;
    });
    return current;
  };
  begin();
  return () => attempt ?? begin();
};
