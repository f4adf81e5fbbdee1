import { LOOKUPS_TABLE, SENT_PROCESSORS_KEY } from '../../contract/tables.ts';
import { writeConditionally } from '../../shared/aws/conditional-write.ts';
import type { CallDynamoDB } from '../../shared/aws/dynamodb.ts';

/** The processors that work was sent to, with the time of their last record. Seconds since 1970. */
export type SentTimes = ReadonlyMap<string, number>;

/**
 * The list of processors that the environment sends work to, or has sent work to. The index of queued tasks is found by the id of a
 * processor, and the registry does not have the id of one that was removed. Methods reject if the table is unavailable.
 */
export interface SentProcessors {
  read(): Promise<SentTimes>;
  /** Records that the environment sends work to these processors now. @param at seconds since 1970 */
  record(processors: readonly string[], at: number): Promise<void>;
  /** Removes a processor, unless it was recorded after `at`. */
  forget(processor: string, at: number): Promise<void>;
}

/** Ids of processors have no capital letters, so no id is the name of the key. */
const NOT_AN_ID: readonly string[] = [LOOKUPS_TABLE.partitionKey, LOOKUPS_TABLE.timeToLive];

export const createDynamoDBSentProcessors = (dynamodb: CallDynamoDB, TableName: string): SentProcessors => {
  const Key = { [LOOKUPS_TABLE.partitionKey]: { S: SENT_PROCESSORS_KEY } };
  return {
    read: async () => {
      const { Item = {} } = await dynamodb('GetItem', { TableName, Key });
      return new Map(
        Object.entries(Item).flatMap(([id, { N }]) =>
          N === undefined || NOT_AN_ID.includes(id) ? [] : [[id, Number(N)] as const],
        ),
      );
    },
    record: async (processors, at) => {
      if (processors.length === 0) return;
      await dynamodb('UpdateItem', {
        TableName,
        Key,
        UpdateExpression: `SET ${processors.map((_, i) => `#p${i} = :at`).join(', ')}`,
        ExpressionAttributeNames: Object.fromEntries(processors.map((id, i) => [`#p${i}`, id])),
        ExpressionAttributeValues: { ':at': { N: `${at}` } },
      });
    },
    forget: async (processor, at) => {
      await writeConditionally(() =>
        dynamodb('UpdateItem', {
          TableName,
          Key,
          UpdateExpression: 'REMOVE #p',
          ConditionExpression: '#p <= :at',
          ExpressionAttributeNames: { '#p': processor },
          ExpressionAttributeValues: { ':at': { N: `${at}` } },
        }),
      );
    },
  };
};
