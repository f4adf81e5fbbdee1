import { constants, createPublicKey, type KeyObject, privateEncrypt, sign as signMessage } from 'node:crypto';
import { p256 } from '@noble/curves/nist.js';
import { type Input, type JsonService, oneOf, requiredText, ServiceError, violation } from './aws-json.ts';
import { KEY_SPECS, type Key, type KeyRing, SIGNING_ALGORITHMS } from './kms-keys.ts';

const MAX_MESSAGE_BYTES = 4_096;

/** What stands before a digest in an RSASSA-PKCS1-v1_5 signature (RFC 8017 §9.2, note 1). */
const DIGESTS = {
  '256': { bytes: 32, info: Buffer.from('3031300d060960864801650304020105000420', 'hex') },
  '384': { bytes: 48, info: Buffer.from('3041300d060960864801650304020205000430', 'hex') },
  '512': { bytes: 64, info: Buffer.from('3051300d060960864801650304020305000440', 'hex') },
} as const;

/**
 * Stand-in for AWS KMS: `Sign`, `GetPublicKey`, `DescribeKey`, with the service's checks and in its order: form of the
 * request, key, key's usage, algorithm, key's state.
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html
 */
export const createKms = (keys: KeyRing, accountId: string): JsonService => ({
  targetPrefix: 'TrentService',
  version: '1.1',
  operations: {
    Sign: (input) => sign(keys, input),
    GetPublicKey: (input) => getPublicKey(keys, input),
    DescribeKey: (input) => describeKey(keys, accountId, input),
  },
});

const sign = (keys: KeyRing, input: Input): object => {
  const id = requiredText(input, 'KeyId');
  const message = messageOf(input);
  const messageType = oneOf(input, 'MessageType', ['RAW', 'DIGEST', 'EXTERNAL_MU'], 'RAW');
  const algorithm = oneOf(input, 'SigningAlgorithm', SIGNING_ALGORITHMS);
  const key = findKey(keys, id);
  const { privateKey } = key;
  if (KEY_SPECS[key.spec].usage !== 'SIGN_VERIFY' || privateKey === undefined) {
    throw new ServiceError(
      'InvalidKeyUsageException',
      `${key.arn} key usage is ${KEY_SPECS[key.spec].usage} which is not valid for Sign.`,
    );
  }
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
  if (input.DryRun === true) {
    throw new ServiceError('DryRunOperationException', 'The request would have succeeded, but DryRun is set.', 412);
  }
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

const messageOf = (input: Input): Buffer => {
  const value = input.Message;
  if (value === undefined || value === null) throw violation(undefined, 'Message', 'not be null');
  if (typeof value !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(value)) {
    throw new ServiceError('SerializationException', 'Message is not base64.');
  }
  const message = Buffer.from(value, 'base64');
  const shown = `java.nio.HeapByteBuffer[pos=0 lim=${message.length} cap=${message.length}]`;
  if (message.length < 1) throw violation(shown, 'Message', 'have length greater than or equal to 1');
  if (message.length > MAX_MESSAGE_BYTES) {
    throw violation(shown, 'Message', `have length less than or equal to ${MAX_MESSAGE_BYTES}`);
  }
  return message;
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
      ...(usage === 'SIGN_VERIFY'
        ? { SigningAlgorithms: algorithms }
        : { EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'] }),
      MultiRegion: false,
    },
  };
};

const findKey = (keys: KeyRing, id: string): Key => {
  const key = keys.find(id);
  if (key !== undefined) return key;
  const arn = keys.arnOf(id);
  throw new ServiceError(
    'NotFoundException',
    arn.includes(':alias/') ? `Alias ${arn} is not found.` : `Key '${arn}' does not exist`,
  );
};

const assertEnabled = (key: Key): void => {
  if (key.state === 'Disabled') throw new ServiceError('DisabledException', `${key.arn} is disabled.`);
  if (key.state === 'PendingDeletion') {
    throw new ServiceError('KMSInvalidStateException', `${key.arn} is pending deletion.`);
  }
};
