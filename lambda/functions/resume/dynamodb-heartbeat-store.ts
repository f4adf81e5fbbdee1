import { LOOKUPS_TABLE } from '../../contract/tables.ts';
import { inSeconds } from '../../contract/task.ts';
import { toAttributes } from '../../shared/aws/attribute-values.ts';
import { writeConditionally } from '../../shared/aws/conditional-write.ts';
import type { CallDynamoDB } from '../../shared/aws/dynamodb.ts';
import { heartbeatKey } from '../../shared/tables/hashed-keys.ts';
import type { HeartbeatStore } from './resume-store.ts';

/**
 * The lookups table, for times of heartbeats. They are not on the task: a write there could conflict with the transaction of a
 * callback.
 */
export const createDynamoDBHeartbeatStore = (dynamodb: CallDynamoDB, lookupsTable: string): HeartbeatStore => ({
  begin: async (taskId, now, interval) => {
    const { written } = await writeConditionally(() =>
      dynamodb('PutItem', {
        TableName: lookupsTable,
        Item: toAttributes({
          [LOOKUPS_TABLE.partitionKey]: heartbeatKey(taskId),
          beganAt: now,
          [LOOKUPS_TABLE.timeToLive]: inSeconds(now + interval) + 1,
        }),
        // DynamoDB deletes an item long after its time to live.
        ConditionExpression: 'attribute_not_exists(beganAt) OR beganAt <= :before',
        ExpressionAttributeValues: toAttributes({ ':before': now - interval }),
      }),
    );
    return written;
  },
});
