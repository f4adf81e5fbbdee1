import type { Put } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { AuditEntry } from '../../contract/audit.ts';
import { AUDIT_TABLE, timeKey } from '../../contract/tables.ts';
import { inSeconds } from '../../contract/task.ts';

/** Returns the key of an audit item. */
export const auditKeyOf = ({ at, id }: Pick<AuditEntry, 'at' | 'id'>) => ({
  [AUDIT_TABLE.partitionKey]: { S: at.slice(0, '2026-11'.length) },
  [AUDIT_TABLE.sortKey]: { S: timeKey(at, id) },
});

/** Returns the write of an audit item that does not exist yet. */
export const auditPut = (table: string, entry: AuditEntry, retentionSeconds: number): { readonly Put: Put } => ({
  Put: {
    TableName: table,
    Item: {
      ...marshall(entry, { removeUndefinedValues: true }),
      ...auditKeyOf(entry),
      [AUDIT_TABLE.timeToLive]: { N: `${inSeconds(Date.parse(entry.at)) + retentionSeconds}` },
    },
    ConditionExpression: `attribute_not_exists(${AUDIT_TABLE.sortKey})`,
  },
});
