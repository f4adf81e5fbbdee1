import { createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey } from 'jose';
import { KEY_FETCH } from '../contract/limits.ts';
import { RefusalError, refuse } from '../http/problem.ts';
import { describeError } from '../observe/journal.ts';
import { type FetchBounds, fetchBounded } from './bounded-fetch.ts';

/** An unknown `kid` starts at most one fetch in this time (RFC 8725 §3.10: nobody makes us fetch without bound). */
const COOLDOWN_MILLISECONDS = 30_000;
/** A key that the identity provider has withdrawn is trusted no longer than this. */
const CACHE_MILLISECONDS = 600_000;

/**
 * The keys of an identity provider, fetched when they are first needed and kept.
 * @returns a look-up that throws jose's `JWKSNoMatchingKey` for a key that is not there, and `RefusalError` with
 * `unavailable` when the identity provider does not answer with a key set
 */
export const createIdentityProviderKeys = (
  jwksUri: string,
  bounds: FetchBounds = KEY_FETCH,
  cooldownMilliseconds = COOLDOWN_MILLISECONDS,
): JWTVerifyGetKey => {
  const keySet = createRemoteJWKSet(new URL(jwksUri), {
    cooldownDuration: cooldownMilliseconds,
    cacheMaxAge: CACHE_MILLISECONDS,
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
