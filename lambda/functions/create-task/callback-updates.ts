import type { AttributeValue, UpdateItemCommandInput } from '@aws-sdk/client-dynamodb';
import { CAPABILITY_NAMES } from '../../contract/capabilities.ts';
import { timeKey } from '../../contract/tables.ts';
import type { TaskChange, TaskStatus } from '../../contract/task.ts';
import { toAttributes } from '../../shared/aws/attribute-values.ts';
import { assign, placeholders } from '../../shared/tables/assignments.ts';
import { IS_NOT_OVERDUE } from '../../shared/tables/closing.ts';
import { journalAppend } from '../../shared/tables/journal.ts';
import { acceptanceEntry } from '../../shared/tables/journal-of-acceptance.ts';
import { keepBytes } from '../../shared/tables/kept-bytes.ts';
import { IS_NOT_TOLD } from '../../shared/tables/told-workflow.ts';
import type { IssuedTask, Reissue, ReissueParameter, Reopened } from './task-creation-store.ts';
import { currentParametersOf } from './task-with-callbacks.ts';

/** The task is pending and not overdue. */
const MAY_REISSUE = `#status = :pending AND ${IS_NOT_OVERDUE}`;

/**
 * Replaces the callbacks of a pending task.
 * @param now seconds since 1970
 */
export const replaceCallbacks = (table: string, reissue: Reissue, now: number): UpdateItemCommandInput => {
  const { after, at, before, omitted } = reissue;
  const issue = assign(after);
  const unchanged = omitted.map((parameter) => UNCHANGED[parameter](before));
  const journal = journalAppend(before, { at, kind: 'reissued' });
  return {
    TableName: table,
    Key: { taskId: { S: before.taskId } },
    // The change is not published, so the sequence stays.
    UpdateExpression: [
      `SET ${[...issue.assignments, '#change = :change, changedAt = :at', ...journal.assignments].join(', ')}`,
      'REMOVE revoked, revokedAt ADD revision :one',
    ].join(' '),
    ConditionExpression: [MAY_REISSUE, ...unchanged.map(({ condition }) => condition), ...journal.conditions].join(
      ' AND ',
    ),
    ExpressionAttributeNames: {
      '#status': 'status',
      '#change': 'change',
      ...issue.names,
      ...Object.assign({}, ...unchanged.map(({ names }) => names)),
    },
    ExpressionAttributeValues: {
      ...issue.values,
      ...Object.assign({}, ...unchanged.map(({ values }) => values)),
      ...journal.values,
      ':one': { N: '1' },
      ':pending': { S: 'pending' satisfies TaskStatus },
      ':now': { N: `${now}` },
      ':change': { S: 'reissued' satisfies TaskChange },
      ':at': { S: at },
    },
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  };
};

/**
 * Makes a closed task pending again, and keeps the delivery that had closed it.
 *
 * The condition compares the status and the number of reopenings. Otherwise a closed task changes only its quarantine and
 * its evidence of replays.
 */
export const rollBackDelivery = (
  table: string,
  { after, before, entry, queue, reopening }: Reopened,
): UpdateItemCommandInput => {
  const issue = assign({ ...after, ...queue });
  const { id } = entry;
  const isFirst = before.reopened === undefined;
  const bytes = keepBytes(entry);
  const journal = journalAppend(
    before,
    { at: reopening.at, kind: 'reopened', reason: reopening.reason },
    queue && acceptanceEntry(before, Date.parse(reopening.at)),
  );
  const told = before.resume === undefined ? [] : [IS_NOT_TOLD];
  return {
    TableName: table,
    Key: { taskId: { S: before.taskId } },
    UpdateExpression: [
      `SET ${issue.assignments.join(', ')}, #status = :pending, #change = :change, changedAt = :at, dueShard = #shard`,
      // An entry can be set only in a map that exists.
      isFirst ? 'reopened = :reopened' : 'reopened.#id = :entry',
      ...bytes.assignments,
      'history = :history',
      'reopenings = list_append(if_not_exists(reopenings, :none), :reopening)',
      'quarantineShard = #shard, quarantinedKey = :quarantinedKey',
      ...journal.assignments,
    ]
      .join(', ')
      .concat(
        ' REMOVE closedAt, #result, #failure, payload, payloadKey, revoked, revokedAt ADD #sequence :one, revision :one',
      ),
    ConditionExpression: [
      '#status = :before',
      before.reopenings === undefined ? 'attribute_not_exists(reopenings)' : 'size(reopenings) = :times',
      isFirst ? 'attribute_not_exists(reopened)' : 'attribute_exists(reopened)',
      ...told.map(({ condition }) => condition),
      ...journal.conditions,
    ].join(' AND '),
    ExpressionAttributeNames: {
      ...placeholders(['status', 'change', 'result', 'failure', 'sequence', 'shard']),
      ...issue.names,
      ...(!isFirst && { '#id': id }),
      ...bytes.names,
      ...Object.assign({}, ...told.map(({ names }) => names)),
    },
    ExpressionAttributeValues: {
      ...issue.values,
      ...journal.values,
      ...Object.assign({}, ...told.map(({ values }) => values)),
      ...toAttributes({
        ':quarantinedKey': timeKey(reopening.at, before.taskId),
        ':pending': 'pending' satisfies TaskStatus,
        ':before': before.status,
        ':change': 'reopened' satisfies TaskChange,
        ':at': reopening.at,
        ':history': [...before.history, { at: reopening.at, status: 'pending' satisfies TaskStatus }],
        ':none': [],
        ':reopening': [reopening],
        ':one': 1,
        ...(isFirst ? { ':reopened': { [id]: entry } } : { ':entry': entry }),
        ...(before.reopenings !== undefined && { ':times': before.reopenings.length }),
      }),
    },
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  };
};

interface Condition {
  readonly condition: string;
  readonly names: Readonly<Record<string, string>>;
  readonly values: Readonly<Record<string, AttributeValue>>;
}

/**
 * A parameter has not changed since it was read. For callbacks, it compares the capabilities of the current and of the
 * revoked ones: every issue has new jtis.
 */
const UNCHANGED: Readonly<Record<ReissueParameter, (before: IssuedTask) => Condition>> = {
  callbacks: ({ callbacks, revoked = {} }) => ({
    condition: CAPABILITY_NAMES.flatMap((name) => [
      `attribute_${callbacks[name] === undefined ? 'not_exists' : 'exists'}(#callbacks.#${name})`,
      `attribute_${revoked[name] === undefined ? 'not_exists' : 'exists'}(revoked.#${name})`,
    ]).join(' AND '),
    names: placeholders(CAPABILITY_NAMES),
    values: {},
  }),
  carrier: ({ carrier }) => ({
    condition: '#carrier = :carrierBefore',
    names: {},
    values: { ':carrierBefore': { S: carrier } },
  }),
  // A task with its first callbacks has no `expiresIn`. Its lifetime follows from its times.
  expiresIn: (before) => ({
    condition:
      '(#expiresIn = :expiresInBefore OR (attribute_not_exists(#expiresIn) AND #expiresAt = :expiresAtBefore))',
    names: {},
    values: {
      ':expiresInBefore': { N: `${currentParametersOf(before).expiresIn}` },
      ':expiresAtBefore': { S: before.expiresAt },
    },
  }),
};
