import type { AttributeValue, UpdateItemCommandInput } from '@aws-sdk/client-dynamodb';
import { CAPABILITIES } from '../../contract/capabilities.ts';
import {
  inSeconds,
  type QuarantineReason,
  type TaskChange,
  type TaskItem,
  type TaskStatus,
} from '../../contract/task.ts';
import { marshalPayload } from '../../shared/tables/stored-payload.ts';
import type { Quarantined } from './sender-task-store.ts';
import type { TaskRecord } from './task-view.ts';
import { expiryOf } from './task-view.ts';

/** Expression and condition of an update. */
export type TaskUpdate = Pick<
  UpdateItemCommandInput,
  'UpdateExpression' | 'ConditionExpression' | 'ExpressionAttributeNames' | 'ExpressionAttributeValues'
>;

/** The task is pending and not overdue. */
const MAY_CANCEL = '#status = :pending AND deadline > :now AND heartbeatDeadline > :now';

/** The status is the one that was read, and the delivery is still in quarantine. */
const MAY_ACCEPT = '#status = :before AND attribute_exists(#kept.#id)';
const IS_OVERDUE = '(deadline <= :now OR heartbeatDeadline <= :now)';

const MAY_DISCARD = 'attribute_exists(#kept.#id)';

/** Attribute with the entries of each reason. */
const ATTRIBUTE_OF = { late: 'quarantine', reopened: 'reopened' } as const satisfies Record<
  QuarantineReason,
  keyof TaskItem
>;

/** Closes the task. */
const CLOSE =
  'SET #status = :status, closedAt = :at, changedAt = :at, #change = :change, history = list_append(history, :history)';
/** Removes the task from the index of pending tasks. */
const CLOSED = 'REMOVE dueShard, due';
const PUBLISHED = '#sequence :one';

/**
 * Stores the id of a late delivery, so that a repeat is not kept again. A delivery that a reopening rolled back needs no id:
 * the record of its token stays, and a repeat is acknowledged.
 */
const settled = (why: QuarantineReason, id: string): { readonly add: readonly string[]; readonly values: Values } =>
  why === 'late' ? { add: ['settled :ids'], values: { ':ids': { SS: [id] } } } : { add: [], values: {} };

type Values = Readonly<Record<string, AttributeValue>>;

/** @param now milliseconds since 1970 */
export const cancelUpdate = (now: number): TaskUpdate => {
  const at = new Date(now).toISOString();
  const cancelled = 'cancelled' satisfies TaskStatus & TaskChange;
  return {
    UpdateExpression: `${CLOSE} ${CLOSED} ADD ${PUBLISHED}`,
    ConditionExpression: MAY_CANCEL,
    ExpressionAttributeNames: { '#status': 'status', '#change': 'change', '#sequence': 'sequence' },
    ExpressionAttributeValues: {
      ':pending': { S: 'pending' satisfies TaskStatus },
      ':now': { N: `${inSeconds(now)}` },
      ':status': { S: cancelled },
      ':change': { S: cancelled },
      ':at': { S: at },
      ':history': historyOf([at, cancelled]),
      ':one': { N: '1' },
    },
  };
};

/**
 * Accepts a delivery. Its bytes move within the item, or the task takes over the key in the bucket.
 * @param now milliseconds since 1970
 */
export const acceptUpdate = (task: TaskRecord, { entry, why }: Quarantined, now: number): TaskUpdate => {
  const at = new Date(now).toISOString();
  const status = CAPABILITIES[entry.capability].closesTaskAs;
  // The expiry was not written yet, so this update adds it to the history.
  const overdue = task.status === 'pending';
  const stored = entry.payload === undefined ? 'payloadKey' : 'payload';
  const { add, values } = settled(why, entry.id);
  return {
    UpdateExpression: `${CLOSE}, #capability = :payload, #stored = #kept.#id.#stored ${CLOSED}, #kept.#id ADD ${[PUBLISHED, ...add].join(', ')}`,
    ConditionExpression: overdue ? `${MAY_ACCEPT} AND ${IS_OVERDUE}` : MAY_ACCEPT,
    ExpressionAttributeNames: {
      '#status': 'status',
      '#change': 'change',
      '#sequence': 'sequence',
      '#kept': ATTRIBUTE_OF[why],
      '#id': entry.id,
      '#capability': entry.capability,
      '#stored': stored,
    },
    ExpressionAttributeValues: {
      ...values,
      ':before': { S: task.status },
      ...(overdue && { ':now': { N: `${inSeconds(now)}` } }),
      ':status': { S: status },
      ':change': { S: status },
      ':at': { S: at },
      ':payload': { M: marshalPayload(entry) },
      ':history': historyOf(...(overdue ? [[expiryOf(task), 'expired'] as const] : []), [at, status]),
      ':one': { N: '1' },
    },
  };
};

/**
 * Discards a delivery. The change is not published, so the sequence stays.
 * @param now milliseconds since 1970
 */
export const discardUpdate = (quarantineId: string, why: QuarantineReason, now: number): TaskUpdate => {
  const { add, values } = settled(why, quarantineId);
  return {
    UpdateExpression: [
      'SET #change = :change, changedAt = :at REMOVE #kept.#id',
      ...(add.length === 0 ? [] : [`ADD ${add.join(', ')}`]),
    ].join(' '),
    ConditionExpression: MAY_DISCARD,
    ExpressionAttributeNames: { '#kept': ATTRIBUTE_OF[why], '#id': quarantineId, '#change': 'change' },
    ExpressionAttributeValues: {
      ...values,
      ':change': { S: 'discarded' satisfies TaskChange },
      ':at': { S: new Date(now).toISOString() },
    },
  };
};

const historyOf = (...entries: readonly (readonly [at: string, status: TaskStatus])[]): AttributeValue => ({
  L: entries.map(([at, status]) => ({ M: { at: { S: at }, status: { S: status } } })),
});
