import type { JsonWebKey } from 'node:crypto';
import { isAccepted, type PublicSigningKey, SIGNING_KEY_SECONDS } from '../../contract/signing-keys.ts';
import type { PublicKey } from '../../shared/callback-token/public-keys.ts';
import { createRefreshed } from '../../shared/signing-keys/refreshed.ts';

export interface KeySetOptions {
  /** Reads all keys of the table. */
  readonly read: () => Promise<readonly PublicSigningKey[]>;
  /** Returns the keys of KMS whose signatures are accepted too. `null`: the environment has none. */
  readonly kmsKeys: (() => Promise<readonly PublicKey[]>) | null;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Returns every key that a live token may be signed with, and the next one, as entries of a JWK set (RFC 7517 §5). */
export type GetKeySet = () => Promise<readonly JsonWebKey[]>;

/** The first reading begins at once. @throws the error of DynamoDB or KMS, at the call */
export const createKeySet = ({ kmsKeys, now, read }: KeySetOptions): GetKeySet => {
  const getReading = createRefreshed({ now, read, refreshSeconds: SIGNING_KEY_SECONDS.keySet });
  return async () => {
    const [{ value: items }, ofKms = []] = await Promise.all([getReading(), kmsKeys?.()]);
    const seconds = Math.floor(now() / 1_000);
    const ofTable = items.filter((item) => isAccepted(item, seconds));
    // A key of KMS may have a copy in the table. If the copy is retired, the key is not accepted.
    const known = new Set(
      [...ofTable, ...items.filter(({ retiredAt }) => retiredAt !== undefined)].map(({ kid }) => kid),
    );
    return [...ofKms.filter(({ kid }) => !known.has(kid)).map(({ jwk }) => jwk), ...ofTable.map(toJwk)];
  };
};

const toJwk = ({ alg, kid, publicJwk }: PublicSigningKey): JsonWebKey => ({
  ...JSON.parse(publicJwk),
  kid,
  alg,
  use: 'sig',
});
