import { createPublicKey, type KeyObject } from 'node:crypto';
import { type FetchBounds, fetchBounded } from '../../shared/access-token/bounded-fetch.ts';

/**
 * Looks up the key with which the load balancer signs what it says of an operator.
 * @returns undefined where there is no such key
 * @throws when the place of the keys does not answer, or not with a P-256 key
 */
export type LoadBalancerKeys = (kid: string) => Promise<KeyObject | undefined>;

export interface LoadBalancerKeysOptions {
  /** Base URL, without a slash at its end; the key id is appended. */
  readonly url: string;
  readonly bounds: FetchBounds;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** What a key fetch may cost: a key is some 200 bytes of PEM. */
export const PUBLIC_KEY_BOUNDS: FetchBounds = { timeoutMilliseconds: 3_000, maxBytes: 4_096 };

/** A key id that may be made part of a URL. AWS uses UUIDs. */
const KEY_ID = /^[A-Za-z0-9_-]{1,64}$/;

const KEPT_MILLISECONDS = 3_600_000;
const MAX_KEPT_KEYS = 16;

/** Key ids that are not there: so many a minute are looked up, then none (RFC 8725 §3.10). */
const MAX_MISSES = 10;
const MISS_WINDOW_MILLISECONDS = 60_000;

interface Kept {
  readonly key: KeyObject;
  readonly until: number;
}

/** The load balancer's keys, fetched one by one as they are needed and kept for an hour. */
export const createLoadBalancerKeys = ({ bounds, now, url }: LoadBalancerKeysOptions): LoadBalancerKeys => {
  const kept = new Map<string, Kept>();
  let misses: readonly number[] = [];

  const keep = (kid: string, key: KeyObject): void => {
    const [oldest] = kept.keys();
    if (kept.size >= MAX_KEPT_KEYS && oldest !== undefined) kept.delete(oldest);
    kept.set(kid, { key, until: now() + KEPT_MILLISECONDS });
  };

  return async (kid) => {
    if (!KEY_ID.test(kid)) return undefined;
    const found = kept.get(kid);
    if (found !== undefined && now() < found.until) return found.key;
    kept.delete(kid);

    misses = misses.filter((at) => now() - at < MISS_WINDOW_MILLISECONDS);
    if (misses.length >= MAX_MISSES) return undefined;
    const { body, status } = await fetchBounded(`${url}/${kid}`, bounds);
    if (status === 403 || status === 404) {
      misses = [...misses, now()];
      return undefined;
    }
    if (status !== 200) throw new Error(`The load balancer's keys answered ${status}.`);
    const key = createPublicKey(Buffer.from(body));
    if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') throw new Error('Not a P-256 key.');
    keep(kid, key);
    return key;
  };
};
