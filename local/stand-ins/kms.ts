import { constants, createPublicKey, type KeyObject, privateEncrypt, sign as signMessage } from 'node:crypto';
import { p256 } from '@noble/curves/nist.js';
import { type Input, type JsonService, oneOf, requiredText, ServiceError } from './aws-json.ts';
import { decrypt, encrypt, generateDataKeyPair } from './kms-data.ts';
import { KEY_SPECS, type KeyRing, materialIdOf, SIGNING_ALGORITHMS } from './kms-keys.ts';
import { generateMac, verifyMac } from './kms-mac.ts';
import { assertEnabled, assertNoDryRun, bytesOf, findKey, MAX_MESSAGE_BYTES, wrongUsage } from './kms-requests.ts';

/** DER prefixes of digests in an RSASSA-PKCS1-v1_5 signature (RFC 8017 §9.2, note 1). */
const DIGESTS = {
  '256': { bytes: 32, info: Buffer.from('3031300d060960864801650304020105000420', 'hex') },
  '384': { bytes: 48, info: Buffer.from('3041300d060960864801650304020205000430', 'hex') },
  '512': { bytes: 64, info: Buffer.from('3051300d060960864801650304020305000440', 'hex') },
} as const;

/**
 * Stand-in for AWS KMS: the operations below, with the service's checks and in its order: form of the request, key, key's
 * usage, algorithm, key's state.
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html
 */
export const createKms = (keys: KeyRing, accountId: string): JsonService => ({
  targetPrefix: 'TrentService',
  version: '1.1',
  operations: {
    Sign: (input) => sign(keys, input),
    GetPublicKey: (input) => getPublicKey(keys, input),
    GenerateMac: (input) => generateMac(keys, input),
    VerifyMac: (input) => verifyMac(keys, input),
    Encrypt: (input) => encrypt(keys, input),
    Decrypt: (input) => decrypt(keys, input),
    GenerateDataKeyPairWithoutPlaintext: (input) => generateDataKeyPair(keys, input),
    DescribeKey: (input) => describeKey(keys, accountId, input),
  },
});

const sign = (keys: KeyRing, input: Input): object => {
  const id = requiredText(input, 'KeyId');
  const message = bytesOf(input, 'Message', MAX_MESSAGE_BYTES);
  const messageType = oneOf(input, 'MessageType', ['RAW', 'DIGEST', 'EXTERNAL_MU'], 'RAW');
  const algorithm = oneOf(input, 'SigningAlgorithm', SIGNING_ALGORITHMS);
  const key = findKey(keys, id);
  const { privateKey } = key;
  if (privateKey === undefined) throw wrongUsage(key, 'Sign');
  if (!KEY_SPECS[key.spec].algorithms.some((known) => known === algorithm)) {
    throw new ServiceError(
      'InvalidKeyUsageException',
      `Algorithm ${algorithm} is incompatible with key spec ${key.spec}.`,
    );
  }
  if (algorithm.startsWith('RSASSA_PSS')) {
    throw new ServiceError('UnsupportedOperationException', 'The local KMS does not sign with RSASSA-PSS.');
  }
  const bits = algorithm.endsWith('384') ? '384' : algorithm.endsWith('512') ? '512' : '256';
  if (messageType === 'EXTERNAL_MU' || (messageType === 'DIGEST' && message.length !== DIGESTS[bits].bytes)) {
    throw new ServiceError('ValidationException', `Digest is invalid length for algorithm ${algorithm}.`);
  }
  assertEnabled(key);
  assertNoDryRun(input);
  const signature =
    messageType === 'RAW' ? signMessage(`sha${bits}`, message, privateKey) : signDigest(message, bits, privateKey);
  return { KeyId: key.arn, Signature: Buffer.from(signature).toString('base64'), SigningAlgorithm: algorithm };
};

/** Node's own `sign` would hash the digest once more. */
const signDigest = (digest: Buffer, bits: keyof typeof DIGESTS, privateKey: KeyObject): Uint8Array => {
  if (privateKey.asymmetricKeyType === 'rsa') {
    const block = Buffer.concat([DIGESTS[bits].info, digest]);
    return privateEncrypt({ key: privateKey, padding: constants.RSA_PKCS1_PADDING }, block);
  }
  const { d } = privateKey.export({ format: 'jwk' });
  if (d === undefined) throw new Error('The key has no private part.');
  // Fresh randomness in each signature, as the service's have: two signatures of one message differ.
  return p256.sign(digest, Buffer.from(d, 'base64url'), { prehash: false, format: 'der', extraEntropy: true });
};

const getPublicKey = (keys: KeyRing, input: Input): object => {
  const key = findKey(keys, requiredText(input, 'KeyId'));
  if (key.privateKey === undefined) {
    throw new ServiceError('UnsupportedOperationException', `${key.arn} is symmetric and has no public key.`);
  }
  assertEnabled(key);
  return {
    KeyId: key.arn,
    PublicKey: createPublicKey(key.privateKey).export({ type: 'spki', format: 'der' }).toString('base64'),
    CustomerMasterKeySpec: key.spec,
    KeySpec: key.spec,
    KeyUsage: KEY_SPECS[key.spec].usage,
    SigningAlgorithms: KEY_SPECS[key.spec].algorithms,
  };
};

const ALGORITHMS_MEMBER = {
  SIGN_VERIFY: 'SigningAlgorithms',
  GENERATE_VERIFY_MAC: 'MacAlgorithms',
  ENCRYPT_DECRYPT: 'EncryptionAlgorithms',
} as const;

const describeKey = (keys: KeyRing, accountId: string, input: Input): object => {
  const key = findKey(keys, requiredText(input, 'KeyId'));
  const { usage, algorithms } = KEY_SPECS[key.spec];
  return {
    KeyMetadata: {
      AWSAccountId: accountId,
      KeyId: key.keyId,
      Arn: key.arn,
      CreationDate: key.createdAt,
      Enabled: key.state === 'Enabled',
      Description: key.description,
      KeyUsage: usage,
      KeyState: key.state,
      Origin: 'AWS_KMS',
      KeyManager: 'CUSTOMER',
      CustomerMasterKeySpec: key.spec,
      KeySpec: key.spec,
      [ALGORITHMS_MEMBER[usage]]: algorithms,
      ...(usage === 'ENCRYPT_DECRYPT' && { CurrentKeyMaterialId: materialIdOf(key.keyId) }),
      MultiRegion: false,
    },
  };
};
