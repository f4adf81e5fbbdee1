import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { SIGNING_KEY_PURPOSE, type SigningKeyItem } from '../../lambda/contract/signing-keys.ts';
import type { TestStore } from './engine.ts';
import type { SigningKey } from './tokens.ts';

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
export const putSigningKey = async (
  { client, signingKeysTable }: Pick<TestStore, 'client' | 'signingKeysTable'>,
  item: SigningKeyItem,
): Promise<void> => {
  await client.send(
    new PutItemCommand({ TableName: signingKeysTable, Item: marshall(item, { removeUndefinedValues: true }) }),
  );
};
