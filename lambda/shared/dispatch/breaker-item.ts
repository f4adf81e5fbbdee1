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

/** What processes count together. Times are milliseconds since 1970. */
export interface BreakerState {
  /** Attempts by the second in which they were counted: those that reached the processor, and those that did not. */
  readonly counts: Readonly<Record<string, readonly [reached: number, unreachable: number]>>;
  /** Tasks whose attempts did not reach the processor, with the time of the last one. */
  readonly failing: Readonly<Record<string, number>>;
  /** Tasks that got 410, with the time. */
  readonly gone: Readonly<Record<string, number>>;
  /** Present while the breaker is open. Afterwards one attempt goes through, until one reaches the processor. */
  readonly openUntil?: number;
  /** Until then, the attempt that goes through is under way. */
  readonly probeUntil?: number;
  /** Attempts that may begin in one second, and that processes have taken. */
  readonly rate?: { readonly second: number; readonly taken: number };
}

/** The item of a processor in the lookups table. */
export interface BreakerItem {
  /** Grows with each pause and resumption. 0 if there was none. */
  readonly revision: number;
  /** Grows with each write. 0 if there is no item. */
  readonly version: number;
  readonly paused?: Pause;
  readonly state: BreakerState;
}

export const EMPTY_STATE: BreakerState = { counts: {}, failing: {}, gone: {} };

/** Key of the item of a processor. */
export const breakerItemKey = (processor: string): Record<string, AttributeValue> => ({
  [LOOKUPS_TABLE.partitionKey]: { S: breakerKey(processor) },
});

/** Reads an item. Undefined: nothing was counted yet. */
export const readBreakerItem = (item: Readonly<Record<string, AttributeValue>> | undefined): BreakerItem => {
  if (item === undefined) return { revision: 0, version: 0, state: EMPTY_STATE };
  const {
    paused,
    revision = 0,
    state,
    version = 0,
  } = fromAttributes(item) as Partial<Omit<BreakerItem, 'state'> & { readonly state: string }>;
  return {
    revision,
    version,
    ...(paused !== undefined && { paused }),
    state: state === undefined ? EMPTY_STATE : (JSON.parse(state) as BreakerState),
  };
};

/** @param now milliseconds since 1970 */
export const phaseOf = ({ openUntil }: BreakerState, now: number): BreakerPhase => {
  if (openUntil === undefined) return 'closed';
  return openUntil > now ? 'open' : 'halfOpen';
};

const NAMES = { '#state': 'state' } as const;

/** Replaces the item that was read. The condition fails if it has changed. */
export const writeBreakerItem = (before: BreakerItem, after: BreakerItem): TaskUpdate => ({
  UpdateExpression: [
    'SET version = :next, revision = :revision, #state = :state',
    after.paused === undefined ? ' REMOVE paused' : ', paused = :paused',
  ].join(''),
  ConditionExpression: before.version === 0 ? 'attribute_not_exists(version)' : 'version = :version',
  ExpressionAttributeNames: NAMES,
  ExpressionAttributeValues: toAttributes({
    ...(before.version !== 0 && { ':version': before.version }),
    ':next': before.version + 1,
    ':revision': after.revision,
    ':state': JSON.stringify(after.state),
    ...(after.paused !== undefined && { ':paused': after.paused }),
  }),
});

/** Pauses a processor that has this revision. The condition fails for another revision. */
export const pauseUpdate = (revision: number, pause: Pause): TaskUpdate => ({
  UpdateExpression: 'SET paused = :paused, revision = :next ADD version :one',
  ConditionExpression: hasRevision(revision),
  ExpressionAttributeValues: toAttributes({
    ':paused': pause,
    ':next': revision + 1,
    ':one': 1,
    ':revision': revision,
  }),
});

/**
 * Resumes a processor that has this revision. Its breaker closes too, and all counts begin anew: an operator who resumes it wants
 * attempts now. The condition fails for another revision.
 */
export const resumeUpdate = (revision: number): TaskUpdate => ({
  UpdateExpression: 'SET revision = :next REMOVE paused, #state ADD version :one',
  ConditionExpression: hasRevision(revision),
  ExpressionAttributeNames: NAMES,
  ExpressionAttributeValues: toAttributes({
    ':next': revision + 1,
    ':one': 1,
    ':revision': revision,
  }),
});

/** A processor without an item has the revision 0. */
const hasRevision = (revision: number): string =>
  revision === 0 ? '(attribute_not_exists(revision) OR revision = :revision)' : 'revision = :revision';
