/** Encryption of callback tokens: only the gateway can read their claims (RFC 7516, RFC 7518 §4.6 and §5.3). */
export const TOKEN_ENCRYPTION = { alg: 'ECDH-ES', enc: 'A256GCM' } as const;

/** Public key that encrypts tokens, as a JWK. */
export interface EncryptionKey {
  readonly kid: string;
  readonly [member: string]: unknown;
}

/** File in the receiver's bundle with the code that decrypts tokens. */
export const TOKEN_DECRYPTION_FILE = 'token-decryption.js';
