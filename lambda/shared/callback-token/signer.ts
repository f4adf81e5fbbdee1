import type { CallbackTokenAlgorithm } from '../../contract/claims.ts';

/** A key that signs callback tokens. */
export interface TokenSigner {
  readonly alg: CallbackTokenAlgorithm;
  /** RFC 7638 thumbprint of the public key. */
  readonly kid: string;
  /**
   * Earliest `iat` of a token of this key, seconds since 1970. The receiver refuses a token that is older than its key.
   * @default any `iat`
   */
  readonly publishedAt?: number;
  /** Signs the bytes of a JWS signing input. Returns the signature in JOSE form (r‖s for ECDSA, RFC 7518 §3.4). */
  sign(signingInput: Uint8Array): Promise<Uint8Array>;
}

/** Returns the key that signs now. A caller asks for each signature. Rejects if no key can sign. */
export type GetTokenSigner = () => Promise<TokenSigner>;
