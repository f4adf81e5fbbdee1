import { signingKeyState } from '../../contract/signing-keys.ts';
import type { PublicKey } from '../../shared/callback-token/public-keys.ts';
import { thumbprintOf } from '../../shared/callback-token/thumbprint.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { StoredSigningKey } from '../../shared/signing-keys/read-signing-keys.ts';
import type { KeyStore } from './key-store.ts';
import type { MakeKeyPair } from './make-key-pair.ts';
import { endingAt, missingKey, type RotationSettings, signsWithFrom, supersededKeys } from './plan-keys.ts';

export interface RotationOptions extends Omit<RotationSettings, 'hasKeysInKms'> {
  readonly store: KeyStore;
  readonly makeKeyPair: MakeKeyPair;
  /** Returns the public keys of the keys in KMS whose tokens the environment accepts. */
  readonly keysInKms: () => Promise<readonly PublicKey[]>;
  readonly hasKeysInKms: boolean;
  /** Returns a random `id` for an encryption context. */
  readonly randomId: () => string;
  readonly logger: Logger;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly wait: (milliseconds: number) => Promise<void>;
}

/** Other runs take at most this many numbers before a run gives up. Two runs at a time make two keys. */
const MAX_ATTEMPTS = 10;

/**
 * Creates one run of the rotation. After it a key signs, the next one is published, every key in KMS of the settings is in the
 * table, and no retired key has its private half. Any step may have been done by an earlier run that failed, or is being
 * done by another run at the same time.
 * @throws the error of KMS or DynamoDB; the next run does what is missing
 */
export const createRotation = (options: RotationOptions): (() => Promise<void>) => {
  const { algorithm, keysInKms, logger, makeKeyPair, randomId, store, wait } = options;
  const now = () => Math.floor(options.now() / 1_000);

  /** Makes keys until the one that signs and the next one are there. Returns all keys. */
  const makeMissingKeys = async (): Promise<readonly StoredSigningKey[]> => {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const keys = await store.read();
      const times = missingKey(keys, options, now());
      if (times === undefined) return keys;
      const id = randomId();
      const { encryptedPrivateKey, publicKey } = await makeKeyPair(algorithm, id);
      const kid = thumbprintOf(publicKey);
      const added = await store.add({
        generation: nextGeneration(keys),
        id,
        kid,
        alg: algorithm,
        publicJwk: JSON.stringify(publicKey),
        encryptedPrivateKey,
        ...times,
      });
      if (added) logger.info('signing key published', { kid, signFrom: times.signFrom, signUntil: times.signUntil });
    }
    throw new Error(`Other runs took the number of each of ${MAX_ATTEMPTS} keys. The next run tries again.`);
  };

  /**
   * Puts the public halves of keys in KMS into the table. As long as a key is in the settings, code of an earlier deployment
   * may sign with it, so each run moves its end. The end of a retired key moves too: if DynamoDB deleted its item, the next run
   * would import the key again, and its tokens would be accepted.
   */
  const importKeysInKms = async (): Promise<void> => {
    for (const { alg, jwk, kid } of await keysInKms()) {
      const { alg: _alg, kid: _kid, use: _use, ...members } = jwk;
      for (let attempt = 0; ; attempt += 1) {
        const keys = await store.read();
        const known = keys.find((key) => key.kid === kid);
        const at = now();
        if (known !== undefined) {
          await store.changeEnd(known, endingAt(at));
          break;
        }
        const item = { kid, alg, publicJwk: JSON.stringify(members), publishedAt: at, signFrom: at, ...endingAt(at) };
        const added = await store.add({ generation: nextGeneration(keys), imported: true, ...item });
        if (added) break;
        if (attempt === MAX_ATTEMPTS) throw new Error(`Other runs took the number of the key ${kid} in KMS.`);
      }
    }
  };

  return async () => {
    const keys = await makeMissingKeys();
    for (const { key, signUntil } of supersededKeys(keys, algorithm, now())) {
      await store.changeEnd(key, endingAt(signUntil));
    }
    for (const key of keys) {
      if (key.retiredAt !== undefined && key.id !== undefined) await store.removePrivateKey(key);
    }
    await importKeysInKms();
    const all = await store.read();
    const from = signsWithFrom(all, algorithm, now());
    // A deployment goes on when this run ends, and the code that it deploys needs a key that signs.
    if (from !== undefined && from > now()) await wait(from * 1_000 - options.now());
    const next = all.filter((key) => signingKeyState(key, all, now()) === 'next').length;
    logger.info('signing keys checked', { keys: all.length, next }, [{ metric: 'NextSigningKeys', value: next }]);
  };
};

const nextGeneration = (keys: readonly StoredSigningKey[]): number =>
  1 + Math.max(0, ...keys.map(({ generation }) => generation));
