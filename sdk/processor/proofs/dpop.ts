import { base64url } from '../../shared/base64.ts';
import { signJws } from '../../shared/jws.ts';
import { type PrivateJwk, readSigner } from '../../shared/private-key.ts';
import { sha256 } from '../sha256.ts';
import type { Proof } from './proof.ts';

export interface DpopOptions {
  /** The key that the callback tokens are bound to: on P-256 or Ed25519, or of RSA. */
  readonly privateJwk: PrivateJwk;
}

/**
 * Proof of possession of a key for each request (RFC 9449).
 * @throws {TypeError} if the key is of another kind
 */
export const dpop = ({ privateJwk }: DpopOptions): Proof => {
  const signer = readSigner(privateJwk, ['ES256', 'EdDSA', 'PS256']);
  /** The last nonce of each server (RFC 9449 §8.2). */
  const nonces = new Map<string, string>();
  return {
    needsToken: true,
    headers: async ({ method, now, token = '', unique, url }) => {
      const nonce = nonces.get(new URL(url).origin);
      const claims = {
        jti: unique,
        htm: method,
        htu: url,
        iat: now,
        ath: base64url(await sha256(new TextEncoder().encode(token))),
        ...(nonce !== undefined && { nonce }),
      };
      const proof = await signJws(signer, { typ: 'dpop+jwt', jwk: signer.publicJwk }, claims);
      return { authorization: `DPoP ${token}`, dpop: proof };
    },
    observe: (url, headers) => {
      const nonce = headers.get('dpop-nonce');
      if (nonce !== null) nonces.set(new URL(url).origin, nonce);
    },
    isChallenge: ({ headers, status }) => status === 401 && headers.has('dpop-nonce'),
  };
};
