import type { JsonValue } from '../../contract/dispatch.ts';
import { inputKey, LOOKUPS_TABLE } from '../../contract/tables.ts';
import type { CallDynamoDB } from '../../shared/aws/dynamodb.ts';
import type { Inputs } from './ports.ts';

/** The inputs of tasks in the lookups table. */
export const createDynamoDBInputs = (dynamodb: CallDynamoDB, lookupsTable: string): Inputs => ({
  find: async (taskId) => {
    const { Item } = await dynamodb('GetItem', {
      TableName: lookupsTable,
      Key: { [LOOKUPS_TABLE.partitionKey]: { S: inputKey(taskId) } },
      ConsistentRead: true,
      ProjectionExpression: '#input',
      ExpressionAttributeNames: { '#input': 'input' },
    });
    const text = Item?.input?.S;
    return text === undefined ? undefined : { value: JSON.parse(text) as JsonValue };
  },
});
