import { createPublicKey, type KeyObject } from 'node:crypto';
import type { CallbackTokenAlgorithm } from '../../contract/claims.ts';
import { isAccepted, isWithinSigning, type PublicSigningKey } from '../../contract/signing-keys.ts';
import { once } from '../lazy.ts';
import { describeError, type Refusal, refuse } from '../refusal.ts';
import { createRefreshed } from './refreshed.ts';

/** A key whose tokens are accepted. It has one algorithm (RFC 8725 §3.1). */
export interface VerificationKey {
  readonly alg: CallbackTokenAlgorithm;
  /** Created when it is first read, and kept. @throws {Error} if the item's public key cannot be read */
  readonly key: KeyObject;
  /** True if a token with this `iat` may be signed with the key. */
  readonly maySignAt: (iat: number) => boolean;
}

export interface VerificationKeys {
  /** Begins to read the keys if the process has none from the last minute. `find` waits for the end. */
  refresh(): void;
  /**
   * Returns the key with this `kid`. A list that is older than a minute may lack a new key, so then an unknown `kid` is
   * `unavailable`, not `token_key_unknown`.
   * @param now seconds since 1970
   */
  find(kid: string, now: number): Promise<VerificationKey | Refusal>;
}

/** A public key of KMS. Its times are not known. */
export interface KmsKey extends Pick<VerificationKey, 'alg' | 'key'> {
  readonly kid: string;
}

export interface VerificationKeysOptions {
  /** Reads all keys of the table. */
  readonly read: () => Promise<readonly PublicSigningKey[]>;
  /** Returns the keys of KMS whose signatures are accepted too. `null`: the environment has no such key. */
  readonly kmsKeys: (() => Promise<readonly KmsKey[]>) | null;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Creates the keys that verify callback tokens. The first reading begins at once. */
export const createVerificationKeys = ({ kmsKeys, now, read }: VerificationKeysOptions): VerificationKeys => {
  let keys: KnownKeys = new Map();
  const getReading = createRefreshed({
    now,
    read: async () => {
      keys = indexKeys(await read(), keys);
      return keys;
    },
  });

  const findKey = async (kid: string, seconds: number): Promise<VerificationKey | Refusal> => {
    const reading = await getReading();
    // `kid` is only looked up in a map of our keys (RFC 8725 §3.10).
    const known = reading.value.get(kid);
    if (known !== undefined && isAccepted(known.item, seconds)) return known;
    // A retired key is refused, even if KMS still has it.
    const fromKms = known?.item.retiredAt === undefined && (await kmsKeys?.())?.find((key) => key.kid === kid);
    if (fromKms) return { alg: fromKms.alg, key: fromKms.key, maySignAt: () => true };
    return reading.isFresh
      ? refuse('token_key_unknown', 'no live key has this kid')
      : refuse('unavailable', 'signing keys: the list is old and has no key with this kid');
  };

  return {
    refresh: () => {
      // `find` reports the failure.
      getReading().catch(() => undefined);
    },
    find: async (kid, seconds) => {
      try {
        return await findKey(kid, seconds);
      } catch (error) {
        return refuse('unavailable', `signing keys: ${describeError(error)}`);
      }
    },
  };
};

interface KnownKey extends VerificationKey {
  readonly item: PublicSigningKey;
  readonly createKey: () => KeyObject;
}

type KnownKeys = ReadonlyMap<string, KnownKey>;

/** Returns the keys by `kid`. Key objects that exist already are kept. Those of keys that left the list are dropped. */
const indexKeys = (items: readonly PublicSigningKey[], before: KnownKeys): KnownKeys =>
  new Map(items.map((item) => [item.kid, toKnownKey(item, before.get(item.kid))]));

const toKnownKey = (item: PublicSigningKey, before: KnownKey | undefined): KnownKey => {
  const { alg, publicJwk } = item;
  const createKey =
    before?.item.publicJwk === publicJwk
      ? before.createKey
      : once(() => createPublicKey({ key: JSON.parse(publicJwk), format: 'jwk' }));
  return {
    item,
    alg,
    createKey,
    get key() {
      return createKey();
    },
    maySignAt: (iat) => isWithinSigning(item, iat),
  };
};
