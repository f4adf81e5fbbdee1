import type { CallbackTokenClaims, CallbackTokenHeader } from '../../contract/claims.ts';
import { CALLBACK_TOKEN_TYPE } from '../../contract/claims.ts';
import { MAX_TOKEN_CHARS } from '../../contract/limits.ts';
import type { TokenSigner } from './signer.ts';

/**
 * Signs a callback token. Its `iat` is not before its key was published: if the key of an earlier token was retired, a
 * repeat of the request gets the same claims by a younger key.
 * @returns its compact form
 * @throws the error of the signer, or an error if the token would be longer than we accept
 */
export const mintCallbackToken = async (claims: CallbackTokenClaims, signer: TokenSigner): Promise<string> => {
  const { alg, kid, publishedAt = 0 } = signer;
  const header: CallbackTokenHeader = { alg, typ: CALLBACK_TOKEN_TYPE, kid };
  const signed: CallbackTokenClaims = claims.iat < publishedAt ? { ...claims, iat: publishedAt } : claims;
  const signingInput = `${encode(header)}.${encode(signed)}`;
  const signature = await signer.sign(Buffer.from(signingInput));
  const token = `${signingInput}.${Buffer.from(signature).toString('base64url')}`;
  if (token.length > MAX_TOKEN_CHARS) throw new Error(`A callback token came out ${token.length} characters long.`);
  return token;
};

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
