import {
  type AttributeValue,
  type CancellationReason,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  type TransactWriteItem,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { callBySdk } from '../aws/dynamodb-sdk.ts';
import { IDEMPOTENCY_KEY } from '../contract/limits.ts';
import { LOOKUPS_TABLE } from '../contract/tables.ts';
import type { TaskChange, TaskItem, TaskStatus } from '../contract/task.ts';
import { type ConflictRetries, retryConflicts } from '../dependency/conflicts.ts';
import { transact } from '../dependency/transact.ts';
import { forgottenAt, type Recorded, type Repeatable } from './idempotency.ts';
import type { IssuedTask, Reissue, TaskStore } from './task-store.ts';

export interface DynamoDBStoreOptions extends ConflictRetries {
  readonly client: Pick<DynamoDBClient, 'send'>;
  readonly tasksTable: string;
  readonly lookupsTable: string;
}

/** A task id is never given out twice, so a task that stands there is not overwritten. */
const IS_NEW = 'attribute_not_exists(taskId)';

/** A record's age is checked: its deletion may come days late. */
const IS_FREE = `attribute_not_exists(${LOOKUPS_TABLE.partitionKey}) OR recordedAt <= :forgotten`;

/** Pending, before its time is over, and with the callbacks that were read: two at a time do not mix. */
const MAY_REISSUE = '#status = :pending AND deadline > :now AND heartbeatDeadline > :now AND callbacks = :before';

const ISSUED_ATTRIBUTES = [
  'taskId',
  'status',
  'processor',
  'owner',
  'carrier',
  'createdAt',
  'expiresAt',
  'deadline',
  'heartbeat',
  'heartbeatDeadline',
  'callbacks',
  'reissuedAt',
  'purgeAt',
] as const satisfies readonly (keyof IssuedTask)[];

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

  const putCodes = (codes: Reissue['codes']): TransactWriteItem[] =>
    codes.map((code) => ({ Put: { TableName: lookupsTable, Item: marshall(code) } }));

  const get = async (table: string, key: Record<string, AttributeValue>, names: readonly string[]) => {
    const { Item } = await client.send(
      new GetItemCommand({
        TableName: table,
        Key: key,
        ConsistentRead: true,
        // Behind placeholders because several are reserved words of DynamoDB.
        ProjectionExpression: names.map((name) => `#${name}`).join(', '),
        ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
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
        ...putCodes(codes),
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

    reissue: async (reissue, now) => {
      const reasons = await write([replaceCallbacks(tasksTable, reissue, now), ...putCodes(reissue.codes)]);
      return reasons === undefined || isOwnWrite(reasons[0]?.Item, reissue.after);
    },
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

const replaceCallbacks = (table: string, { after, at, before }: Reissue, now: number): TransactWriteItem => {
  const names = Object.keys(after);
  return {
    Update: {
      TableName: table,
      Key: { taskId: { S: before.taskId } },
      // Nobody's news: not published, so the sequence stays.
      UpdateExpression: `SET ${names.map((name) => `#${name} = :${name}`).join(', ')}, #change = :change, changedAt = :at`,
      ConditionExpression: MAY_REISSUE,
      ExpressionAttributeNames: {
        '#status': 'status',
        '#change': 'change',
        ...Object.fromEntries(names.map((name) => [`#${name}`, name])),
      },
      ExpressionAttributeValues: {
        ...marshall(Object.fromEntries(Object.entries(after).map(([name, value]) => [`:${name}`, value]))),
        ':before': { M: marshall(before.callbacks) },
        ':pending': { S: 'pending' satisfies TaskStatus },
        ':now': { N: `${now}` },
        ':change': { S: 'reissued' satisfies TaskChange },
        ':at': { S: at },
      },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    },
  };
};

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
