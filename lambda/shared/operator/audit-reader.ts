import { QueryCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { AuditEntry } from '../../contract/audit.ts';
import { AUDIT_TABLE } from '../../contract/tables.ts';
import type { DynamoDBAuditLogOptions } from './audit-log.ts';

/** Items of a month, the newest first. */
export interface AuditRange {
  /** `2026-11` */
  readonly month: string;
  /** Only items after this sort key. */
  readonly after: string | undefined;
  /** Only items before this sort key. */
  readonly before: string | undefined;
  readonly limit: number;
}

export interface AuditPart {
  readonly entries: readonly ListedAuditEntry[];
  /** True if the month has no older items in the range. */
  readonly ended: boolean;
}

/** An entry with its position in the list. */
export interface ListedAuditEntry {
  readonly entry: AuditEntry;
  readonly position: string;
}

/** Reads the audit table. Rejects if the table is unavailable. */
export interface AuditReader {
  read(range: AuditRange): Promise<AuditPart>;
}

export const createDynamoDBAuditReader = ({
  auditTable,
  client,
}: Pick<DynamoDBAuditLogOptions, 'auditTable' | 'client'>): AuditReader => ({
  read: async ({ after, before, limit, month }) => {
    const { Items: items = [], LastEvaluatedKey: last } = await client.send(
      new QueryCommand({
        TableName: auditTable,
        KeyConditionExpression: `#month = :month${CONDITIONS[`${after !== undefined}-${before !== undefined}`]}`,
        ExpressionAttributeNames: {
          '#month': AUDIT_TABLE.partitionKey,
          ...((after ?? before) !== undefined && { '#position': AUDIT_TABLE.sortKey }),
        },
        ExpressionAttributeValues: {
          ':month': { S: month },
          ...(after !== undefined && { ':after': { S: after } }),
          // DynamoDB refuses a range that ends before it begins.
          ...(before !== undefined && { ':before': { S: after !== undefined && before < after ? after : before } }),
        },
        ScanIndexForward: false,
        Limit: limit,
      }),
    );
    const entries = items.map((item) => {
      const { [AUDIT_TABLE.partitionKey]: _, [AUDIT_TABLE.sortKey]: position, ...entry } = unmarshall(item);
      return { position: position as string, entry: showEntry(entry as AuditEntry) };
    });
    // `BETWEEN` includes its ends.
    return { entries: entries.filter(({ position }) => position !== before), ended: last === undefined };
  },
});

/** Conditions on the position, by the presence of `after` and `before`. No item has the position `after`. */
const CONDITIONS = {
  'false-false': '',
  'true-false': ' AND #position > :after',
  'false-true': ' AND #position < :before',
  'true-true': ' AND #position BETWEEN :after AND :before',
} as const;

/** Returns an entry without the attributes that only the table needs. */
const showEntry = (entry: AuditEntry): AuditEntry => {
  const { action, at, from, id, jobId, operator, outcome, reason, requestId, revision, target, taskId } = entry;
  return {
    id,
    at,
    operator: { sub: operator.sub, issuer: operator.issuer },
    action,
    target,
    ...(taskId !== undefined && { taskId }),
    reason,
    ...(revision !== undefined && { revision: { before: revision.before, after: revision.after } }),
    from,
    requestId,
    outcome,
    ...(jobId !== undefined && { jobId }),
  };
};
