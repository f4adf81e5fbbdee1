/** Encryption of callback tokens whose claims are nobody's to read but ours (RFC 7516, RFC 7518 §4.6 and §5.3). */
export const TOKEN_ENCRYPTION = { alg: 'ECDH-ES', enc: 'A256GCM' } as const;

/** Stands in a variable where the environment encrypts no token. */
export const NO_TOKEN_ENCRYPTION = 'none';

/** The file beside the receiver's code that decrypts tokens. */
export const TOKEN_DECRYPTION_FILE = 'token-decryption.js';
