import { createPublicKey, type KeyObject } from 'node:crypto';
import { type FetchBounds, fetchBounded } from '../access-token/bounded-fetch.ts';

/**
 * Looks up a key with which the load balancer signs assertions.
 * @returns undefined if the key does not exist
 * @throws if the key endpoint is unavailable, or the key is not on P-256
 */
export type LoadBalancerKeys = (kid: string) => Promise<KeyObject | undefined>;

export interface LoadBalancerKeysOptions {
  /** Base URL without a final slash. The key id is appended. */
  readonly url: string;
  readonly bounds: FetchBounds;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Limits of one request for a key. A key has about 200 bytes of PEM. */
export const PUBLIC_KEY_BOUNDS: FetchBounds = { timeoutMilliseconds: 3_000, maxBytes: 4_096 };

/** Key ids that are safe in a URL. AWS uses UUIDs. */
const KEY_ID = /^[A-Za-z0-9_-]{1,64}$/;

const CACHE_MILLISECONDS = 3_600_000;
const MAX_CACHED_KEYS = 16;

/** Most requests for unknown key ids in the window. More of them are refused without a request (RFC 8725 §3.10). */
const MAX_MISSES = 10;
const MISS_WINDOW_MILLISECONDS = 60_000;

interface CachedKey {
  readonly key: KeyObject;
  readonly until: number;
}

/** Fetches keys when they are needed and caches them for an hour. */
export const createLoadBalancerKeys = ({ bounds, now, url }: LoadBalancerKeysOptions): LoadBalancerKeys => {
  const cache = new Map<string, CachedKey>();
  let misses: readonly number[] = [];

  const store = (kid: string, key: KeyObject): void => {
    const [oldest] = cache.keys();
    if (cache.size >= MAX_CACHED_KEYS && oldest !== undefined) cache.delete(oldest);
    cache.set(kid, { key, until: now() + CACHE_MILLISECONDS });
  };

  return async (kid) => {
    if (!KEY_ID.test(kid)) return undefined;
    const cached = cache.get(kid);
    if (cached !== undefined && now() < cached.until) return cached.key;
    cache.delete(kid);

    misses = misses.filter((at) => now() - at < MISS_WINDOW_MILLISECONDS);
    if (misses.length >= MAX_MISSES) return undefined;
    const { body, status } = await fetchBounded(`${url}/${kid}`, bounds);
    if (status === 403 || status === 404) {
      misses = [...misses, now()];
      return undefined;
    }
    if (status !== 200) throw new Error(`The load balancer's key endpoint returned ${status}.`);
    const key = createPublicKey(Buffer.from(body));
    if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') throw new Error('Not a P-256 key.');
    store(kid, key);
    return key;
  };
};
