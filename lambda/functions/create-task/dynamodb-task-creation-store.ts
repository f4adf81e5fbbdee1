import type {
  AttributeValue,
  PutItemCommandInput,
  TransactWriteItem,
  UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { inputKey, LOOKUPS_TABLE, PENDING_INDEX } from '../../contract/tables.ts';
import type { TaskItem } from '../../contract/task.ts';
import { VIEW_ATTRIBUTES } from '../../contract/view-attributes.ts';
import { fromAttributes, toAttributes } from '../../shared/aws/attribute-values.ts';
import { writeConditionally } from '../../shared/aws/conditional-write.ts';
import type { CallDynamoDB, DynamoDBCalls } from '../../shared/aws/dynamodb.ts';
import { transact } from '../../shared/aws/transact-write.ts';
import { type ConflictRetries, retryConflicts } from '../../shared/aws/transaction-conflicts.ts';
import type { ShortCodeRecord } from '../../shared/callbacks/callback-issuer.ts';
import { keepInput, putInput } from '../../shared/dispatch/input-item.ts';
import { SENDABLE_ATTRIBUTES } from '../../shared/dispatch/send-again.ts';
import { placeholders } from '../../shared/tables/assignments.ts';
import { completeTask, type StoredTask } from '../../shared/tables/complete-task.ts';
import { type OwnerCondition, ownedBy, ownerCondition } from '../../shared/tables/owned-task.ts';
import { onlyIf } from '../../shared/tables/task-updates.ts';
import { replaceCallbacks, rollBackDelivery } from './callback-updates.ts';
import type { RecordedRequest } from './idempotency.ts';
import { readRecorded, recordRequest, supersede } from './lookup-records.ts';
import {
  type ClosedTask,
  type InputWrite,
  ISSUED_ATTRIBUTES,
  type QueuedAgain,
  type Reissue,
  type SendableIssuedTask,
  type TaskCreationStore,
} from './task-creation-store.ts';

export interface DynamoDBTaskCreationStoreOptions extends ConflictRetries {
  readonly dynamodb: CallDynamoDB;
  readonly tasksTable: string;
  readonly lookupsTable: string;
  /** Number of shards of each index of the tasks table. */
  readonly indexShards: number;
}

/** A task id is used once, so an existing task is never overwritten. */
const IS_NEW = 'attribute_not_exists(taskId)';

const CLOSED_ATTRIBUTES = [
  ...ISSUED_ATTRIBUTES,
  'result',
  'failure',
  'payloadKey',
  'reopened',
  'reopenings',
  'history',
  'resume',
  'shard',
  'revision',
] as const satisfies readonly (keyof ClosedTask)[];

const SENDABLE_ISSUED_ATTRIBUTES = [
  ...SENDABLE_ATTRIBUTES,
  'application',
  'resource',
  'owner',
  'supersedesKey',
] as const satisfies readonly (keyof SendableIssuedTask)[];

/** Store of this function in the tasks table and the lookups table. */
export const createDynamoDBTaskCreationStore = (options: DynamoDBTaskCreationStoreOptions): TaskCreationStore => {
  const { dynamodb, indexShards, lookupsTable, tasksTable } = options;

  const write = (items: readonly TransactWriteItem[]) => transact(dynamodb, items, options);

  /** Stores a task without other records. A single write costs half as much as a transaction. */
  const putAlone = async (input: PutItemCommandInput) => {
    const put = await writeConditionally(() => retryConflicts(() => dynamodb('PutItem', input), options));
    return put.written ? undefined : [{ Item: put.item }];
  };

  const putCode = (code: ShortCodeRecord) => ({ TableName: lookupsTable, Item: toAttributes(code) });

  /**
   * Stores short codes first, because they must exist when a processor has them. Then it updates the task alone: a
   * transaction would conflict with every other transaction of the task.
   */
  const updateCallbacks = async (
    application: string,
    { after, before, codes }: Pick<Reissue, 'after' | 'codes'> & Pick<QueuedAgain, 'before'>,
    input: UpdateItemCommandInput,
    inputItem?: TransactWriteItem,
  ) => {
    await Promise.all([
      ...codes.map((code) => dynamodb('PutItem', putCode(code))),
      keepSupersedable(before, after.purgeAt),
    ]);
    const found = await updateTask(onlyIf(input, ownerCondition(application)), inputItem);
    // If a response is lost, the client's own retry finds the item that its first attempt stored.
    return found === undefined || isOwnWrite(found.item, after);
  };

  /**
   * Updates a task together with its input, or alone, which costs half as much.
   * @returns undefined if it was written, otherwise the task if its condition failed
   */
  const updateTask = async (
    update: UpdateItemCommandInput,
    inputItem: TransactWriteItem | undefined,
  ): Promise<{ readonly item: Item | undefined } | undefined> => {
    if (inputItem === undefined) {
      const alone = await writeConditionally(() => retryConflicts(() => dynamodb('UpdateItem', update), options));
      return alone.written ? undefined : { item: alone.item };
    }
    const reasons = await write([{ Update: update as TransactWriteItem['Update'] }, inputItem]);
    return reasons && { item: reasons[0]?.Item };
  };

  const writeInput = (task: Pick<TaskItem, 'taskId' | 'purgeAt'>, input: InputWrite | undefined) => {
    if (input === undefined) return undefined;
    const { issue, text } = input;
    return text === undefined
      ? { Update: keepInput(lookupsTable, task, issue) }
      : { Put: putInput(lookupsTable, task, text, issue) };
  };

  /** A task that lives longer can be superseded longer. */
  const keepSupersedable = async (
    { supersedesKey, taskId }: Pick<TaskItem, 'taskId' | 'supersedesKey'>,
    purgeAt: number,
  ) => {
    if (supersedesKey === undefined) return;
    await writeConditionally(() =>
      dynamodb('UpdateItem', {
        TableName: lookupsTable,
        Key: { [LOOKUPS_TABLE.partitionKey]: { S: supersedesKey } },
        UpdateExpression: 'SET #expiresAt = :purgeAt',
        ConditionExpression: 'taskId = :taskId',
        ExpressionAttributeNames: { '#expiresAt': LOOKUPS_TABLE.timeToLive },
        ExpressionAttributeValues: { ':taskId': { S: taskId }, ':purgeAt': { N: `${purgeAt}` } },
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    );
  };

  const get = async (table: string, key: Record<string, AttributeValue>, names: readonly string[]) => {
    const { Item } = await dynamodb('GetItem', {
      TableName: table,
      Key: key,
      ConsistentRead: true,
      ProjectionExpression: names.map((name) => `#${name}`).join(', '),
      ExpressionAttributeNames: placeholders(names),
    });
    return Item && fromAttributes(Item);
  };

  const getTask = async <N extends keyof TaskItem>(taskId: string, names: readonly N[]) => {
    const item = await get(tasksTable, { taskId: { S: taskId } }, names);
    return item && completeTask(item, names);
  };

  /** Counts one shard, page by page. `missing` returns how many are still needed. */
  const countShard = async (
    shard: number,
    owner: OwnerCondition,
    missing: () => number,
    add: (count: number) => void,
  ) => {
    let from: Record<string, AttributeValue> | undefined;
    do {
      const { Count: count = 0, LastEvaluatedKey: next }: DynamoDBCalls['Query']['output'] = await dynamodb('Query', {
        TableName: tasksTable,
        IndexName: PENDING_INDEX.name,
        KeyConditionExpression: '#shard = :shard',
        FilterExpression: owner.condition,
        ExpressionAttributeNames: { '#shard': PENDING_INDEX.partitionKey, ...owner.names },
        ExpressionAttributeValues: { ':shard': { N: `${shard}` }, ...owner.values },
        Select: 'COUNT',
        ...(from && { ExclusiveStartKey: from }),
      });
      add(count);
      from = next;
    } while (from !== undefined && missing() > 0);
  };

  return {
    create: async (application, { codes, input, request, supersession, task }, now) => {
      const put = {
        TableName: tasksTable,
        Item: toAttributes({ ...task, application }),
        ConditionExpression: IS_NEW,
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
      };
      const rest = [
        ...(request === undefined ? [] : [recordRequest(lookupsTable, request, task.taskId, now)]),
        ...(supersession === undefined ? [] : supersede(application, supersession, task, options)),
        ...(input === undefined ? [] : [{ Put: putInput(lookupsTable, task, input, FIRST_ISSUE) }]),
        ...codes.map((code) => ({ Put: putCode(code) })),
      ];
      const reasons = await (rest.length === 0 ? putAlone(put) : write([{ Put: put }, ...rest]));
      // If a response is lost, the client's own retry finds the item that its first attempt stored.
      if (reasons === undefined || isOwnWrite(reasons[0]?.Item, task)) return { created: true };
      if (reasons[0]?.Item !== undefined) throw new Error('A task with this id exists already.');
      const earlier = request && readRecorded(reasons[1]?.Item);
      return { created: false, ...(earlier !== undefined && { earlier }) };
    },

    findRecorded: async (lookupKey) => {
      const key = { [LOOKUPS_TABLE.partitionKey]: { S: lookupKey } };
      return (await get(lookupsTable, key, ['requestSha256', 'taskId', 'recordedAt'])) as RecordedRequest | undefined;
    },

    findSupersedable: async (lookupKey) => {
      const key = { [LOOKUPS_TABLE.partitionKey]: { S: lookupKey } };
      return (await get(lookupsTable, key, ['taskId']))?.taskId as string | undefined;
    },

    find: async (application, taskId) => ownedBy(application, await getTask(taskId, ISSUED_ATTRIBUTES)),

    reissue: async (application, reissue, now) =>
      updateCallbacks(application, reissue, replaceCallbacks(tasksTable, reissue, now)),

    countPending: async (application, enough) => {
      const owner = ownerCondition(application);
      let total = 0;
      await Promise.all(
        Array.from({ length: indexShards }, (_, shard) =>
          countShard(
            shard,
            owner,
            () => enough - total,
            (count) => {
              total += count;
            },
          ),
        ),
      );
      return Math.min(total, enough);
    },

    findClosed: async (application, taskId) => ownedBy(application, await getTask(taskId, CLOSED_ATTRIBUTES)),

    reopen: async (application, reopened) =>
      updateCallbacks(
        application,
        reopened,
        rollBackDelivery(tasksTable, reopened),
        writeInput({ taskId: reopened.before.taskId, purgeAt: reopened.after.purgeAt }, reopened.input),
      ),

    findInput: async (taskId) => {
      const key = { [LOOKUPS_TABLE.partitionKey]: { S: inputKey(taskId) } };
      return (await get(lookupsTable, key, ['input']))?.input as string | undefined;
    },

    findSendable: async (application, taskId) =>
      ownedBy(application, await getTask(taskId, SENDABLE_ISSUED_ATTRIBUTES)),

    queueAgain: async (application, { after, before, input, update }) => {
      const change: UpdateItemCommandInput = {
        TableName: tasksTable,
        Key: { taskId: { S: before.taskId } },
        ...update,
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      };
      if (after === undefined) {
        return (await updateTask(onlyIf(change, ownerCondition(application)), undefined)) === undefined;
      }
      return updateCallbacks(
        application,
        { before, after, codes: [] },
        change,
        writeInput({ taskId: before.taskId, purgeAt: after.purgeAt }, input),
      );
    },

    findShown: async (application, taskId) => ownedBy(application, await getTask(taskId, VIEW_ATTRIBUTES)),
  };
};

const FIRST_ISSUE = 1;

type Item = Readonly<Record<string, AttributeValue>>;

/**
 * jtis are random, so a stored item with our jtis was written by an earlier attempt of this request. Without callbacks, nothing shows
 * who wrote it.
 */
const isOwnWrite = (item: Item | undefined, { callbacks }: Pick<StoredTask, 'callbacks'>): boolean => {
  const stored = item?.callbacks?.M;
  const issued = Object.entries(callbacks);
  if (stored === undefined || issued.length === 0) return false;
  return issued.every(([capability, { jti }]) => stored[capability]?.M?.jti?.S === jti);
};
