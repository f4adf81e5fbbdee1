import { inputKey, LOOKUPS_TABLE } from '../../contract/tables.ts';
import { writeConditionally } from '../../shared/aws/conditional-write.ts';
import type { CallDynamoDB } from '../../shared/aws/dynamodb.ts';

/** The inputs of tasks whose work is sent. */
export interface InputStore {
  /**
   * Deletes the input of a task. A later issue of callbacks keeps its input. A repeat changes nothing.
   * @throws if the table is unavailable
   */
  remove(taskId: string, issue: number): Promise<void>;
}

export const createDynamoDBInputStore = (dynamodb: CallDynamoDB, lookupsTable: string): InputStore => ({
  remove: async (taskId, issue) => {
    await writeConditionally(() =>
      dynamodb('DeleteItem', {
        TableName: lookupsTable,
        Key: { [LOOKUPS_TABLE.partitionKey]: { S: inputKey(taskId) } },
        ConditionExpression: 'issue <= :issue',
        ExpressionAttributeValues: { ':issue': { N: `${issue}` } },
      }),
    );
  },
});
