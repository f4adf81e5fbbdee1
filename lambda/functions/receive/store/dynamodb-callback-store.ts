import type { AttributeValue, TransactWriteItem } from '@aws-sdk/client-dynamodb';
import type { CallbackTokenClaims } from '../../../contract/claims.ts';
import { JTI_RETENTION_AFTER_EXP_SECONDS, NEVER } from '../../../contract/limits.ts';
import { LOOKUPS_TABLE, timeKey } from '../../../contract/tables.ts';
import type { TaskChange, TaskLayout } from '../../../contract/task.ts';
import type { CallDynamoDB } from '../../../shared/aws/dynamodb.ts';
import { transact } from '../../../shared/aws/transact-write.ts';
import {
  CONDITION_FAILED,
  type ConflictRetries,
  type IsFinal,
  isNamed,
  retryConflicts,
} from '../../../shared/aws/transaction-conflicts.ts';
import { quarantineUpdate } from '../../../shared/tables/quarantine.ts';
import type { ProofSignature } from '../checks/proof/proof.ts';
import type {
  CallbackStore,
  Consumption,
  Replay,
  SignatureRecord,
  UnchangedTask,
  UseRecord,
} from './callback-store.ts';
import { updateTask } from './task-update.ts';
import type { TokenUse } from './token-use.ts';

export interface DynamoDBCallbackStoreOptions extends ConflictRetries {
  readonly dynamodb: CallDynamoDB;
  readonly tasksTable: string;
  readonly jtiTable: string;
  readonly lookupsTable: string;
  readonly layout: TaskLayout;
}

/** Item 0 is the jti record. If its condition failed, the result is final and the other items do not matter. */
const isDecided: IsFinal = ([record]) => record === CONDITION_FAILED;

/**
 * The first use of a token, or a further use by another delivery if the token allows several. One condition serves both:
 * with `max_uses` 1 the second clause never holds.
 */
const MAY_USE = 'attribute_not_exists(jti) OR (uses < :maxUses AND payloadSha256 <> :digest)';

/** `payloadSha256` is the digest of the delivery (see `deliveryDigest`), not of its bytes. */
const RECORD_USE =
  'SET taskId = :taskId, processor = :processor, usedAt = :at, payloadSha256 = :digest, expiresAt = :purgeAt ADD uses :one';

/** TTL may have deleted either item. A write must not create it again. */
const RECORD_EXISTS = 'attribute_exists(jti)';
const TASK_EXISTS = 'attribute_exists(taskId)';

export const createDynamoDBCallbackStore = (options: DynamoDBCallbackStoreOptions): CallbackStore => {
  const { dynamodb, jtiTable, layout, lookupsTable, tasksTable } = options;

  const write = (...items: readonly TransactWriteItem[]) => transact(dynamodb, items, options, isDecided);

  return {
    consume: async (use, update): Promise<Consumption> => {
      const reasons = await write(
        useRecordUpdate(jtiTable, use),
        updateTask(tasksTable, layout, use, update),
        ...use.signatures.map((signature) => spendSignature(jtiTable, use, signature)),
      );
      if (reasons === undefined) return { recorded: true };
      const [record, task] = [readRecord(reasons[0]?.Item), readTask(reasons[1]?.Item)];
      const signatures = reasons.slice(2).flatMap(({ Item }) => readSignature(Item));
      return { recorded: false, ...(record && { record }), ...(task && { task }), signatures };
    },

    bindSignatures: async (use, usedAt) => {
      if (use.signatures.length === 0) return true;
      const items = use.signatures.map((signature) => bindSignature(jtiTable, use, signature, usedAt));
      return (await transact(dynamodb, items, options)) === undefined;
    },

    findUse: async (jtiKey) => {
      const { Item } = await dynamodb('GetItem', {
        TableName: jtiTable,
        Key: { jti: { S: jtiKey } },
        ConsistentRead: true,
      });
      return readRecord(Item);
    },

    findCode: async (shortCodeLookupKey) => {
      const { Item } = await dynamodb('GetItem', {
        TableName: lookupsTable,
        Key: { [LOOKUPS_TABLE.partitionKey]: { S: shortCodeLookupKey } },
        ConsistentRead: true,
      });
      return Item?.claims?.S === undefined ? undefined : (JSON.parse(Item.claims.S) as CallbackTokenClaims);
    },

    quarantine: async (late) => {
      try {
        await retryConflicts(() => dynamodb('UpdateItem', quarantineUpdate(tasksTable, late)), options);
        return true;
      } catch (error) {
        if (isNamed(error, 'ConditionalCheckFailedException')) return false;
        throw error;
      }
    },

    recordReplay: async (replay) => {
      const record = markRecord(jtiTable, replay);
      const reasons = await write(record, markTask(tasksTable, replay));
      // The task may be deleted before the record. The record then keeps the evidence alone.
      if (reasons !== undefined && reasons[0]?.Code !== CONDITION_FAILED) await write(record);
    },
  };
};

const useRecordUpdate = (table: string, use: TokenUse): TransactWriteItem => ({
  Update: {
    TableName: table,
    Key: { jti: { S: use.jtiKey } },
    UpdateExpression: RECORD_USE,
    ConditionExpression: MAY_USE,
    ExpressionAttributeValues: {
      ':taskId': { S: use.taskId },
      ':processor': { S: use.processor },
      ':at': { S: use.receivedAt },
      ':digest': { S: use.digest },
      ':maxUses': { N: `${use.maxUses}` },
      ':purgeAt': { N: `${use.exp + JTI_RETENTION_AFTER_EXP_SECONDS}` },
      ':one': { N: '1' },
    },
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  },
});

/**
 * The signature is new, or came with the same delivery and did not count as a use. The write is part of the use's
 * transaction, so that a delivery that is not recorded does not use up its signatures.
 */
const MAY_SPEND =
  'attribute_not_exists(jti) OR (boundTo = :token AND payloadSha256 = :digest AND attribute_not_exists(usedAt))';

const MAY_BIND = 'attribute_not_exists(jti) OR (boundTo = :token AND payloadSha256 = :digest)';

const BIND = 'SET boundTo = :token, payloadSha256 = :digest, expiresAt = :expiresAt';

const spendSignature = (table: string, use: TokenUse, signature: ProofSignature): TransactWriteItem =>
  signatureUpdate(table, use, signature, {
    UpdateExpression: `${BIND}, usedAt = :at`,
    ConditionExpression: MAY_SPEND,
    values: { ':at': { S: use.receivedAt } },
  });

const bindSignature = (
  table: string,
  use: TokenUse,
  signature: ProofSignature,
  usedAt: string | undefined,
): TransactWriteItem =>
  signatureUpdate(table, use, signature, {
    UpdateExpression: usedAt === undefined ? BIND : `${BIND}, usedAt = if_not_exists(usedAt, :at)`,
    ConditionExpression: MAY_BIND,
    values: usedAt === undefined ? {} : { ':at': { S: usedAt } },
  });

const signatureUpdate = (
  table: string,
  use: TokenUse,
  { expiresAt, key }: ProofSignature,
  {
    values,
    ...expressions
  }: {
    readonly UpdateExpression: string;
    readonly ConditionExpression: string;
    readonly values: Record<string, AttributeValue>;
  },
): TransactWriteItem => ({
  Update: {
    TableName: table,
    Key: { jti: { S: key } },
    ...expressions,
    ExpressionAttributeValues: {
      ':token': { S: use.jtiKey },
      ':digest': { S: use.digest },
      ':expiresAt': { N: `${expiresAt}` },
      ...values,
    },
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  },
});

const markRecord = (table: string, replay: Replay): TransactWriteItem => ({
  Update: {
    TableName: table,
    Key: { jti: { S: replay.jtiKey } },
    UpdateExpression: 'SET lastReplayAt = :at, lastReplayFrom = :from, lastReplaySha256 = :digest ADD replays :one',
    ConditionExpression: RECORD_EXISTS,
    ExpressionAttributeValues: {
      ':at': { S: replay.at },
      ':from': { S: replay.from },
      ':digest': { S: replay.digest },
      ':one': { N: '1' },
    },
  },
});

/** The last two assignments put the task into the index of tasks with replays. */
const MARK_TASK =
  'SET lastReplay = :replay, changedAt = :at, #change = :change, replayShard = #shard, replayedKey = :replayedKey ADD replays :one, #sequence :one';

const markTask = (table: string, replay: Replay): TransactWriteItem => ({
  Update: {
    TableName: table,
    Key: { taskId: { S: replay.taskId } },
    UpdateExpression: MARK_TASK,
    ConditionExpression: TASK_EXISTS,
    ExpressionAttributeNames: { '#change': 'change', '#sequence': 'sequence', '#shard': 'shard' },
    ExpressionAttributeValues: {
      ':replay': {
        M: {
          at: { S: replay.at },
          from: { S: replay.from },
          sha256: { S: replay.digest },
          first: { M: { at: { S: replay.first.at }, sha256: { S: replay.first.sha256 } } },
        },
      },
      ':replayedKey': { S: timeKey(replay.at, replay.taskId) },
      ':at': { S: replay.at },
      ':change': { S: 'replayed' satisfies TaskChange },
      ':one': { N: '1' },
    },
  },
});

type Item = Readonly<Record<string, AttributeValue>>;

const readRecord = (item: Item | undefined): UseRecord | undefined =>
  item && {
    payloadSha256: item.payloadSha256?.S ?? '',
    uses: Number(item.uses?.N ?? 0),
    usedAt: item.usedAt?.S ?? '',
  };

const readSignature = (item: Item | undefined): readonly SignatureRecord[] =>
  item === undefined
    ? []
    : [
        {
          key: item.jti?.S ?? '',
          jtiKey: item.boundTo?.S ?? '',
          payloadSha256: item.payloadSha256?.S ?? '',
          ...(item.usedAt?.S !== undefined && { usedAt: item.usedAt.S }),
        },
      ];

const readTask = (item: Item | undefined): UnchangedTask | undefined =>
  item && {
    status: (item.status?.S ?? 'pending') as UnchangedTask['status'],
    processor: item.processor?.S ?? '',
    deadline: Number(item.deadline?.N ?? 0),
    heartbeatDeadline: Number(item.heartbeatDeadline?.N ?? NEVER),
    callbacks: Object.fromEntries(
      Object.entries(item.callbacks?.M ?? {}).map(([capability, { M: callback }]) => [
        capability,
        { jti: callback?.jti?.S ?? '', maxUses: Number(callback?.maxUses?.N ?? 1) },
      ]),
    ),
  };
