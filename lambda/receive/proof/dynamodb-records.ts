import { randomBytes, randomUUID } from 'node:crypto';
import type { CallDynamoDB } from '../../aws/dynamodb.ts';
import { isNamed } from '../../dependency/conflicts.ts';
import type { ProofRecords } from './proof.ts';

/** Where an answer is lost, the client's own retry finds the use that its first attempt recorded. */
const IS_FIRST = 'attribute_not_exists(jti) OR #use = :use';

const SECRET_BYTES = 32;

/** What is remembered of proofs, in the jti table: check and set in one write each. */
export const createDynamoDBProofRecords = (dynamodb: CallDynamoDB, jtiTable: string): ProofRecords => ({
  recordOnce: async (key, expiresAt) => {
    try {
      await dynamodb('UpdateItem', {
        TableName: jtiTable,
        Key: { jti: { S: key } },
        UpdateExpression: 'SET #use = :use, expiresAt = :expiresAt',
        ConditionExpression: IS_FIRST,
        ExpressionAttributeNames: { '#use': 'use' },
        ExpressionAttributeValues: { ':use': { S: randomUUID() }, ':expiresAt': { N: `${expiresAt}` } },
      });
      return true;
    } catch (error) {
      if (isNamed(error, 'ConditionalCheckFailedException')) return false;
      throw error;
    }
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
