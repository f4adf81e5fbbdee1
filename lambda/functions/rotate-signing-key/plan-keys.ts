import type { CallbackTokenAlgorithm } from '../../contract/claims.ts';
import { hasTimeToSign, SIGNING_KEY_SECONDS, signingKeyAt, signsFrom } from '../../contract/signing-keys.ts';
import type { StoredSigningKey } from '../../shared/signing-keys/read-signing-keys.ts';

/** Settings of the environment. */
export interface RotationSettings {
  readonly algorithm: CallbackTokenAlgorithm;
  /** Time for which one key signs, in seconds. */
  readonly every: number;
  /** True if keys in KMS signed before, so that receivers exist that do not know the first key of the table yet. */
  readonly hasKeysInKms: boolean;
}

/** Times of a key, in seconds since 1970. */
export interface KeyTimes {
  readonly publishedAt: number;
  readonly signFrom: number;
  readonly signUntil: number;
  readonly verifyUntil: number;
  readonly expiresAt: number;
}

/** Returns the times of a key that signs until `signUntil`. The acceptance of its tokens does not depend on the settings. */
export const endingAt = (signUntil: number): Pick<KeyTimes, 'expiresAt' | 'signUntil' | 'verifyUntil'> => {
  const verifyUntil = signUntil + SIGNING_KEY_SECONDS.verify;
  return { signUntil, verifyUntil, expiresAt: verifyUntil + SIGNING_KEY_SECONDS.kept };
};

const withTimeToSign = (keys: readonly StoredSigningKey[], algorithm: CallbackTokenAlgorithm, now: number) =>
  keys.filter((key) => key.alg === algorithm && hasTimeToSign(key, now)).sort((a, b) => a.signUntil - b.signUntil);

/**
 * Returns the times of the key that is missing: the one that signs, or the one after it. Returns nothing if both are there.
 * @param now seconds since 1970
 */
export const missingKey = (
  keys: readonly StoredSigningKey[],
  { algorithm, every, hasKeysInKms }: RotationSettings,
  now: number,
): KeyTimes | undefined => {
  const [signing, next] = withTimeToSign(keys, algorithm, now);
  if (next !== undefined) return undefined;
  const isFirst = keys.length === 0 && !hasKeysInKms;
  // Every process that accepts a key reads it before the key signs. The first key has no such process.
  const earliest = isFirst ? now : now + SIGNING_KEY_SECONDS.published;
  const signFrom = Math.max(signing?.signUntil ?? earliest, earliest);
  return { publishedAt: now, signFrom, ...endingAt(signFrom + every) };
};

/**
 * Returns the keys of another algorithm that sign too long, and the time at which they end. A key of the algorithm of the
 * settings takes over then. It is far enough in the future for every signer to read it first.
 * @param now seconds since 1970
 */
export const supersededKeys = (
  keys: readonly StoredSigningKey[],
  algorithm: CallbackTokenAlgorithm,
  now: number,
): readonly { readonly key: StoredSigningKey; readonly signUntil: number }[] => {
  const [successor] = withTimeToSign(keys, algorithm, now);
  if (successor === undefined) return [];
  const signUntil = Math.max(signsFrom(successor), now + SIGNING_KEY_SECONDS.published);
  return keys
    .filter((key) => key.alg !== algorithm && hasTimeToSign(key, now) && key.signUntil > signUntil)
    .map((key) => ({ key, signUntil }));
};

/**
 * Returns the time from which a key of the algorithm signs, or nothing if no key of the list will.
 * @param now seconds since 1970
 */
export const signsWithFrom = (
  keys: readonly StoredSigningKey[],
  algorithm: CallbackTokenAlgorithm,
  now: number,
): number | undefined =>
  [now, ...keys.flatMap((key) => [signsFrom(key), key.signUntil])]
    .filter((time) => time >= now)
    .sort((a, b) => a - b)
    .find((time) => signingKeyAt(keys, time)?.alg === algorithm);
