import {
  type AttributeValue,
  type CancellationReason,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  type TransactWriteItem,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { CAPABILITY_NAMES } from '../../contract/capabilities.ts';
import { IDEMPOTENCY_KEY } from '../../contract/limits.ts';
import { LOOKUPS_TABLE } from '../../contract/tables.ts';
import type { TaskChange, TaskItem, TaskStatus } from '../../contract/task.ts';
import { callBySdk } from '../../shared/aws/dynamodb-sdk.ts';
import { transact } from '../../shared/aws/transact-write.ts';
import { type ConflictRetries, retryConflicts } from '../../shared/aws/transaction-conflicts.ts';
import type { CodeRecord } from './callbacks.ts';
import { forgottenAt, type Recorded, type Repeatable } from './idempotency.ts';
import { lastTermsOf } from './opened-task.ts';
import type { ClosedTask, IssuedTask, NewIssue, Reissue, Reopened, TaskStore, Term } from './task-store.ts';

export interface DynamoDBStoreOptions extends ConflictRetries {
  readonly client: Pick<DynamoDBClient, 'send'>;
  readonly tasksTable: string;
  readonly lookupsTable: string;
}

/** A task id is never given out twice, so a task that stands there is not overwritten. */
const IS_NEW = 'attribute_not_exists(taskId)';

/** A record's age is checked: its deletion may come days late. */
const IS_FREE = `attribute_not_exists(${LOOKUPS_TABLE.partitionKey}) OR recordedAt <= :forgotten`;

/** Pending, and before its time is over. */
const MAY_REISSUE = '#status = :pending AND deadline > :now AND heartbeatDeadline > :now';

const ISSUED_ATTRIBUTES = [
  'taskId',
  'status',
  'processor',
  'resource',
  'owner',
  'carrier',
  'createdAt',
  'expiresAt',
  'deadline',
  'heartbeat',
  'heartbeatDeadline',
  'callbacks',
  'reissuedAt',
  'expiresIn',
  'purgeAt',
] as const satisfies readonly (keyof IssuedTask)[];

const CLOSED_ATTRIBUTES = [
  ...ISSUED_ATTRIBUTES,
  'result',
  'failure',
  'payload',
  'payloadKey',
  'reopened',
  'reopenings',
] as const satisfies readonly (keyof ClosedTask)[];

/** The tables, as far as opening tasks goes. */
export const createDynamoDBStore = (options: DynamoDBStoreOptions): TaskStore => {
  const { client, lookupsTable, tasksTable } = options;

  const write = (items: readonly TransactWriteItem[]) => transact(callBySdk(client), items, options);

  /** A task alone: half the price of a transaction. */
  const putAlone = async (
    task: TransactWriteItem['Put'] & object,
  ): Promise<readonly CancellationReason[] | undefined> => {
    try {
      await retryConflicts(() => client.send(new PutItemCommand(task)), options);
      return undefined;
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      return [{ Code: error.name, ...(error.Item && { Item: error.Item }) }];
    }
  };

  const putCode = (code: CodeRecord) => ({ TableName: lookupsTable, Item: marshall(code) });

  /**
   * Short codes first: they must be there when somebody has them. Then the task alone, for a transaction would conflict with
   * every other one of the same task.
   */
  const issueAnew = async ({ after, codes }: Pick<Reissue, 'after' | 'codes'>, update: UpdateItemCommandInput) => {
    await Promise.all(codes.map((code) => client.send(new PutItemCommand(putCode(code)))));
    try {
      await retryConflicts(() => client.send(new UpdateItemCommand(update)), options);
      return true;
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      // When an answer is lost, the SDK's own retry finds what its first attempt stored.
      return isOwnWrite(error.Item, after);
    }
  };

  const get = async (table: string, key: Record<string, AttributeValue>, names: readonly string[]) => {
    const { Item } = await client.send(
      new GetItemCommand({
        TableName: table,
        Key: key,
        ConsistentRead: true,
        ProjectionExpression: names.map((name) => `#${name}`).join(', '),
        ExpressionAttributeNames: placeholders(names),
      }),
    );
    return Item && unmarshall(Item);
  };

  return {
    open: async ({ codes, request, task }, now) => {
      const put = {
        TableName: tasksTable,
        Item: marshall(task, { removeUndefinedValues: true }),
        ConditionExpression: IS_NEW,
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
      };
      const rest = [
        ...(request === undefined ? [] : [recordRequest(lookupsTable, request, task.taskId, now)]),
        ...codes.map((code) => ({ Put: putCode(code) })),
      ];
      const reasons = await (rest.length === 0 ? putAlone(put) : write([{ Put: put }, ...rest]));
      // When an answer is lost, the SDK's own retry finds what its first attempt stored.
      if (reasons === undefined || isOwnWrite(reasons[0]?.Item, task)) return { opened: true };
      const earlier = request && readRecorded(reasons[1]?.Item);
      if (earlier === undefined) throw new Error('A task of this id is there already.');
      return { opened: false, earlier };
    },

    findRecorded: async (lookupKey) => {
      const key = { [LOOKUPS_TABLE.partitionKey]: { S: lookupKey } };
      return (await get(lookupsTable, key, ['requestSha256', 'taskId', 'recordedAt'])) as Recorded | undefined;
    },

    find: async (taskId) =>
      (await get(tasksTable, { taskId: { S: taskId } }, ISSUED_ATTRIBUTES)) as IssuedTask | undefined,

    reissue: async (reissue, now) => issueAnew(reissue, replaceCallbacks(tasksTable, reissue, now)),

    findClosed: async (taskId) =>
      (await get(tasksTable, { taskId: { S: taskId } }, CLOSED_ATTRIBUTES)) as ClosedTask | undefined,

    reopen: async (reopened) => issueAnew(reopened, takeBack(tasksTable, reopened)),
  };
};

const recordRequest = (table: string, request: Repeatable, taskId: string, now: number): TransactWriteItem => ({
  Put: {
    TableName: table,
    Item: marshall({
      [LOOKUPS_TABLE.partitionKey]: request.lookupKey,
      requestSha256: request.requestSha256,
      taskId,
      recordedAt: now,
      [LOOKUPS_TABLE.timeToLive]: now + IDEMPOTENCY_KEY.seconds,
    }),
    ConditionExpression: IS_FREE,
    ExpressionAttributeValues: { ':forgotten': { N: `${forgottenAt(now)}` } },
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  },
});

const replaceCallbacks = (table: string, reissue: Reissue, now: number): UpdateItemCommandInput => {
  const { after, at, before, leftOut } = reissue;
  const issue = issueAssignments(after);
  const stands = leftOut.map((term) => STANDS[term](before));
  return {
    TableName: table,
    Key: { taskId: { S: before.taskId } },
    // Not published, so the sequence stays.
    UpdateExpression: `SET ${issue.assignments}, #change = :change, changedAt = :at`,
    ConditionExpression: [MAY_REISSUE, ...stands.map(({ condition }) => condition)].join(' AND '),
    ExpressionAttributeNames: {
      '#status': 'status',
      '#change': 'change',
      ...issue.names,
      ...Object.assign({}, ...stands.map(({ names }) => names)),
    },
    ExpressionAttributeValues: {
      ...issue.values,
      ...Object.assign({}, ...stands.map(({ values }) => values)),
      ':pending': { S: 'pending' satisfies TaskStatus },
      ':now': { N: `${now}` },
      ':change': { S: 'reissued' satisfies TaskChange },
      ':at': { S: at },
    },
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  };
};

/**
 * The status and how often it was reopened say all: a closed task changes no other way, but for evidence of replays and its
 * quarantine.
 */
const takeBack = (table: string, { after, before, entry, reopening }: Reopened): UpdateItemCommandInput => {
  const issue = issueAssignments(after);
  const { id } = entry;
  const isFirst = before.reopened === undefined;
  return {
    TableName: table,
    Key: { taskId: { S: before.taskId } },
    UpdateExpression: [
      `SET ${issue.assignments}, #status = :pending, #change = :change, changedAt = :at, dueShard = #shard`,
      // A map that is not there takes no entry.
      isFirst ? 'reopened = :reopened' : 'reopened.#id = :entry',
      'history = list_append(history, :history)',
      'reopenings = list_append(if_not_exists(reopenings, :none), :reopening)',
    ]
      .join(', ')
      .concat(' REMOVE closedAt, #result, #failure, payload, payloadKey ADD #sequence :one'),
    ConditionExpression: [
      '#status = :before',
      before.reopenings === undefined ? 'attribute_not_exists(reopenings)' : 'size(reopenings) = :times',
      isFirst ? 'attribute_not_exists(reopened)' : 'attribute_exists(reopened)',
    ].join(' AND '),
    ExpressionAttributeNames: {
      ...placeholders(['status', 'change', 'result', 'failure', 'sequence', 'shard']),
      ...issue.names,
      ...(!isFirst && { '#id': id }),
    },
    ExpressionAttributeValues: {
      ...issue.values,
      ...marshall({
        ':pending': 'pending' satisfies TaskStatus,
        ':before': before.status,
        ':change': 'reopened' satisfies TaskChange,
        ':at': reopening.at,
        ':history': [{ at: reopening.at, status: 'pending' satisfies TaskStatus }],
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

/** Sets everything that follows from a new issue. */
const issueAssignments = (after: NewIssue) => {
  const names = Object.keys(after);
  return {
    assignments: names.map((name) => `#${name} = :${name}`).join(', '),
    names: placeholders(names),
    values: marshall(Object.fromEntries(Object.entries(after).map(([name, value]) => [`:${name}`, value]))),
  };
};

interface Standing {
  readonly condition: string;
  readonly names: Readonly<Record<string, string>>;
  readonly values: Readonly<Record<string, AttributeValue>>;
}

/** A term is as it was read. Of callbacks, which there are, and not their jtis: those are replaced by every issue. */
const STANDS: Readonly<Record<Term, (before: IssuedTask) => Standing>> = {
  callbacks: ({ callbacks }) => ({
    condition: CAPABILITY_NAMES.map((name) =>
      callbacks[name] === undefined
        ? `attribute_not_exists(#callbacks.#${name})`
        : `attribute_exists(#callbacks.#${name})`,
    ).join(' AND '),
    names: placeholders(CAPABILITY_NAMES),
    values: {},
  }),
  carrier: ({ carrier }) => ({
    condition: '#carrier = :carrierBefore',
    names: {},
    values: { ':carrierBefore': { S: carrier } },
  }),
  // A task with the callbacks that it was opened with does not say for how long: that follows from its times.
  expiresIn: (before) => ({
    condition:
      '(#expiresIn = :expiresInBefore OR (attribute_not_exists(#expiresIn) AND #expiresAt = :expiresAtBefore))',
    names: {},
    values: {
      ':expiresInBefore': { N: `${lastTermsOf(before).expiresIn}` },
      ':expiresAtBefore': { S: before.expiresAt },
    },
  }),
};

/** Several names of attributes are reserved words of DynamoDB. */
const placeholders = (names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [`#${name}`, name]));

type Item = Readonly<Record<string, AttributeValue>>;

const readRecorded = (item: Item | undefined): Recorded | undefined =>
  item && {
    requestSha256: item.requestSha256?.S ?? '',
    taskId: item.taskId?.S ?? '',
    recordedAt: Number(item.recordedAt?.N ?? 0),
  };

/** Jtis are drawn at random: who finds his own has stored them. */
const isOwnWrite = (item: Item | undefined, { callbacks }: Pick<TaskItem, 'callbacks'>): boolean => {
  const stored = item?.callbacks?.M ?? {};
  return Object.entries(callbacks).every(([capability, { jti }]) => stored[capability]?.M?.jti?.S === jti);
};
