import { compactDecrypt, importJWK, type JWK } from 'jose';
import { CALLBACK_TOKEN_TYPE, REFUSED_HEADER_PARAMETERS } from '../../contract/claims.ts';
import { TOKEN_ENCRYPTION } from '../../contract/token-encryption.ts';
import { createSecrets, type Secrets } from '../aws/secrets-cache.ts';
import { decodeUtf8 } from '../json.ts';
import { orUnavailable } from '../or-unavailable.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import { readEncryptedHeader } from './compact.ts';
import type { TokenDecrypter } from './token-decrypter.ts';

/** Also refuses `zip`: a compressed token may expand to any size (RFC 8725 §3.6). */
const REFUSED = [...REFUSED_HEADER_PARAMETERS, 'zip'];

/**
 * Decrypts tokens with the keys of a secret: one private JWK, or a set of them while keys are rotated.
 * @param now milliseconds since 1970
 */
export const createTokenDecrypter = (
  secretName: string,
  now: () => number,
  secrets: Pick<Secrets, 'find'> = createSecrets(now),
): TokenDecrypter => {
  const findKey = async (kid: string): Promise<JWK | undefined> => {
    const secret = JSON.parse(await secrets.find(secretName)) as JWK | { readonly keys: readonly JWK[] };
    const keys = 'keys' in secret && Array.isArray(secret.keys) ? (secret.keys as readonly JWK[]) : [secret as JWK];
    return keys.find((key) => key.kid === kid);
  };

  return {
    decrypt: async (token) => {
      const header = readEncryptedHeader(token);
      if (isRefusal(header)) return header;
      const kid = readKeyId(header);
      if (isRefusal(kid)) return kid;
      const key = await orUnavailable('secrets', findKey(kid));
      if (key === undefined) return refuse('token_key_unknown', 'no key has this kid');
      try {
        const { plaintext } = await compactDecrypt(token, await importJWK(key, TOKEN_ENCRYPTION.alg), {
          keyManagementAlgorithms: [TOKEN_ENCRYPTION.alg],
          contentEncryptionAlgorithms: [TOKEN_ENCRYPTION.enc],
        });
        return decodeUtf8(plaintext);
      } catch {
        return refuse('token_malformed', 'it does not decrypt');
      }
    },
  };
};

/** Checks everything in the header except the key itself. @returns `kid` */
const readKeyId = (header: Readonly<Record<string, unknown>>): string | Refusal => {
  if (header.alg !== TOKEN_ENCRYPTION.alg || header.enc !== TOKEN_ENCRYPTION.enc) {
    return refuse('token_header_refused', 'alg and enc are not those of our tokens');
  }
  if (header.cty !== CALLBACK_TOKEN_TYPE) return refuse('token_header_refused', 'cty is not that of a callback token');
  const forbiddenParameter = REFUSED.find((name) => Object.hasOwn(header, name));
  if (forbiddenParameter !== undefined) {
    return refuse('token_header_refused', `${forbiddenParameter} is not accepted`);
  }
  return typeof header.kid === 'string' ? header.kid : refuse('token_header_refused', 'no kid');
};
