import { createCipheriv, createDecipheriv, generateKeyPair, type KeyObject, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { type Input, isRecord, oneOf, optionalText, requiredText, ServiceError } from './aws-json.ts';
import { type Key, type KeyRing, materialIdOf } from './kms-keys.ts';
import { assertEnabled, assertNoDryRun, bytesOf, findKey, MAX_MESSAGE_BYTES, wrongUsage } from './kms-requests.ts';

const MAX_CIPHERTEXT_BYTES = 6_144;

/** Every value that the service knows for `EncryptionAlgorithm`, also those of asymmetric keys. */
const ENCRYPTION_ALGORITHMS = ['SYMMETRIC_DEFAULT', 'RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256', 'SM2PKE'] as const;

/** Every value that the service knows for `KeyPairSpec`. */
const KEY_PAIR_SPECS = [
  'RSA_2048',
  'RSA_3072',
  'RSA_4096',
  'ECC_NIST_P256',
  'ECC_NIST_P384',
  'ECC_NIST_P521',
  'ECC_SECG_P256K1',
  'SM2',
  'ECC_NIST_EDWARDS25519',
  'ML_KEM_512',
  'ML_KEM_768',
  'ML_KEM_1024',
] as const;

type Generate = () => Promise<{ readonly publicKey: KeyObject; readonly privateKey: KeyObject }>;
const generate = promisify(generateKeyPair);
const GENERATORS: Readonly<Partial<Record<(typeof KEY_PAIR_SPECS)[number], Generate>>> = {
  ECC_NIST_P256: () => generate('ec', { namedCurve: 'P-256' }),
  RSA_2048: () => generate('rsa', { modulusLength: 2_048 }),
};

interface DecryptAnswer {
  readonly EncryptionAlgorithm: string;
  readonly KeyId: string;
  readonly KeyMaterialId: string;
  /** Base64. */
  readonly Plaintext: string;
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html */
export const encrypt = (keys: KeyRing, input: Input): object => {
  const id = requiredText(input, 'KeyId');
  const plaintext = bytesOf(input, 'Plaintext', MAX_MESSAGE_BYTES);
  const algorithm = oneOf(input, 'EncryptionAlgorithm', ENCRYPTION_ALGORITHMS, 'SYMMETRIC_DEFAULT');
  const context = contextOf(input);
  const { arn, encryptionKey, keyId } = usableKey(findKey(keys, id), 'Encrypt', algorithm);
  assertNoDryRun(input);
  return {
    CiphertextBlob: seal(keyId, encryptionKey, plaintext, context).toString('base64'),
    EncryptionAlgorithm: algorithm,
    KeyId: arn,
  };
};

/**
 * The key is that of `KeyId`, if the request has one, and otherwise the one that the ciphertext names.
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html
 */
export const decrypt = (keys: KeyRing, input: Input): DecryptAnswer => {
  const sealed = bytesOf(input, 'CiphertextBlob', MAX_CIPHERTEXT_BYTES);
  const id = optionalText(input, 'KeyId');
  const algorithm = oneOf(input, 'EncryptionAlgorithm', ENCRYPTION_ALGORITHMS, 'SYMMETRIC_DEFAULT');
  const context = contextOf(input);
  if (input.Recipient !== undefined) {
    throw new ServiceError('UnsupportedOperationException', 'The local KMS does not encrypt for enclaves.');
  }
  const parts = partsOf(sealed);
  const key = id === undefined ? namedKey(keys, parts) : findKey(keys, requiredText(input, 'KeyId'));
  const { arn, encryptionKey, keyId } = usableKey(key, 'Decrypt', algorithm);
  if (parts === undefined) throw invalidCiphertext();
  if (parts.keyId !== keyId) {
    throw new ServiceError(
      'IncorrectKeyException',
      'The key ID in the request does not identify a CMK that can perform this operation.',
    );
  }
  const plaintext = open(parts, encryptionKey, context);
  assertNoDryRun(input);
  return {
    EncryptionAlgorithm: algorithm,
    KeyId: arn,
    KeyMaterialId: materialIdOf(keyId),
    Plaintext: plaintext.toString('base64'),
  };
};

/**
 * The public key is DER (SubjectPublicKeyInfo), the private key is encrypted DER (PKCS #8).
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKeyPairWithoutPlaintext.html
 */
export const generateDataKeyPair = async (keys: KeyRing, input: Input): Promise<object> => {
  const id = requiredText(input, 'KeyId');
  const spec = oneOf(input, 'KeyPairSpec', KEY_PAIR_SPECS);
  const context = contextOf(input);
  const key = findKey(keys, id);
  const { arn, encryptionKey, keyId } = usableKey(key, 'GenerateDataKeyPairWithoutPlaintext', 'SYMMETRIC_DEFAULT');
  const makePair = GENERATORS[spec];
  if (makePair === undefined) {
    const known = Object.keys(GENERATORS).join(', ');
    throw new ServiceError('UnsupportedOperationException', `The local KMS makes no key pair ${spec}, only ${known}.`);
  }
  assertNoDryRun(input);
  const { privateKey, publicKey } = await makePair();
  const der = privateKey.export({ type: 'pkcs8', format: 'der' });
  return {
    KeyId: arn,
    KeyMaterialId: materialIdOf(keyId),
    KeyPairSpec: spec,
    PrivateKeyCiphertextBlob: seal(keyId, encryptionKey, der, context).toString('base64'),
    PublicKey: publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
  };
};

/** Pairs of the encryption context, sorted: their order in a request does not matter. */
const contextOf = (input: Input): string => {
  const context = input.EncryptionContext ?? {};
  const pairs = isRecord(context) ? Object.entries(context) : undefined;
  if (pairs === undefined || pairs.some(([, value]) => typeof value !== 'string')) {
    throw new ServiceError('SerializationException', 'EncryptionContext is not an object with strings.');
  }
  return JSON.stringify(pairs.toSorted(([left], [right]) => (left < right ? -1 : 1)));
};

const usableKey = (
  key: Key,
  operation: string,
  algorithm: (typeof ENCRYPTION_ALGORITHMS)[number],
): Key & { readonly encryptionKey: KeyObject } => {
  const { encryptionKey } = key;
  if (encryptionKey === undefined) throw wrongUsage(key, operation);
  if (algorithm !== 'SYMMETRIC_DEFAULT') {
    throw new ServiceError(
      'InvalidKeyUsageException',
      `Algorithm ${algorithm} is incompatible with key spec ${key.spec}.`,
    );
  }
  assertEnabled(key);
  return { ...key, encryptionKey };
};

/** Without `KeyId` the service does not say whether the key exists. */
const namedKey = (keys: KeyRing, parts: Sealed | undefined): Key => {
  if (parts === undefined) throw invalidCiphertext();
  const key = keys.find(parts.keyId);
  if (key !== undefined) return key;
  throw new ServiceError(
    'AccessDeniedException',
    'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.',
  );
};

/** The service sends this error without a message. */
const invalidCiphertext = (): ServiceError => new ServiceError('InvalidCiphertextException', '');

interface Sealed {
  readonly keyId: string;
  readonly nonce: Buffer;
  readonly tag: Buffer;
  readonly ciphertext: Buffer;
}

/** Format of our ciphertexts: version, key id (ASCII), nonce, tag, AES-256-GCM. That of the service is its own. */
const VERSION = Buffer.from([0x01, 0x02, 0x02, 0x00]);
const KEY_ID_BYTES = 36;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

const seal = (keyId: string, key: KeyObject, plaintext: Uint8Array, context: string): Buffer => {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(context));
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([VERSION, Buffer.from(keyId), nonce, cipher.getAuthTag(), ciphertext]);
};

/** Returns `undefined` for bytes that are not a ciphertext of this stand-in. */
const partsOf = (sealed: Buffer): Sealed | undefined => {
  const nonceAt = VERSION.length + KEY_ID_BYTES;
  const tagAt = nonceAt + NONCE_BYTES;
  const ciphertextAt = tagAt + TAG_BYTES;
  if (sealed.length <= ciphertextAt || !sealed.subarray(0, VERSION.length).equals(VERSION)) return undefined;
  return {
    keyId: sealed.subarray(VERSION.length, nonceAt).toString('latin1'),
    nonce: sealed.subarray(nonceAt, tagAt),
    tag: sealed.subarray(tagAt, ciphertextAt),
    ciphertext: sealed.subarray(ciphertextAt),
  };
};

const open = ({ ciphertext, nonce, tag }: Sealed, key: KeyObject, context: string): Buffer => {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(context));
  decipher.setAuthTag(tag);
  try {
    return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
  } catch {
    throw invalidCiphertext();
  }
};
