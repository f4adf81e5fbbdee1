import type { CallbackTokenAlgorithm } from '../../contract/claims.ts';

/** A key that signs callback tokens. Its private half never leaves KMS. */
export interface TokenSigner {
  readonly alg: CallbackTokenAlgorithm;
  /** RFC 7638 thumbprint of the public key. */
  readonly kid: string;
  /** Signs the bytes of a JWS signing input. Returns the signature in JOSE form (r‖s for ECDSA, RFC 7518 §3.4). */
  sign(signingInput: Uint8Array): Promise<Uint8Array>;
}
