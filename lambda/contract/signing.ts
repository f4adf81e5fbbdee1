/**
 * Ways to sign callback tokens.
 * - `rotating`: a key that KMS made signs in the function `create-task`. A new key takes its place at regular times.
 * - `kms`: a key in KMS signs, with one request for each token.
 */
export const SIGNING_KINDS = ['rotating', 'kms'] as const;
export type SigningKind = (typeof SIGNING_KINDS)[number];

/**
 * Use of a key in KMS for callback tokens.
 * - `current`: it signs, and its tokens are accepted. With `kms`, exactly one key is `current`.
 * - `next`: published and accepted before it signs, so that every reader knows it by then.
 * - `previous`: it no longer signs. Its tokens are accepted until they expire.
 * - `retired`: its tokens are refused. The key still exists, so that the gateway releases it before it leaves the file.
 */
export const SIGNING_KEY_USES = ['current', 'next', 'previous', 'retired'] as const;
export type SigningKeyUse = (typeof SIGNING_KEY_USES)[number];
