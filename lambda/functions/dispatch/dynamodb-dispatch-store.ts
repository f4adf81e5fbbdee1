import type { AttributeValue, UpdateItemCommandInput } from '@aws-sdk/client-dynamodb';
import { DISPATCH_READ_ATTRIBUTES } from '../../contract/dispatch-attributes.ts';
import { dispatchShardKey, TASKS_TABLE } from '../../contract/tables.ts';
import {
  effectiveDeadline,
  inSeconds,
  type TaskChange,
  type TaskLayout,
  type TaskStatus,
} from '../../contract/task.ts';
import { toAttributes } from '../../shared/aws/attribute-values.ts';
import { writeConditionally } from '../../shared/aws/conditional-write.ts';
import type { CallDynamoDB } from '../../shared/aws/dynamodb.ts';
import { type ConflictRetries, retryConflicts } from '../../shared/aws/transaction-conflicts.ts';
import { closingOf, IS_NOT_OVERDUE } from '../../shared/tables/closing.ts';
import { journalAppend } from '../../shared/tables/journal.ts';
import { readTask } from '../../shared/tables/read-task.ts';
import type { DispatchStore, SentTask } from './dispatch-store.ts';

export interface DynamoDBDispatchStoreOptions extends ConflictRetries {
  readonly dynamodb: CallDynamoDB;
  readonly tasksTable: string;
  readonly layout: TaskLayout;
  /** Time for which an attempt holds its task. */
  readonly leaseSeconds: number;
}

/** Parts of an update. Empty lists are left out of the expression. */
interface Parts {
  readonly set: readonly string[];
  readonly remove?: readonly string[];
  readonly add?: readonly string[];
  readonly conditions: readonly string[];
  readonly values: Readonly<Record<string, AttributeValue>>;
}

const NAMES = {
  '#dispatch': 'dispatch',
  '#state': 'state',
  '#used': 'used',
  '#change': 'change',
  '#status': 'status',
  '#sequence': 'sequence',
  '#at': 'at',
} as const;

const QUEUED = '#dispatch.#state = :queued';
/** The issue of callbacks is the one that was read. */
const SAME_ISSUE = '#dispatch.issue = :issue';
const SAME_ATTEMPTS = '#dispatch.attempts = :attempts';
const NO_LEASE = '(attribute_not_exists(#dispatch.lease) OR #dispatch.lease <= :seconds)';
const OWN_LEASE = '#dispatch.lease = :lease';
const NOT_IN_INDEX = ['dispatchShard', 'dispatchAt'];
/**
 * The task is still to be sent: the opposite of `endOfDispatch` for a task that was read. A progress report since then comes from the
 * present callbacks.
 */
const hasNoEnd = ({ progress }: SentTask): readonly string[] => [
  `#status = :pending AND ${IS_NOT_OVERDUE}`,
  'attribute_not_exists(revokedAt)',
  progress === undefined ? 'attribute_not_exists(progress)' : 'progress.#at = :progressAt',
];

const rfc3339 = (milliseconds: number): string => new Date(milliseconds).toISOString();

/** The tasks table, for tasks whose work is sent. */
export const createDynamoDBDispatchStore = (options: DynamoDBDispatchStoreOptions): DispatchStore => {
  const { dynamodb, layout, leaseSeconds, tasksTable } = options;

  /** @returns false if the condition failed */
  const write = async ({ taskId }: SentTask, { add = [], conditions, remove = [], set, values }: Parts) => {
    const expression = [
      `SET ${set.join(', ')}`,
      ...(remove.length === 0 ? [] : [`REMOVE ${remove.join(', ')}`]),
      ...(add.length === 0 ? [] : [`ADD ${add.join(', ')}`]),
    ].join(' ');
    const condition = conditions.join(' AND ');
    const used = (name: string) => new RegExp(`${name}\\b`).test(`${expression} ${condition}`);
    const input: UpdateItemCommandInput = {
      TableName: tasksTable,
      Key: { [TASKS_TABLE.partitionKey]: { S: taskId } },
      UpdateExpression: expression,
      ConditionExpression: condition,
      ExpressionAttributeNames: Object.fromEntries(Object.entries(NAMES).filter(([name]) => used(name))),
      ExpressionAttributeValues: values,
    };
    return (await writeConditionally(() => retryConflicts(() => dynamodb('UpdateItem', input), options))).written;
  };

  /** Values of the conditions: the issue and the number of attempts that were read. */
  const read = ({ dispatch }: SentTask) => ({
    ':queued': 'queued',
    ':issue': dispatch.issue,
    ':attempts': dispatch.attempts,
  });

  /** Values of `hasNoEnd`. */
  const noEnd = ({ progress }: SentTask, now: number) => ({
    ':pending': 'pending' satisfies TaskStatus,
    ':now': inSeconds(now),
    ...(progress !== undefined && { ':progressAt': progress.at }),
  });

  const change = (name: TaskChange) => ({ ':change': name });

  const answer = (status: number | undefined) =>
    status === undefined
      ? { set: [], remove: ['#dispatch.lastStatus'], values: {} }
      : { set: ['#dispatch.lastStatus = :status'], remove: [], values: { ':status': status } };

  return {
    find: async (taskId) => {
      const task = await readTask(options, taskId, DISPATCH_READ_ATTRIBUTES);
      return task?.dispatch === undefined ? undefined : (task as SentTask);
    },

    claim: async (task, { isUncertain, kid, now, used }) => {
      const seconds = inSeconds(now);
      const attempt = task.dispatch.attempts + 1;
      const lease = seconds + leaseSeconds;
      const claimed = {
        attempts: attempt,
        used,
        lease,
        lastAttemptAt: rfc3339(now),
        ...(isUncertain && { isUncertain }),
        ...(kid !== undefined && { kid }),
      };
      const isWritten = await write(task, {
        set: [
          ...Object.keys(claimed).map((name) =>
            name === 'used' ? '#dispatch.#used = :used' : `#dispatch.${name} = :${name}Now`,
          ),
          '#change = :change',
        ],
        // Until it has an answer, the attempt has none: also if this process ends.
        remove: ['#dispatch.lastStatus'],
        // A claim changes neither the index nor what other requests depend on.
        conditions: [
          ...hasNoEnd(task),
          QUEUED,
          SAME_ISSUE,
          SAME_ATTEMPTS,
          NO_LEASE,
          task.revision === undefined ? 'attribute_not_exists(revision)' : 'revision = :revision',
        ],
        values: toAttributes({
          ...read(task),
          ...change('dispatching'),
          ...noEnd(task, now),
          ':seconds': seconds,
          ':used': used,
          ...Object.fromEntries(
            Object.entries(claimed)
              .filter(([name]) => name !== 'used')
              .map(([name, value]) => [`:${name}Now`, value]),
          ),
          ...(task.revision !== undefined && { ':revision': task.revision }),
        }),
      });
      const { lastStatus: _none, ...before } = task.dispatch;
      return isWritten ? { attempt, task: { ...task, dispatch: { ...before, ...claimed } } } : undefined;
    },

    accept: async (task, { isAnswerUnknown, now, remoteId, status }) => {
      const last = answer(status);
      const parts: Parts = {
        set: [
          '#dispatch.#state = :accepted, #dispatch.acceptedAt = :at, #change = :change, changedAt = :at',
          ...last.set,
          ...(remoteId === undefined ? [] : ['#dispatch.remoteId = :remoteId']),
          ...(isAnswerUnknown ? ['#dispatch.reason = :unknown'] : []),
        ],
        remove: [...NOT_IN_INDEX, '#dispatch.lease', ...last.remove, ...(isAnswerUnknown ? [] : ['#dispatch.reason'])],
        add: ['#sequence :one'],
        conditions: [SAME_ISSUE, '#dispatch.#state <> :accepted'],
        values: toAttributes({
          ':issue': task.dispatch.issue,
          ':accepted': 'accepted',
          ':at': rfc3339(now),
          ':one': 1,
          ...change('dispatched'),
          ...last.values,
          ...(remoteId !== undefined && { ':remoteId': remoteId }),
          ...(isAnswerUnknown && { ':unknown': 'AnswerUnknown' }),
        }),
      };
      if (task.heartbeat === undefined) return write(task, parts);
      // The heartbeat of a pending task starts now. One that ended meanwhile has no heartbeat any more, and stays ended.
      const beats = inSeconds(now) + task.heartbeat;
      const isStarted = await write(task, {
        ...parts,
        set: [...parts.set, 'heartbeatDeadline = :beats, due = :due'],
        conditions: [...parts.conditions, `#status = :pending AND ${IS_NOT_OVERDUE}`],
        values: {
          ...parts.values,
          ...toAttributes({
            ':pending': 'pending' satisfies TaskStatus,
            ':now': inSeconds(now),
            ':beats': beats,
            ':due': Math.min(beats, task.deadline),
          }),
        },
      });
      return isStarted || write(task, parts);
    },

    retry: async ({ task }, { at, isUncertain, now, reason, status, uncounted, used }) => {
      const last = answer(status);
      const journal = journalAppend(task, { at: rfc3339(now), kind: 'dispatchRetried', reason });
      return write(task, {
        set: [
          '#dispatch.#used = :used, dispatchAt = :next, #change = :change, changedAt = :at',
          ...(uncounted > 0 ? ['#dispatch.uncounted = :uncounted'] : []),
          ...(isUncertain ? ['#dispatch.isUncertain = :true'] : []),
          ...last.set,
          ...journal.assignments,
        ],
        remove: ['#dispatch.lease', ...last.remove],
        // The lease is removed with it, so a repeat of this write changes nothing.
        conditions: [...hasNoEnd(task), QUEUED, SAME_ISSUE, SAME_ATTEMPTS, OWN_LEASE, ...journal.conditions],
        values: {
          ...journal.values,
          ...toAttributes({
            ...read(task),
            ...noEnd(task, now),
            ':lease': task.dispatch.lease ?? 0,
            ...change('dispatchRetried'),
            ...last.values,
            ':used': used,
            ':next': at,
            ':at': rfc3339(now),
            ...(uncounted > 0 && { ':uncounted': uncounted }),
            ...(isUncertain && { ':true': true }),
          }),
        },
      });
    },

    fail: async (task, { failsTask, now, reason, status }) => {
      const at = rfc3339(now);
      const last = answer(status);
      const journal = journalAppend(task, { at, kind: 'dispatchFailed', reason });
      const closing = failsTask ? closingOf(layout, at, 'failed') : { assignments: [], removals: [], values: {} };
      return write(task, {
        set: [
          '#dispatch.#state = :failed, #dispatch.reason = :reason, #change = :change, changedAt = :at',
          'dispatchShard = :shard, dispatchAt = :seconds',
          ...(failsTask ? ['#status = :failed, closedAt = :at'] : []),
          ...last.set,
          ...closing.assignments,
          ...journal.assignments,
        ],
        remove: ['#dispatch.lease', ...last.remove, ...closing.removals],
        // A task that fails has two events: that its dispatch failed, and that it failed.
        add: failsTask ? ['#sequence :two', 'revision :one'] : ['#sequence :one'],
        conditions: [...hasNoEnd(task), QUEUED, SAME_ISSUE, SAME_ATTEMPTS, ...journal.conditions],
        values: {
          ...closing.values,
          ...journal.values,
          ...toAttributes({
            ...read(task),
            ...noEnd(task, now),
            ...change('dispatchFailed'),
            ...last.values,
            ':failed': 'failed',
            ':reason': reason,
            ':shard': dispatchShardKey('failed', task.processor, task.shard),
            ':at': at,
            ':seconds': inSeconds(now),
            ':one': 1,
            ...(failsTask && { ':two': 2 }),
          }),
        },
      });
    },

    end: async (task, end, now, { isClaimed }) => {
      const isAccepted = end.state === 'accepted';
      // The progress report that shows the acceptance has begun the heartbeat, and the index has the task at its deadline still.
      const due = isAccepted && task.status === 'pending' && task.heartbeat !== undefined;
      return write(task, {
        set: [
          '#dispatch.#state = :state, #change = :change, changedAt = :at',
          isAccepted ? '#dispatch.acceptedAt = :acceptedAt' : '#dispatch.reason = :reason',
          ...(due ? ['due = :due'] : []),
        ],
        remove: [...NOT_IN_INDEX, '#dispatch.lease'],
        ...(isAccepted && { add: ['#sequence :one'] }),
        conditions: [QUEUED, SAME_ISSUE, SAME_ATTEMPTS, ...(isClaimed ? [] : [NO_LEASE])],
        values: toAttributes({
          ...read(task),
          ...change(isAccepted ? 'dispatched' : 'dispatchStopped'),
          ':state': end.state,
          ':at': rfc3339(now),
          ...(due && { ':due': effectiveDeadline(task) }),
          ...(!isClaimed && { ':seconds': inSeconds(now) }),
          ...(isAccepted ? { ':acceptedAt': end.acceptedAt, ':one': 1 } : { ':reason': end.reason }),
        }),
      });
    },

    postpone: (task, at) =>
      write(task, {
        set: ['dispatchAt = :next, #change = :change'],
        conditions: [QUEUED, SAME_ISSUE, SAME_ATTEMPTS, 'attribute_exists(dispatchAt)'],
        values: toAttributes({ ...read(task), ...change('dispatchWaiting'), ':next': at }),
      }),
  };
};
