import type { AttributeValue, UpdateItemCommandInput } from '@aws-sdk/client-dynamodb';
import { CAPABILITIES } from '../../contract/capabilities.ts';
import type { QuarantineReason, TaskChange, TaskItem, TaskStatus } from '../../contract/task.ts';
import { marshalPayload } from '../../shared/tables/stored-payload.ts';
import type { Quarantined } from './sender-task-store.ts';
import type { TaskRecord } from './task-view.ts';
import { expiryOf } from './task-view.ts';

/** What an update changes, and when it may. */
export type TaskUpdate = Pick<
  UpdateItemCommandInput,
  'UpdateExpression' | 'ConditionExpression' | 'ExpressionAttributeNames' | 'ExpressionAttributeValues'
>;

/** Only a pending task changes, and one past its time is expired already. */
const MAY_CANCEL = '#status = :pending AND deadline > :now AND heartbeatDeadline > :now';

/** Expired as it was read, written down or not, and the delivery still there. */
const MAY_ACCEPT = '#status = :before AND attribute_exists(#kept.#id)';
const IS_OVERDUE = '(deadline <= :now OR heartbeatDeadline <= :now)';

const MAY_DISCARD = 'attribute_exists(#kept.#id)';

/** Where the task keeps what is in quarantine. */
const KEPT_IN = { late: 'quarantine', reopened: 'reopened' } as const satisfies Record<
  QuarantineReason,
  keyof TaskItem
>;

/** Closes the task; without these two attributes it is no longer in the index of those that may expire. */
const CLOSE =
  'SET #status = :status, closedAt = :at, changedAt = :at, #change = :change, history = list_append(history, :history)';
const CLOSED = 'REMOVE dueShard, due';
const PUBLISHED = '#sequence :one';

/**
 * A late delivery stays decided: sent again, it is not kept again. What was taken back is never kept again: its token's
 * record stands.
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
      ':now': { N: `${Math.floor(now / 1000)}` },
      ':status': { S: cancelled },
      ':change': { S: cancelled },
      ':at': { S: at },
      ':history': historyOf([at, cancelled]),
      ':one': { N: '1' },
    },
  };
};

/**
 * The bytes stay where they are: from the entry they move within the item, in the bucket the task takes over the key.
 * @param now milliseconds since 1970
 */
export const acceptUpdate = (task: TaskRecord, { entry, why }: Quarantined, now: number): TaskUpdate => {
  const at = new Date(now).toISOString();
  const status = CAPABILITIES[entry.capability].closesTaskAs;
  // What nobody has written down yet is written down with it.
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
      '#kept': KEPT_IN[why],
      '#id': entry.id,
      '#capability': entry.capability,
      '#stored': stored,
    },
    ExpressionAttributeValues: {
      ...values,
      ':before': { S: task.status },
      ...(overdue && { ':now': { N: `${Math.floor(now / 1000)}` } }),
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
 * Nobody's news: not published, so the sequence stays.
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
    ExpressionAttributeNames: { '#kept': KEPT_IN[why], '#id': quarantineId, '#change': 'change' },
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
