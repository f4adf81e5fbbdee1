import {
  createCipheriv,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { CALLBACK_TOKEN_TYPE } from '../../contract/claims.ts';
import { MAX_TOKEN_CHARS } from '../../contract/limits.ts';
import { type EncryptionKey, TOKEN_ENCRYPTION } from '../../contract/token-encryption.ts';
import { once } from '../lazy.ts';
import { deriveKey } from './concat-kdf.ts';

/** Encrypts a signed callback token, so that its holder can use it but cannot read it. */
export type EncryptToken = (token: string) => Promise<string>;

/** Content encryption `A256GCM` (RFC 7518 §5.3): lengths of the key and of the nonce. */
const KEY_BYTES = 32;
const NONCE_BYTES = 12;

/**
 * @param jwk undefined: no processor has encrypted tokens
 * @throws {Error} at the first token, if the environment has no key
 */
export const createTokenEncrypter = (jwk: EncryptionKey | undefined): EncryptToken => {
  const readKey = once(() => {
    if (jwk === undefined) throw new Error('The environment has no key to encrypt tokens with.');
    return { kid: jwk.kid, key: createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' }) };
  });
  return async (token) => {
    const { key, kid } = readKey();
    const encrypted = encryptCompact(Buffer.from(token), kid, key);
    if (encrypted.length > MAX_TOKEN_CHARS) {
      throw new Error(`An encrypted callback token came out ${encrypted.length} characters long.`);
    }
    return encrypted;
  };
};

/** Returns a compact JWE (RFC 7516 §5.1) with a key of one ephemeral key pair. Its second part, the encrypted key, is empty. */
const encryptCompact = (content: Uint8Array, kid: string, recipient: KeyObject): string => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { crv, kty, x, y } = publicKey.export({ format: 'jwk' });
  // RFC 7519 §5.2: `cty` says that the content is a token.
  const header = encode(
    JSON.stringify({ ...TOKEN_ENCRYPTION, cty: CALLBACK_TOKEN_TYPE, kid, epk: { x, crv, kty, y } }),
  );
  const secret = diffieHellman({ privateKey, publicKey: recipient });
  const key = deriveKey(secret, { enc: TOKEN_ENCRYPTION.enc, bytes: KEY_BYTES });
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(header));
  const ciphertext = Buffer.concat([cipher.update(content), cipher.final()]);
  return [header, '', encode(nonce), encode(ciphertext), encode(cipher.getAuthTag())].join('.');
};

const encode = (value: string | Uint8Array): string => Buffer.from(value).toString('base64url');
