import { LOOKUPS_TABLE } from '../../contract/tables.ts';
import { writeConditionally } from '../../shared/aws/conditional-write.ts';
import type { CallDynamoDB } from '../../shared/aws/dynamodb.ts';
import {
  type BreakerItem,
  breakerItemKey,
  readBreakerItem,
  writeBreakerItem,
} from '../../shared/dispatch/breaker-item.ts';

/** The breaker items of processors. Methods reject if the table is unavailable. */
export interface BreakerStore {
  /** Reads consistently. */
  read(processor: string): Promise<BreakerItem>;
  /** @returns false if the item has changed since it was read */
  write(processor: string, before: BreakerItem, after: BreakerItem): Promise<boolean>;
}

export const createDynamoDBBreakerStore = (dynamodb: CallDynamoDB, lookupsTable: string): BreakerStore => ({
  read: async (processor) => {
    const { Item } = await dynamodb('GetItem', {
      TableName: lookupsTable,
      Key: breakerItemKey(processor),
      ConsistentRead: true,
      ProjectionExpression: '#key, revision, version, paused, #state',
      ExpressionAttributeNames: { '#key': LOOKUPS_TABLE.partitionKey, '#state': 'state' },
    });
    return readBreakerItem(Item);
  },
  write: async (processor, before, after) => {
    const update = { TableName: lookupsTable, Key: breakerItemKey(processor), ...writeBreakerItem(before, after) };
    return (await writeConditionally(() => dynamodb('UpdateItem', update))).written;
  },
});
