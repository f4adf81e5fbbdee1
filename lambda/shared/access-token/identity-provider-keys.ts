import { createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey } from 'jose';
import { IDENTITY_PROVIDER_KEYS, KEY_FETCH } from '../../contract/limits.ts';
import { describeError, RefusalError, refuse } from '../refusal.ts';
import { type FetchBounds, fetchBounded } from './bounded-fetch.ts';

/**
 * Creates the key look-up for an identity provider. The key set is fetched at the first look-up and kept.
 * @returns a look-up that throws jose's `JWKSNoMatchingKey` for an unknown key, and `RefusalError` with `unavailable` if the
 * identity provider does not answer with a key set
 */
export const createIdentityProviderKeys = (
  jwksUri: string,
  bounds: FetchBounds = KEY_FETCH,
  cooldownMilliseconds: number = IDENTITY_PROVIDER_KEYS.cooldownMilliseconds,
): JWTVerifyGetKey => {
  const keySet = createRemoteJWKSet(new URL(jwksUri), {
    cooldownDuration: cooldownMilliseconds,
    cacheMaxAge: IDENTITY_PROVIDER_KEYS.cacheMilliseconds,
    [customFetch]: async (url, { headers }) => {
      const { status, body } = await fetchBounded(url, bounds, Object.fromEntries(headers));
      return new Response(Buffer.from(body), { status });
    },
  });
  return async (header, token) => {
    try {
      return await keySet(header, token);
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) throw error;
      throw new RefusalError(refuse('unavailable', `keys of the identity provider: ${describeError(error)}`), {
        cause: error,
      });
    }
  };
};
