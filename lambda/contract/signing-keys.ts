import type { CallbackTokenAlgorithm } from './claims.ts';
import { CLOCK_TOLERANCE_SECONDS, EXPIRES_IN_SECONDS } from './limits.ts';

/**
 * The table of the keys that sign callback tokens. KMS makes each key pair and encrypts its private half. The table holds
 * both halves, so that no signature needs KMS.
 */
export const SIGNING_KEYS_TABLE = {
  /** Always `SIGNING_KEY_PURPOSE`, so that one query reads all keys. */
  partitionKey: 'purpose',
  /** Number of the key: 1, 2, 3, … A key is put only if its number is free, so that two runs make one key. */
  sortKey: 'generation',
  /** Seconds since 1970: `verifyUntil` plus a day. No check relies on the deletion. */
  timeToLive: 'expiresAt',
} as const;

/** Partition of the keys of callback tokens, and the member `purpose` of their encryption context in KMS. */
export const SIGNING_KEY_PURPOSE = 'callback-token';

/** Encryption context of a private key. KMS decrypts with the same context only. @param id `id` of the key's item */
export const signingKeyContext = (environment: string, id: string) =>
  ({ environment, purpose: SIGNING_KEY_PURPOSE, id }) as const;

/** Times of signing keys, in seconds. */
export const SIGNING_KEY_SECONDS = {
  /** Time for which one key signs. With `min`, no more than `MAX_SIGNING_KEYS` keys exist at a time. */
  every: { min: 86_400, default: 86_400, max: 2_592_000 },
  /** A process reads the keys again when its list has this age. */
  refresh: 60,
  /** The same for the process that answers with the JWKS, so that a retired key leaves it at once. */
  keySet: 1,
  /** A process that cannot read the keys goes on for this time after its last successful read. */
  usable: 600,
  /** A key signs at the earliest this long after it was published, so that every process that accepts it has read it. */
  published: 60 + CLOCK_TOLERANCE_SECONDS,
  /** Time from the last signature of a key to the end of its acceptance: the longest lifetime of a token. */
  verify: EXPIRES_IN_SECONDS.max + CLOCK_TOLERANCE_SECONDS,
  /** Time between two runs of `rotate-signing-key`. */
  rotation: 600,
  /** Without a next key for this time, the alarm is raised. */
  alarm: 1_800,
  /** Time for which an item stays in the table after its acceptance has ended. */
  kept: 86_400,
} as const;

/** Form of `kid`: an RFC 7638 thumbprint with SHA-256, base64url. */
export const KID_PATTERN = /^[A-Za-z0-9_-]{43}$/;

/** Most keys that exist at a time by the settings: one signs, one is next, and the others verify. */
export const MAX_SIGNING_KEYS = 10;

/** A key, as its table stores it. Times are seconds since 1970. */
export interface SigningKeyItem {
  readonly purpose: typeof SIGNING_KEY_PURPOSE;
  readonly generation: number;
  /** Random. Member `id` of the encryption context. Absent for a key that KMS signs with. */
  readonly id?: string;
  /** RFC 7638 thumbprint of the public key. */
  readonly kid: string;
  readonly alg: CallbackTokenAlgorithm;
  /** The public key as a JWK, JSON text without `kid`, `alg` and `use`. */
  readonly publicJwk: string;
  /** The private key (PKCS #8, DER), encrypted by KMS. Absent for a key that KMS signs with, and once the key is retired. */
  readonly encryptedPrivateKey?: Uint8Array;
  readonly publishedAt: number;
  /** Planned start of signing. For the first key of an environment it is `publishedAt`. */
  readonly signFrom: number;
  readonly signUntil: number;
  readonly verifyUntil: number;
  readonly retiredAt?: number;
  /** True for the public half of a key of KMS that signed before the environment had rotating keys. */
  readonly imported?: true;
  /** TTL. */
  readonly expiresAt: number;
}

/** Attributes that verifying a token needs. IAM limits every reader to these, except the function that signs. */
export const PUBLIC_KEY_ATTRIBUTES = [
  'purpose',
  'generation',
  'kid',
  'alg',
  'publicJwk',
  'publishedAt',
  'signFrom',
  'signUntil',
  'verifyUntil',
  'retiredAt',
  'imported',
] as const satisfies readonly (keyof SigningKeyItem)[];

export type PublicSigningKey = Pick<SigningKeyItem, (typeof PUBLIC_KEY_ATTRIBUTES)[number]>;

/** States of a key, as operators see them. */
export const SIGNING_KEY_STATES = ['next', 'signing', 'verifying', 'retired'] as const;
export type SigningKeyState = (typeof SIGNING_KEY_STATES)[number];

type Signs = Pick<SigningKeyItem, 'imported' | 'publishedAt' | 'retiredAt' | 'signFrom' | 'signUntil'>;
type Verifies = Pick<SigningKeyItem, 'retiredAt' | 'verifyUntil'>;

/** True if tokens of a key are accepted. @param now seconds since 1970 */
export const isAccepted = ({ retiredAt, verifyUntil }: Verifies, now: number): boolean =>
  retiredAt === undefined && now < verifyUntil;

/** True if a key may sign now or later. @param now seconds since 1970 */
export const hasTimeToSign = ({ imported, retiredAt, signUntil }: Signs, now: number): boolean =>
  imported !== true && retiredAt === undefined && now < signUntil;

/**
 * Returns the key that signs: of the keys that were published long enough, the one that ends first. So the next key takes
 * over when the current one ends or is retired, without a change of the table.
 * @param now seconds since 1970
 */
export const signingKeyAt = <K extends Signs>(keys: readonly K[], now: number): K | undefined =>
  keys
    .filter((key) => hasTimeToSign(key, now) && now >= signsFrom(key))
    .reduce<K | undefined>(
      (first, key) => (first === undefined || key.signUntil < first.signUntil ? key : first),
      undefined,
    );

/**
 * Returns the time from which a key may sign: the planned one, or an earlier one if every process has read the key by then.
 * The first key of an environment signs at once, also by the clock of a process that is behind the clock of the rotation.
 */
export const signsFrom = ({ publishedAt, signFrom }: Signs): number =>
  signFrom <= publishedAt
    ? signFrom - CLOCK_TOLERANCE_SECONDS
    : Math.min(signFrom, publishedAt + SIGNING_KEY_SECONDS.published);

/**
 * True if a token with this `iat` may be signed with the key. A stolen old key cannot date its tokens forward. KMS guards the
 * key of an imported item, and its item does not know when it signed last.
 */
export const isWithinSigning = ({ imported, publishedAt, signUntil }: Signs, iat: number): boolean =>
  imported === true || (iat >= publishedAt - CLOCK_TOLERANCE_SECONDS && iat <= signUntil + CLOCK_TOLERANCE_SECONDS);

/** Returns the state of a key among all keys. @param now seconds since 1970 */
export const signingKeyState = <K extends Signs>(key: K, keys: readonly K[], now: number): SigningKeyState => {
  if (key.retiredAt !== undefined) return 'retired';
  if (signingKeyAt(keys, now) === key) return 'signing';
  return hasTimeToSign(key, now) ? 'next' : 'verifying';
};
