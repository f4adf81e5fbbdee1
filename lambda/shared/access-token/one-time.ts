import { randomUUID } from 'node:crypto';
import { type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { LOOKUPS_TABLE } from '../../contract/tables.ts';
import { writeConditionally } from '../aws/conditional-write.ts';
import { accessTokenKey } from '../tables/hashed-keys.ts';

/** Remembers which access tokens were used, in an environment that accepts each once. */
export interface AccessTokenUses {
  /**
   * Records the use of a token. Rejects when the store does not answer.
   * @param expiresAt seconds since 1970 from which on the token is refused as expired
   * @returns false where it was used before
   */
  record(iss: string, id: string, expiresAt: number): Promise<boolean>;
}

const IS_UNUSED = `attribute_not_exists(${LOOKUPS_TABLE.partitionKey})`;

/** Uses in the lookups table: check and set in one write, shared by all instances. */
export const createDynamoDBAccessTokenUses = (
  client: Pick<DynamoDBClient, 'send'>,
  lookupsTable: string,
): AccessTokenUses => ({
  record: async (iss, id, expiresAt) => {
    const use = randomUUID();
    const put = await writeConditionally(() =>
      client.send(
        new PutItemCommand({
          TableName: lookupsTable,
          Item: {
            [LOOKUPS_TABLE.partitionKey]: { S: accessTokenKey(iss, id) },
            use: { S: use },
            [LOOKUPS_TABLE.timeToLive]: { N: `${expiresAt}` },
          },
          ConditionExpression: IS_UNUSED,
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      ),
    );
    // If a response is lost, the SDK's own retry finds the use that its first attempt recorded.
    return put.written || put.item?.use?.S === use;
  },
});
