import { compactDecrypt, importJWK, type JWK } from 'jose';
import { CALLBACK_TOKEN_TYPE, REFUSED_HEADER_PARAMETERS } from '../../contract/claims.ts';
import { TOKEN_ENCRYPTION } from '../../contract/token-encryption.ts';
import { createSecrets, type Secrets } from '../aws/secrets-cache.ts';
import { decodeUtf8 } from '../json.ts';
import { orUnavailable } from '../or-unavailable.ts';
import { type Refusal, refuse } from '../refusal.ts';
import { parseEncryptedHeader } from './compact.ts';
import type { TokenDecrypter } from './token-decrypter.ts';

/** Beside those of a signed token: a compressed one may be of any size (RFC 8725 §3.6). */
const REFUSED = [...REFUSED_HEADER_PARAMETERS, 'zip'];

/**
 * Decrypts tokens with the keys of a secret: one private JWK, or a set of them while they are changed.
 * @param now milliseconds since 1970
 */
export const createTokenDecrypter = (
  secretName: string,
  now: () => number,
  secrets: Secrets = createSecrets(now),
): TokenDecrypter => {
  const keyOf = async (kid: string): Promise<JWK | undefined> => {
    const known = JSON.parse(await secrets.find(secretName)) as JWK | { readonly keys: readonly JWK[] };
    const keys = 'keys' in known && Array.isArray(known.keys) ? (known.keys as readonly JWK[]) : [known as JWK];
    return keys.find((key) => key.kid === kid);
  };

  return {
    decrypt: async (token) => {
      const header = parseEncryptedHeader(token);
      if (header === undefined) return refuse('token_malformed', 'not a canonical compact JWE');
      const refusal = checkHeader(header);
      if (refusal !== undefined) return refusal;
      const key = await orUnavailable('secrets', keyOf(header.kid as string));
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

const checkHeader = (header: Readonly<Record<string, unknown>>): Refusal | undefined => {
  if (header.alg !== TOKEN_ENCRYPTION.alg || header.enc !== TOKEN_ENCRYPTION.enc) {
    return refuse('token_header_refused', 'alg and enc are not those of our tokens');
  }
  if (header.cty !== CALLBACK_TOKEN_TYPE) return refuse('token_header_refused', 'cty is not that of a callback token');
  const brought = REFUSED.find((name) => Object.hasOwn(header, name));
  if (brought !== undefined) return refuse('token_header_refused', `${brought} is not accepted`);
  return typeof header.kid === 'string' ? undefined : refuse('token_header_refused', 'no kid');
};
