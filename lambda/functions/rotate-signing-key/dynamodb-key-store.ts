import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { SIGNING_KEY_PURPOSE, SIGNING_KEYS_TABLE } from '../../contract/signing-keys.ts';
import type { CallDynamoDB } from '../../shared/aws/dynamodb.ts';
import { readSigningKeys } from '../../shared/signing-keys/read-signing-keys.ts';
import type { KeyStore, NewKey } from './key-store.ts';

const { partitionKey, sortKey } = SIGNING_KEYS_TABLE;

/** Creates the store in the table of signing keys. */
export const createDynamoDBKeyStore = (dynamodb: CallDynamoDB, table: string): KeyStore => {
  const update = async (
    { generation }: { readonly generation: number },
    expression: string,
    values?: Record<string, AttributeValue>,
  ): Promise<void> => {
    const input = {
      TableName: table,
      Key: { [partitionKey]: { S: SIGNING_KEY_PURPOSE }, [sortKey]: { N: `${generation}` } },
      UpdateExpression: expression,
      // DynamoDB may have deleted the expired item. Without this condition the update would create another one.
      ConditionExpression: `attribute_exists(${sortKey})`,
      ...(values !== undefined && { ExpressionAttributeValues: values }),
    };
    await unlessConditionFails(dynamodb('UpdateItem', input));
  };

  return {
    read: () => readSigningKeys(dynamodb, table, ['id']),
    add: (key) =>
      unlessConditionFails(
        dynamodb('PutItem', {
          TableName: table,
          Item: itemOf(key),
          ConditionExpression: `attribute_not_exists(${sortKey})`,
        }),
      ),
    changeEnd: (key, { expiresAt, signUntil, verifyUntil }) =>
      update(key, 'SET signUntil = :signUntil, verifyUntil = :verifyUntil, expiresAt = :expiresAt', {
        ':signUntil': { N: `${signUntil}` },
        ':verifyUntil': { N: `${verifyUntil}` },
        ':expiresAt': { N: `${expiresAt}` },
      }),
    removePrivateKey: (key) => update(key, 'REMOVE encryptedPrivateKey, id'),
  };
};

/** Returns true if the write was done, and false if its condition failed. */
const unlessConditionFails = async (write: Promise<unknown>): Promise<boolean> => {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof Error && error.name === 'ConditionalCheckFailedException') return false;
    throw error;
  }
};

const itemOf = (key: NewKey): Record<string, AttributeValue> => ({
  [partitionKey]: { S: SIGNING_KEY_PURPOSE },
  [sortKey]: { N: `${key.generation}` },
  kid: { S: key.kid },
  alg: { S: key.alg },
  publicJwk: { S: key.publicJwk },
  publishedAt: { N: `${key.publishedAt}` },
  signFrom: { N: `${key.signFrom}` },
  signUntil: { N: `${key.signUntil}` },
  verifyUntil: { N: `${key.verifyUntil}` },
  expiresAt: { N: `${key.expiresAt}` },
  ...(key.id !== undefined && { id: { S: key.id } }),
  ...(key.encryptedPrivateKey !== undefined && { encryptedPrivateKey: { B: key.encryptedPrivateKey } }),
  ...(key.imported === true && { imported: { BOOL: true } }),
});
