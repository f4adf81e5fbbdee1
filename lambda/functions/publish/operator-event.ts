import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { type AuditEntry, OPERATOR_ACTIONS } from '../../contract/audit.ts';
import { OPERATOR_ACTED, type OperatorEventDetail } from '../../contract/events.ts';
import { AUDIT_TABLE } from '../../contract/tables.ts';

/** An event of an operator's action for EventBridge. */
export interface OperatorEvent {
  readonly detailType: typeof OPERATOR_ACTED;
  /** RFC 3339: time of the action. */
  readonly time: string;
  readonly detail: OperatorEventDetail;
}

/** True for an item of the audit table. */
export const isAuditItem = (image: Readonly<Record<string, AttributeValue>>): boolean =>
  image[AUDIT_TABLE.sortKey] !== undefined;

/**
 * Returns the event of an operator's action.
 * @returns undefined for a refused action, and for one that changed nothing
 * @throws {TypeError} if the item is not a valid audit item
 */
export const toOperatorEvent = (image: Readonly<Record<string, AttributeValue>>): OperatorEvent | undefined => {
  const entry: unknown = unmarshall(image);
  assertEntry(entry);
  const { action, application, at, id, isRepeated, operator, outcome, revision, target, taskId } = entry;
  if (outcome !== 'done' || isRepeated || (revision !== undefined && revision.before === revision.after))
    return undefined;
  return {
    detailType: OPERATOR_ACTED,
    time: at,
    detail: {
      id,
      at,
      action,
      target,
      ...(taskId !== undefined && { taskId }),
      ...(application !== undefined && { application }),
      operator: { sub: operator.sub, issuer: operator.issuer },
      outcome,
    },
  };
};

function assertEntry(value: unknown): asserts value is AuditEntry {
  const entry = value as Partial<Record<string, unknown>>;
  const operator = entry.operator as Partial<Record<string, unknown>> | undefined;
  const wellFormed =
    [entry.id, entry.target, entry.outcome, operator?.sub, operator?.issuer].every(
      (text) => typeof text === 'string',
    ) &&
    !Number.isNaN(Date.parse(entry.at as string)) &&
    (OPERATOR_ACTIONS as readonly unknown[]).includes(entry.action);
  if (!wellFormed) throw new TypeError('Not an audit item.');
}
