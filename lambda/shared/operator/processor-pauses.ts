import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { AuditEntry } from '../../contract/audit.ts';
import { LOOKUPS_TABLE } from '../../contract/tables.ts';
import { callBySdk } from '../aws/dynamodb-sdk.ts';
import { transact } from '../aws/transact-write.ts';
import { CONDITION_FAILED, type ConflictRetries } from '../aws/transaction-conflicts.ts';
import { type BreakerItem, breakerItemKey, readBreakerItem } from '../dispatch/breaker-item.ts';
import type { TaskUpdate } from '../tables/task-updates.ts';
import type { AuditLog } from './audit-log.ts';

/** Breakers and pauses of processors, for operators. Methods reject if a table is unavailable. */
export interface ProcessorPauses {
  /** Reads consistently. */
  read(processor: string): Promise<BreakerItem>;
  /**
   * Pauses or resumes a processor and writes the audit item: both or nothing.
   * @returns false if the processor has another revision by now
   */
  change(processor: string, update: TaskUpdate, entry: AuditEntry): Promise<boolean>;
}

export interface DynamoDBProcessorPausesOptions extends ConflictRetries {
  readonly client: Pick<DynamoDBClient, 'send'>;
  readonly lookupsTable: string;
  readonly audit: Pick<AuditLog, 'put'>;
}

export const createDynamoDBProcessorPauses = (options: DynamoDBProcessorPausesOptions): ProcessorPauses => {
  const { audit, client, lookupsTable } = options;
  const call = callBySdk(client);
  return {
    read: async (processor) => {
      const { Item } = await call('GetItem', {
        TableName: lookupsTable,
        Key: breakerItemKey(processor),
        ConsistentRead: true,
        ProjectionExpression: '#key, revision, paused, #state',
        ExpressionAttributeNames: { '#key': LOOKUPS_TABLE.partitionKey, '#state': 'state' },
      });
      return readBreakerItem(Item);
    },

    change: async (processor, update, entry) => {
      const reasons = await transact(
        call,
        [{ Update: { TableName: lookupsTable, Key: breakerItemKey(processor), ...update } }, audit.put(entry)],
        options,
      );
      // The item exists only if an earlier attempt of this request wrote it and its response was lost: its id is random.
      return reasons === undefined || reasons[1]?.Code === CONDITION_FAILED;
    },
  };
};
