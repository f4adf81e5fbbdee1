import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { LOOKUPS_TABLE } from '../../contract/tables.ts';
import { writeConditionally } from '../../shared/aws/conditional-write.ts';
import type { CallDynamoDB } from '../../shared/aws/dynamodb.ts';
import { type ConflictRetries, retryConflicts } from '../../shared/aws/transaction-conflicts.ts';
import { breakerItemKey, readBreakerItem } from '../../shared/dispatch/breaker-item.ts';
import type { TaskUpdate } from '../../shared/tables/task-updates.ts';
import { type CountedItem, isCounter } from './breaker.ts';

/** The breaker items of processors. Methods reject if the table is unavailable. */
export interface BreakerStore {
  /** Reads consistently. */
  read(processor: string): Promise<CountedItem>;
  /** @returns the item after the update; undefined if its condition failed */
  update(processor: string, update: TaskUpdate): Promise<CountedItem | undefined>;
}

export interface DynamoDBBreakerStoreOptions extends ConflictRetries {
  readonly dynamodb: CallDynamoDB;
  readonly lookupsTable: string;
}

export const createDynamoDBBreakerStore = (options: DynamoDBBreakerStoreOptions): BreakerStore => {
  const { dynamodb, lookupsTable: TableName } = options;
  return {
    read: async (processor) => {
      const { Item } = await dynamodb('GetItem', { TableName, Key: breakerItemKey(processor), ConsistentRead: true });
      return readCountedItem(Item);
    },
    update: async (processor, update) => {
      const input = { TableName, Key: breakerItemKey(processor), ...update, ReturnValues: 'ALL_NEW' } as const;
      // An operator pauses and resumes in a transaction with an item of the audit.
      const write = () => retryConflicts(() => dynamodb('UpdateItem', input), options);
      const written = await writeConditionally(write);
      return written.written ? readCountedItem(written.output.Attributes) : undefined;
    },
  };
};

const readCountedItem = (attributes: Readonly<Record<string, AttributeValue>> = {}): CountedItem => {
  const { [LOOKUPS_TABLE.partitionKey]: _key, ...others } = attributes;
  const counters = Object.entries(others).flatMap(([name, { N }]) =>
    N !== undefined && isCounter(name) ? [[name, Number(N)] as const] : [],
  );
  const rest = Object.fromEntries(Object.entries(others).filter(([name]) => !isCounter(name)));
  return { ...readBreakerItem(rest), counters: Object.fromEntries(counters) };
};
