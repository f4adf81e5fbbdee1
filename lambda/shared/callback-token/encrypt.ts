import { CompactEncrypt, importJWK, type JWK } from 'jose';
import { CALLBACK_TOKEN_TYPE } from '../../contract/claims.ts';
import { MAX_TOKEN_CHARS } from '../../contract/limits.ts';
import { NO_TOKEN_ENCRYPTION, TOKEN_ENCRYPTION } from '../../contract/token-encryption.ts';

/** Encrypts a signed callback token, so that whoever holds it can use it and not read it. */
export type EncryptToken = (token: string) => Promise<string>;

/**
 * @param variable JSON of the public key, with its `kid`, or `none`
 * @throws {Error} at the first token, where the environment has no key
 */
export const createTokenEncrypter = (variable: string): EncryptToken => {
  const jwk = variable === NO_TOKEN_ENCRYPTION ? undefined : (JSON.parse(variable) as JWK & { readonly kid: string });
  return async (token) => {
    if (jwk === undefined) throw new Error('The environment has no key to encrypt tokens with.');
    const encrypted = await new CompactEncrypt(Buffer.from(token))
      // RFC 7519 §5.2: what is inside is a token itself.
      .setProtectedHeader({ ...TOKEN_ENCRYPTION, cty: CALLBACK_TOKEN_TYPE, kid: jwk.kid })
      .encrypt(await importJWK(jwk, TOKEN_ENCRYPTION.alg));
    if (encrypted.length > MAX_TOKEN_CHARS) {
      throw new Error(`An encrypted callback token came out ${encrypted.length} characters long.`);
    }
    return encrypted;
  };
};
