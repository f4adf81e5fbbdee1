import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { OperatorId } from '../../contract/audit.ts';
import type { BreakerPhase } from '../../contract/operator-api.ts';
import { breakerKey, LOOKUPS_TABLE } from '../../contract/tables.ts';
import { fromAttributes, toAttributes } from '../aws/attribute-values.ts';
import type { TaskUpdate } from '../tables/task-updates.ts';

/** A pause of a processor, which only an operator ends. */
export interface Pause {
  /** The operator who paused it, or `postern` itself. */
  readonly by: OperatorId | 'postern';
  readonly reason: string;
  /** RFC 3339. */
  readonly at: string;
}

/** State of a breaker. Times are milliseconds since 1970. */
export interface BreakerState {
  /** Grows each time the breaker opens or closes. What was counted before does not count any more. */
  readonly round: number;
  /** Present while the breaker is open. Afterwards one attempt goes through, until one reaches the processor. */
  readonly openUntil?: number;
  /** Until then, the attempt that goes through is under way. */
  readonly probeUntil?: number;
}

/** The item of a processor in the lookups table, without its counters. Those are attributes that only `dispatch` reads. */
export interface BreakerItem {
  /** Grows with each pause and resumption. 0 if there was none. */
  readonly revision: number;
  readonly paused?: Pause;
  readonly state: BreakerState;
}

/** Key of the item of a processor. */
export const breakerItemKey = (processor: string): Record<string, AttributeValue> => ({
  [LOOKUPS_TABLE.partitionKey]: { S: breakerKey(processor) },
});

/** Reads an item. Undefined: nothing was counted yet. */
export const readBreakerItem = (item: Readonly<Record<string, AttributeValue>> = {}): BreakerItem => {
  const { paused, revision = 0, state = { round: 0 } } = fromAttributes(item) as Partial<BreakerItem>;
  return { revision, ...(paused !== undefined && { paused }), state };
};

/** @param now milliseconds since 1970 */
export const phaseOf = ({ openUntil }: BreakerState, now: number): BreakerPhase => {
  if (openUntil === undefined) return 'closed';
  return openUntil > now ? 'open' : 'halfOpen';
};

/** Pauses a processor that has this revision. The condition fails for another revision, and if it is paused. */
export const pauseUpdate = (revision: number, pause: Pause): TaskUpdate => ({
  UpdateExpression: 'SET paused = :paused, revision = :next',
  ConditionExpression: `attribute_not_exists(paused) AND ${hasRevision(revision)}`,
  ExpressionAttributeValues: toAttributes({ ':paused': pause, ':next': revision + 1, ':revision': revision }),
});

/**
 * Resumes a processor that has this revision. Its breaker closes too, and all counts begin anew, because they belong to a revision: an
 * operator who resumes it wants attempts now. The condition fails for another revision.
 */
export const resumeUpdate = (revision: number): TaskUpdate => ({
  UpdateExpression: 'SET revision = :next REMOVE paused, #state',
  ConditionExpression: hasRevision(revision),
  ExpressionAttributeNames: { '#state': 'state' },
  ExpressionAttributeValues: toAttributes({ ':next': revision + 1, ':revision': revision }),
});

/** A processor without an item has the revision 0. */
const hasRevision = (revision: number): string =>
  revision === 0 ? '(attribute_not_exists(revision) OR revision = :revision)' : 'revision = :revision';
