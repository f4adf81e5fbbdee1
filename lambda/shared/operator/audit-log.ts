import { type DynamoDBClient, type Put, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { AuditEntry } from '../../contract/audit.ts';
import { writeConditionally } from '../aws/conditional-write.ts';
import { auditPut } from './audit-item.ts';

/** Writes to the audit table. Methods reject if the table is unavailable. */
export interface AuditLog {
  /** Returns the write of an entry, for the transaction of the action that it describes. */
  put(entry: AuditEntry): { readonly Put: Put };
  /** Writes an entry by itself. */
  append(entry: AuditEntry): Promise<void>;
}

export interface DynamoDBAuditLogOptions {
  readonly client: Pick<DynamoDBClient, 'send'>;
  readonly auditTable: string;
  /** Time that an item is kept. */
  readonly retentionSeconds: number;
}

export const createDynamoDBAuditLog = ({ auditTable, client, retentionSeconds }: DynamoDBAuditLogOptions): AuditLog => {
  const put = (entry: AuditEntry) => auditPut(auditTable, entry, retentionSeconds);
  return {
    put,

    append: async (entry) => {
      // If the condition fails, the item is our own: its id is random, and the response to an earlier attempt was lost.
      await writeConditionally(() => client.send(new PutItemCommand(put(entry).Put)));
    },
  };
};
