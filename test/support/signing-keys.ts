import { createPrivateKey, createPublicKey, randomBytes, sign } from 'node:crypto';
import { PutItemCommand, QueryCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { DecryptCommand, GenerateDataKeyPairWithoutPlaintextCommand } from '@aws-sdk/client-kms';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import type { CallbackTokenAlgorithm } from '../../lambda/contract/claims.ts';
import {
  SIGNING_KEY_PURPOSE,
  SIGNING_KEY_SECONDS,
  SIGNING_KEYS_TABLE,
  type SigningKeyItem,
} from '../../lambda/contract/signing-keys.ts';
import { thumbprintOf } from '../../lambda/shared/callback-token/thumbprint.ts';
import type { TestStore } from './engine.ts';
import type { TestKms } from './kms.ts';
import { NOW, type SigningKey } from './tokens.ts';

type KeyStore = Pick<TestStore, 'client' | 'signingKeysTable'>;

/**
 * The item of a key without its private half, as `rotate-signing-key` puts it. By default it signs and verifies at any time
 * of a test.
 */
export const aSigningKeyItem = (
  { publicKey: { alg, jwk, kid } }: Pick<SigningKey, 'publicKey'>,
  overrides: Partial<SigningKeyItem> = {},
): SigningKeyItem => {
  const { alg: _alg, kid: _kid, use: _use, ...members } = jwk;
  return {
    purpose: SIGNING_KEY_PURPOSE,
    generation: 1,
    kid,
    alg,
    publicJwk: JSON.stringify(members),
    publishedAt: 0,
    signFrom: 0,
    signUntil: FAR,
    verifyUntil: FAR,
    expiresAt: FAR,
    ...overrides,
  };
};

/** 2200-01-01T00:00:00Z, in seconds since 1970. */
const FAR = 7_258_118_400;

/** Puts the item of a key into its table. An item with the same generation is replaced. */
export const putSigningKey = async ({ client, signingKeysTable }: KeyStore, item: SigningKeyItem): Promise<void> => {
  await client.send(
    new PutItemCommand({ TableName: signingKeysTable, Item: marshall(item, { removeUndefinedValues: true }) }),
  );
};

/** A key that KMS made, its item, and what a test needs to sign with it. */
export interface StoredSigningKey extends SigningKey {
  readonly item: SigningKeyItem;
}

export interface SigningKeyOptions extends Partial<SigningKeyItem> {
  /** Member `environment` of the encryption context. @default test */
  readonly environment?: string;
}

const KEY_PAIR_SPECS = { ES256: 'ECC_NIST_P256', RS256: 'RSA_2048' } as const satisfies Record<
  CallbackTokenAlgorithm,
  string
>;

/** Encryption context of a private key. */
export const encryptionContextOf = (id: string, environment = 'test') => ({
  environment,
  purpose: SIGNING_KEY_PURPOSE,
  id,
});

/**
 * A key pair that KMS makes, with its item as `rotate-signing-key` puts it. Without other times it was published an hour
 * before `NOW`, and it signs for a day from then on. The item is not put into the table yet.
 * @param options attributes of the item that differ
 */
export const makeSigningKey = async (kms: TestKms, options: SigningKeyOptions = {}): Promise<StoredSigningKey> => {
  const { alg = 'ES256', environment, id = randomBytes(16).toString('base64url'), ...overrides } = options;
  const EncryptionContext = encryptionContextOf(id, environment);
  const KeyId = kms.encryptionKey.arn;
  const { PrivateKeyCiphertextBlob: encryptedPrivateKey = new Uint8Array(), PublicKey = new Uint8Array() } =
    await kms.client.send(
      new GenerateDataKeyPairWithoutPlaintextCommand({ KeyId, KeyPairSpec: KEY_PAIR_SPECS[alg], EncryptionContext }),
    );
  const { Plaintext = new Uint8Array() } = await kms.client.send(
    new DecryptCommand({ KeyId, CiphertextBlob: encryptedPrivateKey, EncryptionContext }),
  );
  const privateKey = createPrivateKey({ key: Buffer.from(Plaintext), format: 'der', type: 'pkcs8' });
  const key = createPublicKey({ key: Buffer.from(PublicKey), format: 'der', type: 'spki' });
  const members = key.export({ format: 'jwk' });
  const kid = thumbprintOf(members);
  const publicKey: SigningKey['publicKey'] = { kid, alg, key, jwk: { ...members, kid, alg, use: 'sig' } };
  const { publishedAt = NOW - 3_600 } = overrides;
  const { signFrom = publishedAt } = overrides;
  const { signUntil = signFrom + SIGNING_KEY_SECONDS.every.default } = overrides;
  const { verifyUntil = signUntil + SIGNING_KEY_SECONDS.verify } = overrides;
  const times = { publishedAt, signFrom, signUntil, verifyUntil, expiresAt: verifyUntil + SIGNING_KEY_SECONDS.kept };
  return {
    privateKey,
    publicKey,
    signer: { alg, kid, sign: async (input) => sign('sha256', input, { key: privateKey, dsaEncoding: 'ieee-p1363' }) },
    item: aSigningKeyItem({ publicKey }, { id, encryptedPrivateKey, ...times, ...overrides }),
  };
};

/** Sets `retiredAt` as the operator API does. @param retiredAt seconds since 1970 */
export const retireSigningKey = async (
  { client, signingKeysTable }: KeyStore,
  { generation, purpose }: Pick<SigningKeyItem, 'generation' | 'purpose'>,
  retiredAt = NOW,
): Promise<void> => {
  await client.send(
    new UpdateItemCommand({
      TableName: signingKeysTable,
      Key: marshall({ [SIGNING_KEYS_TABLE.partitionKey]: purpose, [SIGNING_KEYS_TABLE.sortKey]: generation }),
      UpdateExpression: 'SET retiredAt = :at',
      ExpressionAttributeValues: marshall({ ':at': retiredAt }),
    }),
  );
};

/** Every key of the table, in the order of their generations. */
export const readSigningKeyItems = async ({
  client,
  signingKeysTable,
}: KeyStore): Promise<readonly SigningKeyItem[]> => {
  const { Items = [] } = await client.send(
    new QueryCommand({
      TableName: signingKeysTable,
      ConsistentRead: true,
      KeyConditionExpression: '#partition = :purpose',
      ExpressionAttributeNames: { '#partition': SIGNING_KEYS_TABLE.partitionKey },
      ExpressionAttributeValues: marshall({ ':purpose': SIGNING_KEY_PURPOSE }),
    }),
  );
  return Items.map((item) => unmarshall(item) as SigningKeyItem);
};
