import { CompactEncrypt, importJWK, type JWK } from 'jose';
import { CALLBACK_TOKEN_TYPE } from '../../contract/claims.ts';
import { MAX_TOKEN_CHARS } from '../../contract/limits.ts';
import { type EncryptionKey, TOKEN_ENCRYPTION } from '../../contract/token-encryption.ts';

/** Encrypts a signed callback token, so that its holder can use it but cannot read it. */
export type EncryptToken = (token: string) => Promise<string>;

/**
 * @param jwk undefined: no processor has encrypted tokens
 * @throws {Error} at the first token, if the environment has no key
 */
export const createTokenEncrypter =
  (jwk: EncryptionKey | undefined): EncryptToken =>
  async (token) => {
    if (jwk === undefined) throw new Error('The environment has no key to encrypt tokens with.');
    const encrypted = await new CompactEncrypt(Buffer.from(token))
      // RFC 7519 §5.2: `cty` says that the content is a token.
      .setProtectedHeader({ ...TOKEN_ENCRYPTION, cty: CALLBACK_TOKEN_TYPE, kid: jwk.kid })
      .encrypt(await importJWK(jwk as JWK, TOKEN_ENCRYPTION.alg));
    if (encrypted.length > MAX_TOKEN_CHARS) {
      throw new Error(`An encrypted callback token came out ${encrypted.length} characters long.`);
    }
    return encrypted;
  };
