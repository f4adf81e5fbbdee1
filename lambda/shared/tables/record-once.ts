import { randomUUID } from 'node:crypto';
import { LOOKUPS_TABLE } from '../../contract/tables.ts';
import { writeConditionally } from '../aws/conditional-write.ts';
import type { CallDynamoDB } from '../aws/dynamodb.ts';

/**
 * Records a key in the lookups table, unless it is there: check and write in one request.
 * @param expiresAt seconds since 1970 from which the record may be deleted
 * @returns false if the key was recorded before
 */
export const recordOnce = async (
  dynamodb: CallDynamoDB,
  lookupsTable: string,
  key: string,
  expiresAt: number,
): Promise<boolean> => {
  const use = randomUUID();
  const put = await writeConditionally(() =>
    dynamodb('PutItem', {
      TableName: lookupsTable,
      Item: {
        [LOOKUPS_TABLE.partitionKey]: { S: key },
        use: { S: use },
        [LOOKUPS_TABLE.timeToLive]: { N: `${expiresAt}` },
      },
      ConditionExpression: `attribute_not_exists(${LOOKUPS_TABLE.partitionKey})`,
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    }),
  );
  // If a response is lost, the client's own retry finds the record of its first attempt.
  return put.written || put.item?.use?.S === use;
};
