import type { DispatchSettings } from '../../contract/dispatch.ts';
import { MAX_DISPATCH_ISSUES } from '../../contract/dispatch-limits.ts';
import { REOPEN_LIMIT } from '../../contract/limits.ts';
import type { Processor } from '../../contract/registry.ts';
import { inSeconds, statusAt, type TaskChange, type TaskItem, type TaskStatus } from '../../contract/task.ts';
import { toAttributes } from '../aws/attribute-values.ts';
import type { IssueAttributes } from '../callbacks/issue-attributes.ts';
import { type Refusal, refuse } from '../refusal.ts';
import { assign, placeholders } from '../tables/assignments.ts';
import { IS_NOT_OVERDUE } from '../tables/closing.ts';
import { hasFailedByDispatch, showDispatch } from '../tables/dispatch-view.ts';
import { journalAppend } from '../tables/journal.ts';
import { acceptanceEntry } from '../tables/journal-of-acceptance.ts';
import { lastExpiresIn, timesOf } from '../tables/task-times.ts';
import { type Actor, type Condition, hasRevision, onlyIf, type TaskUpdate } from '../tables/task-updates.ts';
import { IS_NOT_TOLD, refuseToldWorkflow } from '../tables/told-workflow.ts';
import { queueAttributes } from './queue-attributes.ts';

/** Attributes of a task that sending its work again depends on. */
export const SENDABLE_ATTRIBUTES = [
  'taskId',
  'status',
  'processor',
  'carrier',
  'createdAt',
  'expiresAt',
  'expiresIn',
  'reissuedAt',
  'deadline',
  'heartbeatDeadline',
  'closedAt',
  'purgeAt',
  'shard',
  'failure',
  'history',
  'journal',
  'progress',
  'reopenings',
  'resume',
  'revision',
  'revokedAt',
  'dispatch',
  'queuedAt',
] as const satisfies readonly (keyof TaskItem)[];

export type SendableTask = Pick<TaskItem, (typeof SENDABLE_ATTRIBUTES)[number]>;

/** A processor that Postern sends work to. */
export type DispatchedProcessor = Processor & { readonly dispatch: DispatchSettings };

export const isDispatched = (processor: Processor): processor is DispatchedProcessor =>
  processor.dispatch !== undefined;

/**
 * Ways to send the work of a task again:
 *
 * - `attempt`: the next attempt is made now, with the present callbacks
 * - `issue`: new callbacks are sent
 * - `reopening`: the dispatch had failed, and the task with it. It is pending again, and new callbacks are sent
 */
export type SendingAgain = 'attempt' | 'issue' | 'reopening';

/**
 * Returns how the work of a task is sent again, or why that is not possible.
 * @param now seconds since 1970
 */
export const planSendingAgain = (task: SendableTask, now: number): SendingAgain | Refusal => {
  const { dispatch, reopenings = [] } = task;
  if (dispatch === undefined) return refuse('not_dispatched', 'the task was opened without dispatch');
  const status = statusAt(task, now);
  if (status === 'pending') {
    if (dispatch.state === 'queued' && (dispatch.lease ?? 0) > now) {
      return refuse('dispatch_running', `attempt ${dispatch.attempts} is under way`);
    }
    if (showDispatch(task, now)?.state === 'queued') return 'attempt';
    return refuseIssue(dispatch.issue) ?? 'issue';
  }
  if (!hasFailedByDispatch(task)) return refuse('task_closed', `the task is ${status}`);
  if (reopenings.length >= REOPEN_LIMIT) return refuse('reopen_limit', `reopened ${reopenings.length} times`);
  return refuseToldWorkflow(task) ?? refuseIssue(dispatch.issue) ?? 'reopening';
};

/** Refuses a further issue of callbacks after this one. */
export const refuseIssue = (issue: number): Refusal | undefined =>
  issue >= MAX_DISPATCH_ISSUES ? refuse('dispatch_limit', `${issue} issues of callbacks`) : undefined;

/** Returns the least lifetime of callbacks: enough for one whole attempt and for the work, in seconds. */
export const leastExpiresIn = ({ retry, timeout }: Pick<DispatchSettings, 'retry' | 'timeout'>): number =>
  retry.leastTime + timeout;

/**
 * Returns the attributes of new callbacks. They have the parameters of the last ones, as far as the entry of the processor allows
 * them.
 * @param callbacks the new jtis, see `nameCallbacks`
 * @param now seconds since 1970
 */
export const newIssueOf = (
  task: SendableTask,
  processor: DispatchedProcessor,
  callbacks: TaskItem['callbacks'],
  now: number,
): IssueAttributes => {
  const expiresIn = Math.min(Math.max(lastExpiresIn(task), leastExpiresIn(processor.dispatch)), processor.maxExpiresIn);
  const retention = task.purgeAt - inSeconds(Date.parse(task.expiresAt));
  return {
    callbacks,
    uploads: {},
    carrier:
      task.carrier === 'header' || processor.carriers.includes(task.carrier) ? task.carrier : processor.carriers[0],
    expiresIn,
    reissuedAt: now,
    // The heartbeat begins when the processor accepts the work.
    ...timesOf(now, expiresIn, undefined, retention),
  };
};

/** The operator who sends the work again, and the reason. Without operator: the sender of the task. */
type Sending = Actor & { readonly reason: string };

/**
 * Makes the next attempt due now. The condition fails if an attempt has begun since the task was read, or the task has another
 * revision. The callbacks and the revision stay.
 * @param now milliseconds since 1970
 */
export const attemptNowUpdate = (task: SendableTask, now: number, actor: Sending): TaskUpdate => {
  const at = new Date(now).toISOString();
  const journal = journalAppend(task, { at, kind: 'dispatchQueued', ...actor });
  const queue = assign({ dispatchAt: inSeconds(now) });
  const change = changeTo('dispatchQueued', at);
  const update: TaskUpdate = {
    UpdateExpression: `SET ${[...queue.assignments, ...change.assignments, ...journal.assignments].join(', ')}`,
    ConditionExpression: ['#status = :before', IS_NOT_OVERDUE, ...journal.conditions].join(' AND '),
    ExpressionAttributeNames: { ...placeholders(['status']), ...queue.names, ...change.names },
    ExpressionAttributeValues: {
      ...queue.values,
      ...change.values,
      ...journal.values,
      ...toAttributes({ ':before': task.status, ':now': inSeconds(now) }),
    },
  };
  return onlyIf(update, hasRevision(task), ...isAsRead(task, now));
};

/**
 * Queues the work of a task with new callbacks. A task that failed by its dispatch is pending again. The condition fails if an
 * attempt has begun since the task was read, or the task has another revision.
 * @param after attributes of the new callbacks
 * @param now milliseconds since 1970
 */
export const sendAgainUpdate = (
  task: SendableTask,
  how: 'issue' | 'reopening',
  after: IssueAttributes,
  now: number,
  actor: Sending,
): TaskUpdate => {
  const at = new Date(now).toISOString();
  const journal = journalAppend(task, { at, kind: 'dispatchQueued', ...actor }, acceptanceEntry(task, now));
  const issue = assign({ ...after, ...queueAttributes(task, task.dispatch, inSeconds(now)) });
  const change = changeTo(how === 'reopening' ? 'reopened' : 'dispatchQueued', at);
  const reopening = how === 'reopening' ? reopen(task, at, actor.reason) : undefined;
  const update: TaskUpdate = {
    UpdateExpression: [
      `SET ${[...issue.assignments, ...change.assignments, ...journal.assignments, ...(reopening?.assignments ?? [])].join(', ')}`,
      `REMOVE ${['revoked', 'revokedAt', ...(reopening?.removals ?? [])].join(', ')}`,
      `ADD ${[...(reopening?.additions ?? []), 'revision :one'].join(', ')}`,
    ].join(' '),
    ConditionExpression: [
      '#status = :before',
      ...(reopening?.conditions ?? [IS_NOT_OVERDUE]),
      ...journal.conditions,
    ].join(' AND '),
    ExpressionAttributeNames: { ...placeholders(['status']), ...issue.names, ...change.names, ...reopening?.names },
    ExpressionAttributeValues: {
      ...issue.values,
      ...change.values,
      ...journal.values,
      ...reopening?.values,
      ...toAttributes({
        ':before': task.status,
        ':one': 1,
        ...(reopening === undefined && { ':now': inSeconds(now) }),
      }),
    },
  };
  const told = reopening !== undefined && task.resume !== undefined ? [IS_NOT_TOLD] : [];
  return onlyIf(update, hasRevision(task), ...isAsRead(task, now), hasProgressAsRead(task), ...told);
};

/** Parts of the update that makes a failed task pending again. */
const reopen = ({ history, reopenings, status }: SendableTask, at: string, reason: string) => ({
  assignments: [
    '#status = :pending, dueShard = #shard, history = :history',
    'reopenings = list_append(if_not_exists(reopenings, :none), :reopening)',
  ],
  removals: ['closedAt'],
  additions: ['#sequence :one'],
  conditions: [reopenings === undefined ? 'attribute_not_exists(reopenings)' : 'size(reopenings) = :times'],
  names: placeholders(['shard', 'sequence']),
  values: toAttributes({
    ':pending': 'pending' satisfies TaskStatus,
    ':history': [...history, { at, status: 'pending' satisfies TaskStatus }],
    ':none': [],
    ':reopening': [{ at, from: status, reason }],
    ...(reopenings !== undefined && { ':times': reopenings.length }),
  }),
});

/** No progress was reported since the task was read: such a report could be later than the new issue. */
const hasProgressAsRead = ({ progress }: SendableTask): Condition =>
  progress === undefined
    ? { condition: 'attribute_not_exists(progress)', names: {}, values: {} }
    : {
        condition: 'progress.#at = :progressBefore',
        names: placeholders(['at']),
        values: toAttributes({ ':progressBefore': progress.at }),
      };

const changeTo = (change: TaskChange, changedAt: string) => assign({ change, changedAt });

/**
 * The dispatch is as it was read, and no attempt is under way. The revision does not show that: attempts do not change it.
 * @param now milliseconds since 1970
 */
const isAsRead = ({ dispatch }: SendableTask, now: number): readonly Condition[] => {
  if (dispatch === undefined) throw new TypeError('The task was opened without dispatch.');
  const { attempts, issue, state } = dispatch;
  const same =
    '#dispatch.#state = :stateBefore AND #dispatch.issue = :issueBefore AND #dispatch.attempts = :attemptsBefore';
  const idle = '(attribute_not_exists(#dispatch.#lease) OR #dispatch.#lease <= :leaseNow)';
  return [
    {
      condition: state === 'queued' ? `${same} AND ${idle}` : same,
      names: placeholders(['dispatch', 'state', ...(state === 'queued' ? ['lease'] : [])]),
      values: toAttributes({
        ':stateBefore': state,
        ':issueBefore': issue,
        ':attemptsBefore': attempts,
        ...(state === 'queued' && { ':leaseNow': inSeconds(now) }),
      }),
    },
  ];
};
