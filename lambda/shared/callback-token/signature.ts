import { verify } from 'node:crypto';
import type { CallbackTokenAlgorithm } from '../../contract/claims.ts';
import { derFromJose } from './ecdsa-signature.ts';
import type { PublicKey } from './public-keys.ts';

/** r and s of P-256, 32 bytes each (RFC 7518 §3.4). */
const ES256_BYTES = 64;

type Check = (signed: Uint8Array, key: PublicKey['key'], signature: Uint8Array) => boolean;

const CHECKS: Readonly<Record<CallbackTokenAlgorithm, Check>> = {
  ES256: (signed, key, signature) =>
    signature.length === ES256_BYTES && verify('sha256', signed, key, derFromJose(signature)),
  // The default padding of Node for RSA keys is RSASSA-PKCS1-v1_5 (RFC 7518 §3.3).
  RS256: (signed, key, signature) => verify('sha256', signed, key, signature),
};

/** True if a signature is by this key, with its one algorithm. Malformed signatures are false. */
export const isSignedBy = ({ alg, key }: PublicKey, signed: Uint8Array, signature: Uint8Array): boolean => {
  try {
    return CHECKS[alg](signed, key, signature);
  } catch {
    return false;
  }
};
