import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { CALLBACK_TOKEN_ALGORITHMS } from '../../contract/claims.ts';
import {
  PUBLIC_KEY_ATTRIBUTES,
  type PublicSigningKey,
  SIGNING_KEY_PURPOSE,
  SIGNING_KEYS_TABLE,
  type SigningKeyItem,
} from '../../contract/signing-keys.ts';
import type { CallDynamoDB } from '../aws/dynamodb.ts';

/** Attributes that only the function that signs may read. */
type PrivateAttribute = 'id' | 'encryptedPrivateKey';

/** A key as its table has it. The private half is present only if the reader asks for it. */
export type StoredSigningKey = PublicSigningKey & Pick<SigningKeyItem, PrivateAttribute>;

/**
 * Reads all keys of the table, the oldest first. The read is consistent: it has every retirement that was answered before.
 * @param more attributes to read besides the public ones
 * @throws the error of DynamoDB
 */
export const readSigningKeys = async (
  dynamodb: CallDynamoDB,
  table: string,
  more: readonly PrivateAttribute[] = [],
): Promise<readonly StoredSigningKey[]> => {
  const attributes = [...PUBLIC_KEY_ATTRIBUTES, ...more];
  const items: Item[] = [];
  let from: Item | undefined;
  do {
    const { Items = [], LastEvaluatedKey } = await dynamodb('Query', {
      TableName: table,
      KeyConditionExpression: `${SIGNING_KEYS_TABLE.partitionKey} = :purpose`,
      ExpressionAttributeValues: { ':purpose': { S: SIGNING_KEY_PURPOSE } },
      Select: 'SPECIFIC_ATTRIBUTES',
      ProjectionExpression: attributes.join(),
      ConsistentRead: true,
      ExclusiveStartKey: from,
    });
    items.push(...Items);
    from = LastEvaluatedKey;
  } while (from !== undefined);
  return items.flatMap(readItem);
};

type Item = Record<string, AttributeValue>;

/**
 * Returns the key of an item, or nothing for an algorithm that this code does not know. A time that is missing becomes NaN.
 * No comparison with NaN is true, so such a key neither signs nor verifies.
 */
const readItem = (item: Item): readonly StoredSigningKey[] => {
  const alg = CALLBACK_TOKEN_ALGORITHMS.find((name) => name === item.alg?.S);
  if (alg === undefined) return [];
  const key: StoredSigningKey = {
    purpose: SIGNING_KEY_PURPOSE,
    generation: Number(item.generation?.N),
    kid: item.kid?.S ?? '',
    alg,
    publicJwk: item.publicJwk?.S ?? '',
    publishedAt: Number(item.publishedAt?.N),
    signFrom: Number(item.signFrom?.N),
    signUntil: Number(item.signUntil?.N),
    verifyUntil: Number(item.verifyUntil?.N),
    ...(item.retiredAt !== undefined && { retiredAt: Number(item.retiredAt.N) }),
    ...(item.imported?.BOOL === true && { imported: true }),
    ...(item.id?.S !== undefined && { id: item.id.S }),
    ...(item.encryptedPrivateKey?.B !== undefined && { encryptedPrivateKey: item.encryptedPrivateKey.B }),
  };
  return [key];
};
