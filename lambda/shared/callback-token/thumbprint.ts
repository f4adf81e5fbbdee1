import { createHash, type JsonWebKey } from 'node:crypto';

/** Members that identify a key, in the order in which they are hashed. */
const REQUIRED_MEMBERS: Readonly<Record<string, readonly (keyof JsonWebKey)[]>> = {
  EC: ['crv', 'kty', 'x', 'y'],
  RSA: ['e', 'kty', 'n'],
};

/**
 * Returns the SHA-256 thumbprint of a public key (RFC 7638 §3), in base64url.
 * @throws {Error} for a key type that callback tokens do not use
 */
export const thumbprintOf = (jwk: JsonWebKey): string => {
  const members = REQUIRED_MEMBERS[jwk.kty ?? ''];
  if (members === undefined) throw new Error(`A key of type ${jwk.kty} has no thumbprint here; expected EC or RSA.`);
  const required = Object.fromEntries(members.map((name) => [name, jwk[name]]));
  return createHash('sha256').update(JSON.stringify(required)).digest('base64url');
};
