import type { AttributeValue, Update } from '@aws-sdk/client-dynamodb';
import { CAPABILITIES } from '../../contract/capabilities.ts';
import {
  inSeconds,
  type JournalEntry,
  type QuarantineReason,
  type TaskChange,
  type TaskItem,
  type TaskLayout,
  type TaskStatus,
} from '../../contract/task.ts';
import { closingOf, IS_NOT_OVERDUE, marshalHistory } from './closing.ts';
import { type JournalAppend, journalAppend } from './journal.ts';
import { acceptBytes, removeBytes } from './kept-bytes.ts';
import { type Quarantined, quarantineOf } from './quarantined.ts';
import { marshalPayload } from './stored-payload.ts';
import { expiryOf, type TaskRecord } from './task-view.ts';

/** Expression and condition of an update. */
export type TaskUpdate = Pick<
  Update,
  'UpdateExpression' | 'ConditionExpression' | 'ExpressionAttributeNames' | 'ExpressionAttributeValues'
>;

/** A task with its deliveries in quarantine, and what an update of them depends on. */
export type TaskWithQuarantine = TaskRecord & Pick<TaskItem, 'quarantine' | 'reopened' | 'journal' | 'revision'>;

/** The operator who changes a task, and the reason. Absent: a sender changes it. */
export type Actor = Pick<JournalEntry, 'operator' | 'reason'>;

type Values = Readonly<Record<string, AttributeValue>>;

/** A further condition of an update. */
export interface Condition {
  readonly condition: string;
  readonly names?: Readonly<Record<string, string>>;
  readonly values: Values;
}

/** Adds conditions to an update. */
export const onlyIf = <U extends Partial<TaskUpdate>>(update: U, ...conditions: readonly Condition[]): U => ({
  ...update,
  ConditionExpression: [...conditions.map(({ condition }) => condition), update.ConditionExpression].join(' AND '),
  ExpressionAttributeNames: Object.assign({}, update.ExpressionAttributeNames, ...conditions.map(({ names }) => names)),
  ExpressionAttributeValues: Object.assign(
    {},
    update.ExpressionAttributeValues,
    ...conditions.map(({ values }) => values),
  ),
});

/** The task has the revision that was read. */
export const hasRevision = ({ revision }: Pick<TaskItem, 'revision'>): Condition =>
  revision === undefined
    ? { condition: 'attribute_not_exists(revision)', values: {} }
    : { condition: 'revision = :revision', values: { ':revision': { N: `${revision}` } } };

/** The task is pending and not overdue. */
const MAY_CANCEL = `#status = :pending AND ${IS_NOT_OVERDUE}`;

/** The status is the one that was read, and the delivery is still in quarantine. */
const MAY_ACCEPT = '#status = :before AND attribute_exists(#kept.#id)';
const IS_OVERDUE = '(deadline <= :now OR heartbeatDeadline <= :now)';

const MAY_DISCARD = 'attribute_exists(#kept.#id)';

/** Attribute with the entries of each reason. */
const ATTRIBUTE_OF = { late: 'quarantine', reopened: 'reopened' } as const satisfies Record<
  QuarantineReason,
  keyof TaskItem
>;

/** Closes the task. See `closingOf` for the rest. */
const CLOSE = '#status = :status, closedAt = :at, changedAt = :at, #change = :change';
/** Removes the task from the index of tasks with deliveries in quarantine. */
const NOT_IN_QUARANTINE = 'quarantineShard, quarantinedKey';
const PUBLISHED = '#sequence :one';
const REVISED = 'revision :one';

/**
 * Stores the id of a late delivery, so that a repeat is not kept again. A delivery that a reopening rolled back needs no id:
 * the record of its token stays, and a repeat is acknowledged.
 */
const settled = (why: QuarantineReason, id: string): { readonly add: readonly string[]; readonly values: Values } =>
  why === 'late' ? { add: ['settled :ids'], values: { ':ids': { SS: [id] } } } : { add: [], values: {} };

/** Members of a delivery in the journal. The timeline shows its arrival by them, because it is no longer in quarantine. */
const decided = ({ entry, why }: Quarantined): Pick<JournalEntry, 'capability' | 'lateAt'> => ({
  capability: entry.capability,
  ...(why === 'late' && { lateAt: entry.receivedAt }),
});

/** Attributes to remove with a delivery. With the last delivery, those of the index are removed too. */
const removed = (task: TaskWithQuarantine, { entry }: Quarantined, now: number): readonly string[] => {
  const others = quarantineOf(task, now).filter((other) => other.entry.id !== entry.id);
  return ['#kept.#id', ...removeBytes(entry).removals, ...(others.length === 0 ? [NOT_IN_QUARANTINE] : [])];
};

/** Parts of an update that also stops the dispatch of a task. */
export interface StopOfDispatch {
  readonly assignments: readonly string[];
  readonly removals: readonly string[];
}

const NO_JOURNAL: JournalAppend = { assignments: [], conditions: [], values: {} };

/**
 * Cancels a task.
 * @param now milliseconds since 1970
 * @param journal entry of an operator's cancellation; the history has that of a sender
 * @param stop of the dispatch. Its names and values come with a condition, see `onlyIf`
 */
export const cancelUpdate = (
  layout: TaskLayout,
  now: number,
  journal: JournalAppend = NO_JOURNAL,
  stop: StopOfDispatch = { assignments: [], removals: [] },
): TaskUpdate => {
  const at = new Date(now).toISOString();
  const cancelled = 'cancelled' satisfies TaskStatus & TaskChange;
  const closing = closingOf(layout, at, cancelled);
  return {
    UpdateExpression: [
      `SET ${[CLOSE, ...closing.assignments, ...journal.assignments, ...stop.assignments].join(', ')}`,
      `REMOVE ${[...closing.removals, ...stop.removals].join(', ')}`,
      `ADD ${PUBLISHED}, ${REVISED}`,
    ].join(' '),
    ConditionExpression: [MAY_CANCEL, ...journal.conditions].join(' AND '),
    ExpressionAttributeNames: { '#status': 'status', '#change': 'change', '#sequence': 'sequence' },
    ExpressionAttributeValues: {
      ...closing.values,
      ...journal.values,
      ':pending': { S: 'pending' satisfies TaskStatus },
      ':now': { N: `${inSeconds(now)}` },
      ':status': { S: cancelled },
      ':change': { S: cancelled },
      ':at': { S: at },
      ':one': { N: '1' },
    },
  };
};

/**
 * Accepts a delivery of the task that was read. Its bytes move within the item, or the task takes over the key in the bucket.
 * The condition fails if the task has another revision.
 * @param now milliseconds since 1970
 */
export const acceptUpdate = (
  layout: TaskLayout,
  task: TaskWithQuarantine,
  quarantined: Quarantined,
  now: number,
  actor: Actor = {},
): TaskUpdate => {
  const { entry, why } = quarantined;
  const at = new Date(now).toISOString();
  const status = CAPABILITIES[entry.capability].closesTaskAs;
  // The expiry was not written yet, so this update adds it to the history.
  const overdue = task.status === 'pending';
  const { add, values } = settled(why, entry.id);
  const journal = journalAppend(task, { at, kind: 'accepted', ...decided(quarantined), ...actor });
  const closing = closingOf(layout, at, status);
  const expiry = overdue ? [{ at: expiryOf(task), status: 'expired' as const }] : [];
  const update: TaskUpdate = {
    UpdateExpression: [
      `SET ${[CLOSE, '#capability = :payload', acceptBytes(entry, '#kept.#id'), 'history = :history', ...journal.assignments].join(', ')}`,
      `REMOVE ${[...closing.removals, ...removed(task, quarantined, now)].join(', ')}`,
      `ADD ${[PUBLISHED, REVISED, ...add].join(', ')}`,
    ].join(' '),
    ConditionExpression: [MAY_ACCEPT, ...(overdue ? [IS_OVERDUE] : []), ...journal.conditions].join(' AND '),
    ExpressionAttributeNames: {
      '#status': 'status',
      '#change': 'change',
      '#sequence': 'sequence',
      '#kept': ATTRIBUTE_OF[why],
      '#id': entry.id,
      '#capability': entry.capability,
      ...removeBytes(entry).names,
    },
    ExpressionAttributeValues: {
      ...values,
      ...journal.values,
      ':history': marshalHistory([...task.history, ...expiry, { at, status }]),
      ':before': { S: task.status },
      ...(overdue && { ':now': { N: `${inSeconds(now)}` } }),
      ':status': { S: status },
      ':change': { S: status },
      ':at': { S: at },
      ':payload': { M: marshalPayload(entry) },
      ':one': { N: '1' },
    },
  };
  return onlyIf(update, hasRevision(task));
};

/**
 * Discards a delivery of the task that was read. The change is not published, so the sequence stays. The condition fails if
 * the task has another revision.
 * @param now milliseconds since 1970
 */
export const discardUpdate = (
  task: TaskWithQuarantine,
  quarantined: Quarantined,
  now: number,
  actor: Actor = {},
): TaskUpdate => {
  const { entry, why } = quarantined;
  const at = new Date(now).toISOString();
  const { add, values } = settled(why, entry.id);
  const journal = journalAppend(task, { at, kind: 'discarded', ...decided(quarantined), ...actor });
  const update: TaskUpdate = {
    UpdateExpression: [
      `SET ${['#change = :change, changedAt = :at', ...journal.assignments].join(', ')}`,
      `REMOVE ${removed(task, quarantined, now).join(', ')}`,
      `ADD ${[REVISED, ...add].join(', ')}`,
    ].join(' '),
    ConditionExpression: [MAY_DISCARD, ...journal.conditions].join(' AND '),
    ExpressionAttributeNames: {
      '#kept': ATTRIBUTE_OF[why],
      '#id': entry.id,
      '#change': 'change',
      ...removeBytes(entry).names,
    },
    ExpressionAttributeValues: {
      ...values,
      ...journal.values,
      ':change': { S: 'discarded' satisfies TaskChange },
      ':at': { S: at },
      ':one': { N: '1' },
    },
  };
  return onlyIf(update, hasRevision(task));
};
