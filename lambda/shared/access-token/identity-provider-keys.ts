import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { IDENTITY_PROVIDER_KEYS, KEY_FETCH } from '../../contract/call-limits.ts';
import { decodeUtf8 } from '../json.ts';
import { describeError, type Refusal, refuse } from '../refusal.ts';
import { type FetchBounds, fetchBounded } from './bounded-fetch.ts';
import { findAlgorithm, type JwsAlgorithm } from './jws-algorithms.ts';
import { KEY_FAULTS } from './key-faults.ts';

/** Header parameters that choose the key of a token. */
export interface KeyHint {
  readonly alg?: unknown;
  readonly kid?: unknown;
}

/**
 * Returns the key of a token: `access_token_invalid` if not exactly one key is for it, `unavailable` if the identity provider
 * does not answer with a key set.
 */
export type FindIdentityProviderKey = (header: KeyHint) => Promise<KeyObject | Refusal>;

/** A key of the set. Members that decide about its use are read once. */
interface PublishedKey {
  readonly isFor: (algorithm: JwsAlgorithm, header: KeyHint) => boolean;
  /** @throws {Error} if the JWK is no public key */
  readonly load: () => KeyObject | Refusal;
}

interface KeySet {
  readonly keys: readonly PublishedKey[];
  /** Milliseconds since 1970. */
  readonly fetchedAt: number;
}

/** Creates the key look-up for an identity provider. The key set is fetched at the first look-up and kept. */
export const createIdentityProviderKeys = (
  jwksUri: string,
  bounds: FetchBounds = KEY_FETCH,
  cooldownMilliseconds: number = IDENTITY_PROVIDER_KEYS.cooldownMilliseconds,
): FindIdentityProviderKey => {
  let last: KeySet | undefined;
  let pending: Promise<KeySet> | undefined;

  /** Concurrent callers share one request. */
  const reload = (): Promise<KeySet> => {
    pending ??= fetchKeySet(jwksUri, bounds)
      .then((keySet) => {
        last = keySet;
        return keySet;
      })
      .finally(() => {
        pending = undefined;
      });
    return pending;
  };

  const find = async (algorithm: JwsAlgorithm, header: KeyHint): Promise<KeyObject | Refusal> => {
    const candidatesIn = ({ keys }: KeySet) => keys.filter((key) => key.isFor(algorithm, header));
    const keySet = isYounger(last, IDENTITY_PROVIDER_KEYS.cacheMilliseconds) ? last : await reload();
    let candidates = candidatesIn(keySet);
    if (candidates.length === 0 && !isYounger(keySet, cooldownMilliseconds)) candidates = candidatesIn(await reload());
    const [key, ...others] = candidates;
    if (key === undefined) return refuse('access_token_invalid', KEY_FAULTS.unknown);
    return others.length === 0 ? key.load() : refuse('access_token_invalid', KEY_FAULTS.ambiguous);
  };

  return async (header) => {
    const algorithm = findAlgorithm(header.alg);
    if (algorithm === undefined) return refuse('access_token_invalid', 'alg is not known');
    try {
      return await find(algorithm, header);
    } catch (error) {
      return refuse('unavailable', `keys of the identity provider: ${describeError(error)}`);
    }
  };
};

const isYounger = (keySet: KeySet | undefined, milliseconds: number): keySet is KeySet =>
  keySet !== undefined && Date.now() < keySet.fetchedAt + milliseconds;

/** @throws {Error} if the answer is no key set (RFC 7517 §5), or of the connection */
const fetchKeySet = async (jwksUri: string, bounds: FetchBounds): Promise<KeySet> => {
  const fetchedAt = Date.now();
  const { body, status } = await fetchBounded(jwksUri, bounds, {
    accept: 'application/json, application/jwk-set+json',
  });
  if (status !== 200) throw new Error(`The identity provider answered ${status}.`);
  const document: unknown = JSON.parse(decodeUtf8(body));
  const keys = isObject(document) ? document.keys : undefined;
  if (!Array.isArray(keys) || !keys.every(isObject)) throw new TypeError('The document is not a key set.');
  return { keys: keys.map(readKey), fetchedAt };
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Shortest RSA key (RFC 7518 §3.3). */
const MIN_RSA_BITS = 2_048;

const readKey = (jwk: Readonly<Record<string, unknown>>): PublishedKey => {
  const { alg, crv, key_ops: operations, kid, kty, use } = jwk;
  const mayVerify =
    (use === undefined || use === 'sig') &&
    (operations === undefined || (Array.isArray(operations) && operations.includes('verify')));
  let loaded: KeyObject | Refusal | undefined;
  return {
    isFor: (algorithm, header) =>
      mayVerify &&
      algorithm.kty === kty &&
      (algorithm.crv === undefined || algorithm.crv === crv) &&
      // A key has one algorithm (RFC 8725 §3.1). If it does not name it, its type must be that of the algorithm.
      (alg === undefined || alg === header.alg) &&
      (header.kid === undefined || (typeof header.kid === 'string' && header.kid === kid)),
    load: () => {
      loaded ??= loadKey(jwk);
      return loaded;
    },
  };
};

const loadKey = (jwk: Readonly<Record<string, unknown>>): KeyObject | Refusal => {
  if (jwk.d !== undefined) throw new TypeError('A key of the set is private.');
  const key = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
  const { modulusLength = MIN_RSA_BITS } = key.asymmetricKeyDetails ?? {};
  return modulusLength < MIN_RSA_BITS
    ? refuse('access_token_invalid', `its RSA key has ${modulusLength} bits, expected ${MIN_RSA_BITS} or more`)
    : key;
};
