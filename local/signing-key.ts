import { createPrivateKey } from 'node:crypto';
import { DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { JWK } from 'jose';
import {
  SIGNING_KEY_PURPOSE,
  SIGNING_KEYS_TABLE,
  type SigningKeyItem,
  signingKeyAt,
} from '../lambda/contract/signing-keys.ts';
import type { Deployment } from './deployment.ts';
import type { ReadyFile } from './ready-file.ts';
import { decrypt } from './stand-ins/kms-data.ts';
import type { KeyRing } from './stand-ins/kms-keys.ts';

/** The rotating key that signs now, so that a test can sign any claims with it. */
export interface ReadySigningKey {
  readonly kid: string;
  readonly privateJwk: JWK;
}

export interface SigningKeyOptions {
  readonly dynamodb: DynamoDBClient;
  readonly tableName: string;
  readonly kms: KeyRing;
  /** Name of the environment, a member of the encryption context. */
  readonly environmentName: string;
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: () => number;
}

export interface WatchedSigningKey {
  /** Undefined while no key signs: after two retirements within a minute. */
  current(): ReadySigningKey | undefined;
  stop(): Promise<void>;
}

export interface ReadySigningOptions {
  /** URL of the stand-ins for AWS services. */
  readonly services: string;
  readonly kms: KeyRing;
  /** URL of the DynamoDB engine. */
  readonly dynamodb: string;
  /** Is called when the key that signs has changed. */
  readonly changed: () => void;
}

/** The members of the ready file with which a program can sign as the gateway does. */
export const openReadySigning = async (
  { environmentName, signing, tables }: Pick<Deployment, 'environmentName' | 'signing' | 'tables'>,
  { changed, dynamodb: endpoint, kms, services }: ReadySigningOptions,
): Promise<{ current(): Pick<ReadyFile, 'kms' | 'signing'>; stop(): Promise<void> }> => {
  if (signing.kind === 'kms') {
    return { current: () => ({ kms: { endpoint: services, keyId: signing.keyId } }), stop: async () => undefined };
  }
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const dynamodb = new DynamoDBClient({ endpoint, region: 'eu-west-1', credentials });
  const watched = await watchSigningKey({ dynamodb, tableName: tables.signingKeys, kms, environmentName }, changed);
  return {
    current: () => {
      const key = watched.current();
      return key === undefined ? {} : { signing: key };
    },
    stop: async () => {
      await watched.stop();
      dynamodb.destroy();
    },
  };
};

/** The table has no event for a key that begins to sign, so it is read at this interval. */
const INTERVAL_MS = 1_000;

/**
 * Reads the key that signs, and again at an interval.
 * @param changed is called with each further key, and with `undefined` when no key signs
 * @throws the error of the first reading. Later readings that fail are repeated.
 */
export const watchSigningKey = async (
  options: SigningKeyOptions,
  changed: (key: ReadySigningKey | undefined) => void,
): Promise<WatchedSigningKey> => {
  let current = await readSigningKey(options);
  let reading: Promise<void> | undefined;
  let stopped = false;
  const readAgain = async () => {
    const next = await readSigningKey(options, current);
    if (stopped || next?.kid === current?.kid) return;
    current = next;
    changed(next);
  };
  const timer = setInterval(() => {
    reading ??= readAgain()
      // The engine ends before us on Ctrl-C.
      .catch(() => undefined)
      .finally(() => {
        reading = undefined;
      });
  }, INTERVAL_MS);
  return {
    current: () => current,
    stop: async () => {
      stopped = true;
      clearInterval(timer);
      await reading;
    },
  };
};

/** @param known is returned if it still signs, so that nothing is decrypted again */
const readSigningKey = async (
  { dynamodb, environmentName, kms, now = Date.now, tableName }: SigningKeyOptions,
  known?: ReadySigningKey,
): Promise<ReadySigningKey | undefined> => {
  const { Items = [] } = await dynamodb.send(
    new QueryCommand({
      TableName: tableName,
      ConsistentRead: true,
      KeyConditionExpression: '#partition = :purpose',
      ExpressionAttributeNames: { '#partition': SIGNING_KEYS_TABLE.partitionKey },
      ExpressionAttributeValues: { ':purpose': { S: SIGNING_KEY_PURPOSE } },
    }),
  );
  const keys = Items.map((item) => unmarshall(item) as SigningKeyItem);
  const key = signingKeyAt(keys, Math.floor(now() / 1_000));
  if (key === undefined || key.kid === known?.kid) return key && known;
  const { alg, encryptedPrivateKey = new Uint8Array(), id = '', kid } = key;
  const { Plaintext } = decrypt(kms, {
    CiphertextBlob: Buffer.from(encryptedPrivateKey).toString('base64'),
    EncryptionContext: { environment: environmentName, purpose: SIGNING_KEY_PURPOSE, id },
  });
  const privateKey = createPrivateKey({ key: Buffer.from(Plaintext, 'base64'), format: 'der', type: 'pkcs8' });
  return { kid, privateJwk: { ...(privateKey.export({ format: 'jwk' }) as JWK), kid, alg } };
};
