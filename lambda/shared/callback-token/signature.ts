import { type KeyObject, verify } from 'node:crypto';
import type { CallbackTokenAlgorithm } from '../../contract/claims.ts';
import type { VerificationKey } from '../signing-keys/verification-keys.ts';
import { derFromJose } from './ecdsa-signature.ts';

/** r and s of P-256, 32 bytes each (RFC 7518 §3.4). */
const ES256_BYTES = 64;

type Check = (signed: Uint8Array, key: KeyObject, signature: Uint8Array) => boolean;

const CHECKS: Readonly<Record<CallbackTokenAlgorithm, Check>> = {
  ES256: (signed, key, signature) =>
    signature.length === ES256_BYTES && verify('sha256', signed, key, derFromJose(signature)),
  // The default padding of Node for RSA keys is RSASSA-PKCS1-v1_5 (RFC 7518 §3.3).
  RS256: (signed, key, signature) => verify('sha256', signed, key, signature),
};

/** True if a signature is by this key, with its one algorithm. Malformed signatures and keys are false. */
export const isSignedBy = (
  key: Pick<VerificationKey, 'alg' | 'key'>,
  signed: Uint8Array,
  signature: Uint8Array,
): boolean => {
  try {
    return CHECKS[key.alg](signed, key.key, signature);
  } catch {
    return false;
  }
};
