import { randomUUID } from 'node:crypto';
import { ConditionalCheckFailedException, type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { CLOCK_TOLERANCE_SECONDS } from '../contract/limits.ts';
import { LOOKUPS_TABLE } from '../contract/tables.ts';
import { accessTokenKey } from '../storage/hashed-keys.ts';

/** Remembers which access tokens were used, in an environment that accepts each once. */
export interface AccessTokenUses {
  /**
   * Records the use of a token. Rejects when the store does not answer.
   * @param exp of the token, in seconds since 1970
   * @returns false where it was used before
   */
  record(iss: string, id: string, exp: number): Promise<boolean>;
}

const IS_UNUSED = `attribute_not_exists(${LOOKUPS_TABLE.partitionKey})`;

/** Uses in the lookups table: check and set in one write, shared by all instances. */
export const createDynamoDBAccessTokenUses = (
  client: Pick<DynamoDBClient, 'send'>,
  lookupsTable: string,
): AccessTokenUses => ({
  record: async (iss, id, exp) => {
    const use = randomUUID();
    try {
      await client.send(
        new PutItemCommand({
          TableName: lookupsTable,
          Item: {
            [LOOKUPS_TABLE.partitionKey]: { S: accessTokenKey(iss, id) },
            use: { S: use },
            // From then on the token is refused as expired.
            [LOOKUPS_TABLE.timeToLive]: { N: `${Math.ceil(exp) + CLOCK_TOLERANCE_SECONDS}` },
          },
          ConditionExpression: IS_UNUSED,
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      );
      return true;
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      // When an answer is lost, the SDK's own retry finds the use that its first attempt recorded.
      return error.Item?.use?.S === use;
    }
  },
});
