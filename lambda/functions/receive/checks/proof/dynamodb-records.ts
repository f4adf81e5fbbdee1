import { randomBytes, randomUUID } from 'node:crypto';
import { JTI_TABLE, LOOKUPS_TABLE } from '../../../../contract/tables.ts';
import type { CallDynamoDB } from '../../../../shared/aws/dynamodb.ts';
import { isNamed } from '../../../../shared/aws/transaction-conflicts.ts';
import { accessTokenKey } from '../../../../shared/tables/hashed-keys.ts';
import type { ProofRecords } from './proof.ts';

const SECRET_BYTES = 32;

export interface ProofTables {
  readonly jtiTable: string;
  readonly lookupsTable: string;
}

/** Records of proofs in DynamoDB. Each use is checked and recorded in one write. */
export const createDynamoDBProofRecords = (
  dynamodb: CallDynamoDB,
  { jtiTable, lookupsTable }: ProofTables,
): ProofRecords => ({
  recordOnce: (key, expiresAt) => recordOnce(dynamodb, jtiTable, JTI_TABLE, key, expiresAt),

  accessTokens: {
    record: (iss, id, expiresAt) =>
      recordOnce(dynamodb, lookupsTable, LOOKUPS_TABLE, accessTokenKey(iss, id), expiresAt),
  },

  shareSecret: async (key, expiresAt) => {
    const { Attributes } = await dynamodb('UpdateItem', {
      TableName: jtiTable,
      Key: { jti: { S: key } },
      UpdateExpression: 'SET secret = if_not_exists(secret, :mine), expiresAt = :expiresAt',
      ExpressionAttributeValues: { ':mine': { B: randomBytes(SECRET_BYTES) }, ':expiresAt': { N: `${expiresAt}` } },
      ReturnValues: 'ALL_NEW',
    });
    const secret = Attributes?.secret?.B;
    if (secret === undefined) throw new TypeError('The record of the shared secret holds none.');
    return secret;
  },
});

/** If a response is lost, the client's own retry finds the use that its first attempt recorded. */
const recordOnce = async (
  dynamodb: CallDynamoDB,
  table: string,
  { partitionKey, timeToLive }: typeof JTI_TABLE | typeof LOOKUPS_TABLE,
  key: string,
  expiresAt: number,
): Promise<boolean> => {
  try {
    await dynamodb('UpdateItem', {
      TableName: table,
      Key: { [partitionKey]: { S: key } },
      UpdateExpression: `SET #use = :use, ${timeToLive} = :expiresAt`,
      ConditionExpression: `attribute_not_exists(${partitionKey}) OR #use = :use`,
      ExpressionAttributeNames: { '#use': 'use' },
      ExpressionAttributeValues: { ':use': { S: randomUUID() }, ':expiresAt': { N: `${expiresAt}` } },
    });
    return true;
  } catch (error) {
    if (isNamed(error, 'ConditionalCheckFailedException')) return false;
    throw error;
  }
};
