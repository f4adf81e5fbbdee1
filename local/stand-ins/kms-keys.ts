import {
  createHash,
  createPrivateKey,
  createSecretKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  randomUUID,
} from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import type { ResolvedResource } from '../resource.ts';

const RSA_ALGORITHMS = [
  'RSASSA_PKCS1_V1_5_SHA_256',
  'RSASSA_PKCS1_V1_5_SHA_384',
  'RSASSA_PKCS1_V1_5_SHA_512',
  'RSASSA_PSS_SHA_256',
  'RSASSA_PSS_SHA_384',
  'RSASSA_PSS_SHA_512',
] as const;

/** Key specs that the stand-in has; a template that asks for another is stopped by name. */
export const KEY_SPECS = {
  ECC_NIST_P256: { usage: 'SIGN_VERIFY', algorithms: ['ECDSA_SHA_256'] },
  RSA_2048: { usage: 'SIGN_VERIFY', algorithms: RSA_ALGORITHMS },
  RSA_3072: { usage: 'SIGN_VERIFY', algorithms: RSA_ALGORITHMS },
  RSA_4096: { usage: 'SIGN_VERIFY', algorithms: RSA_ALGORITHMS },
  HMAC_256: { usage: 'GENERATE_VERIFY_MAC', algorithms: ['HMAC_SHA_256'] },
  SYMMETRIC_DEFAULT: { usage: 'ENCRYPT_DECRYPT', algorithms: ['SYMMETRIC_DEFAULT'] },
} as const;
export type KeySpec = keyof typeof KEY_SPECS;

/** Every value that the service knows for `SigningAlgorithm`, wherever it fits. */
export const SIGNING_ALGORITHMS = [
  ...RSA_ALGORITHMS,
  'ECDSA_SHA_256',
  'ECDSA_SHA_384',
  'ECDSA_SHA_512',
  'SM2DSA',
] as const;

/** Every value that the service knows for `MacAlgorithm`. */
export const MAC_ALGORITHMS = ['HMAC_SHA_224', 'HMAC_SHA_256', 'HMAC_SHA_384', 'HMAC_SHA_512'] as const;

export type KeyState = 'Enabled' | 'Disabled' | 'PendingDeletion';

/** A key as the service holds it, with the one kind of material that its usage needs. */
export interface Key {
  readonly keyId: string;
  readonly arn: string;
  readonly spec: KeySpec;
  readonly description: string;
  /** Seconds since 1970. */
  readonly createdAt: number;
  readonly privateKey: KeyObject | undefined;
  readonly macKey: KeyObject | undefined;
  /** AES-256 key of `SYMMETRIC_DEFAULT`. */
  readonly encryptionKey: KeyObject | undefined;
  state: KeyState;
}

const KeyProperties = v.object({
  KeySpec: v.optional(v.string(), 'SYMMETRIC_DEFAULT'),
  KeyUsage: v.optional(v.string(), 'ENCRYPT_DECRYPT'),
  Description: v.optional(v.string(), ''),
  Enabled: v.optional(v.boolean(), true),
  MultiRegion: v.optional(v.literal(false)),
});

const StoredKey = v.object({
  keyId: v.string(),
  spec: v.string(),
  createdAt: v.number(),
  /** Private key of a key pair, PKCS #8. */
  pem: v.optional(v.string()),
  /** Secret of an HMAC key or of a symmetric key, base64. */
  secret: v.optional(v.string()),
});
type StoredKey = v.InferOutput<typeof StoredKey>;
type Material = Pick<StoredKey, 'pem' | 'secret'>;

/** The keys of one account and region, one file each (mode 0600) by the logical id that the template gives them. */
export class KeyRing {
  readonly #folder: string;
  readonly #arnPrefix: string;
  readonly #keys = new Map<string, Key>();
  readonly #aliases = new Map<string, string>();

  constructor(folder: string, region: string, accountId: string) {
    this.#folder = folder;
    this.#arnPrefix = `arn:aws:kms:${region}:${accountId}:`;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  /**
   * The key of an `AWS::KMS::Key`: the one of an earlier start, else a new one.
   * @throws {Error} when the template asks for what the stand-in does not have, or for another spec than the kept key's
   */
  ensureKey({ logicalId, properties }: ResolvedResource): Key {
    const parsed = v.safeParse(KeyProperties, properties);
    if (!parsed.success) throw new Error(`Key ${logicalId}: ${parsed.issues[0].message}`);
    const { KeySpec: spec, KeyUsage: usage, Description: description, Enabled: enabled } = parsed.output;
    if (!isKeySpec(spec) || KEY_SPECS[spec].usage !== usage) {
      throw new Error(
        `Key ${logicalId}: KeySpec ${spec} for ${usage} is not among what the local KMS has (${Object.keys(KEY_SPECS).join(', ')}).`,
      );
    }
    const file = join(this.#folder, `${logicalId}.json`);
    if (!existsSync(file)) makeKey(file, spec);
    const stored = readKey(file);
    if (stored.spec !== spec) {
      throw new Error(
        `Key ${logicalId} is kept as ${stored.spec}, the template says ${spec}: the spec of a key cannot be changed. ` +
          `Give the new key another logical id, or delete ${file}.`,
      );
    }
    const { secret } = completed(file, stored);
    const secretKey = secret === undefined ? undefined : createSecretKey(secret, 'base64');
    const key: Key = {
      keyId: stored.keyId,
      arn: `${this.#arnPrefix}key/${stored.keyId}`,
      spec,
      description,
      createdAt: stored.createdAt,
      privateKey: stored.pem === undefined ? undefined : createPrivateKey(stored.pem),
      macKey: spec === 'HMAC_256' ? secretKey : undefined,
      encryptionKey: spec === 'SYMMETRIC_DEFAULT' ? secretKey : undefined,
      state: enabled ? 'Enabled' : 'Disabled',
    };
    this.#keys.set(key.keyId, key);
    return key;
  }

  /** True if a start on this folder has made a key that signs. */
  get hasSigningKey(): boolean {
    return readdirSync(this.#folder)
      .filter((name) => name.endsWith('.json'))
      .map((name) => readKey(join(this.#folder, name)).spec)
      .some((spec) => isKeySpec(spec) && KEY_SPECS[spec].usage === 'SIGN_VERIFY');
  }

  /** An `AWS::KMS::Alias`; its `TargetKeyId` is a key's id or ARN. */
  ensureAlias({ logicalId, properties }: ResolvedResource): void {
    const { AliasName: name, TargetKeyId: target } = properties;
    const key = typeof target === 'string' ? this.find(target) : undefined;
    if (typeof name !== 'string' || !name.startsWith('alias/') || key === undefined) {
      throw new Error(`Alias ${logicalId}: expected AliasName "alias/…" and the id or ARN of a key as TargetKeyId.`);
    }
    this.#aliases.set(name, key.keyId);
  }

  /** Finds a key by key id, key ARN, alias name or alias ARN of this region and account. */
  find(id: string): Key | undefined {
    const local = id.startsWith(this.#arnPrefix) ? id.slice(this.#arnPrefix.length) : id;
    if (local.startsWith('alias/')) return this.#keys.get(this.#aliases.get(local) ?? '');
    if (local !== id && !local.startsWith('key/')) return undefined;
    return this.#keys.get(local === id ? id : local.slice('key/'.length));
  }

  /** The ARN that an id means, for messages. */
  arnOf(id: string): string {
    if (id.startsWith('arn:')) return id;
    return `${this.#arnPrefix}${id.startsWith('alias/') ? id : `key/${id}`}`;
  }
}

const isKeySpec = (spec: string): spec is KeySpec => Object.hasOwn(KEY_SPECS, spec);

/** Id of the key material of a symmetric key: 64 hexadecimal digits. The stand-in does not rotate its keys. */
export const materialIdOf = (keyId: string): string => createHash('sha256').update(keyId).digest('hex');

const readKey = (file: string): StoredKey => v.parse(StoredKey, JSON.parse(readFileSync(file, 'utf8')));

const makeKey = (file: string, spec: KeySpec): void =>
  writeKey(file, { keyId: randomUUID(), spec, createdAt: Date.now() / 1_000, ...generate(spec) });

/** Symmetric keys of earlier versions have no secret, because nothing encrypted with them. They get one now. */
const completed = (file: string, key: StoredKey): StoredKey => {
  if (key.spec !== 'SYMMETRIC_DEFAULT' || key.secret !== undefined) return key;
  const complete = { ...key, ...generate(key.spec) };
  writeKey(file, complete);
  return complete;
};

/** Written beside and renamed, so that a kill leaves a whole key or none. */
const writeKey = (file: string, key: StoredKey): void => {
  writeFileSync(`${file}.new`, JSON.stringify(key), { mode: 0o600 });
  renameSync(`${file}.new`, file);
};

const generate = (spec: KeySpec): Material => {
  if (spec === 'SYMMETRIC_DEFAULT' || spec === 'HMAC_256') return { secret: randomBytes(32).toString('base64') };
  const { privateKey } =
    spec === 'ECC_NIST_P256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: Number(spec.slice('RSA_'.length)) });
  return { pem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
};
