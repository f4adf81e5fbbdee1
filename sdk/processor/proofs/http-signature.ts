import { base64 } from '../../shared/base64.ts';
import { type PrivateJwk, readSigner } from '../../shared/private-key.ts';
import { sha256 } from '../sha256.ts';
import { bearer, type Proof } from './proof.ts';

export interface HttpSignatureOptions {
  /** The private half of the registered key: on P-256 or Ed25519, or of RSA. */
  readonly privateJwk: PrivateJwk;
  /** The name under which the key is registered. */
  readonly keyId: string;
}

/**
 * An HTTP message signature (RFC 9421) over method, URL, digest of the body, content type and token.
 * @throws {TypeError} if the key is of another kind, or its name cannot be sent
 */
export const httpSignature = ({ keyId, privateJwk }: HttpSignatureOptions): Proof => {
  // PS512 is rsa-pss-sha512, ES256 is ecdsa-p256-sha256, EdDSA is ed25519 (RFC 9421 §3.3).
  const signer = readSigner(privateJwk, ['ES256', 'EdDSA', 'PS512']);
  if (typeof keyId !== 'string' || !/^[ -~]+$/.test(keyId)) {
    throw new TypeError(
      'keyId has other than printable ASCII characters. Give the name that the key is registered under.',
    );
  }
  return {
    needsToken: true,
    headers: async (request) => {
      const { body, contentType, method, now, unique, url } = request;
      const digest = `sha-256=:${base64(await sha256(body))}:`;
      const authorization = bearer(request);
      const covered = Object.entries({
        '@method': method,
        '@target-uri': new URL(url).href,
        'content-digest': digest,
        'content-type': contentType.trim(),
        ...authorization,
      });
      const names = covered.map(([name]) => quote(name)).join(' ');
      // The nonce makes equal reports of one second different signatures.
      const parameters = `(${names});created=${now};keyid=${quote(keyId)};nonce=${quote(unique)}`;
      const base = [...covered, ['@signature-params', parameters]].map(
        ([name = '', value]) => `${quote(name)}: ${value}`,
      );
      const signature = await signer.sign(new TextEncoder().encode(base.join('\n')));
      return {
        ...authorization,
        'content-digest': digest,
        'signature-input': `sig=${parameters}`,
        signature: `sig=:${base64(signature)}:`,
      };
    },
  };
};

/** A string of structured fields (RFC 9651 §4.1.6). */
const quote = (text: string): string => `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
