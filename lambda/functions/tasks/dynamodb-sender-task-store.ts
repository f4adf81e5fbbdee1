import {
  type DynamoDBClient,
  GetItemCommand,
  QueryCommand,
  UpdateItemCommand,
  type UpdateItemCommandInput,
  type UpdateItemCommandOutput,
} from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { BY_CREATION_INDEX } from '../../contract/tables.ts';
import type { TaskItem } from '../../contract/task.ts';
import { writeConditionally } from '../../shared/aws/conditional-write.ts';
import { type ConflictRetries, retryConflicts } from '../../shared/aws/transaction-conflicts.ts';
import type { ListedTask, SenderTaskStore, TaskWithPayload, TaskWithQuarantine } from './sender-task-store.ts';
import { acceptUpdate, cancelUpdate, discardUpdate, type TaskUpdate } from './task-updates.ts';
import { type TaskRecord, VIEW_ATTRIBUTES } from './task-view.ts';

export interface DynamoDBSenderTaskStoreOptions extends ConflictRetries {
  readonly client: Pick<DynamoDBClient, 'send'>;
  readonly tasksTable: string;
}

interface UpdateResult {
  /** False if the condition failed. */
  readonly updated: boolean;
  /** The item after the update, or the stored item if the condition failed. */
  readonly item: UpdateItemCommandOutput['Attributes'];
}

/** The tasks table, for the routes of senders. */
export const createDynamoDBSenderTaskStore = (options: DynamoDBSenderTaskStoreOptions): SenderTaskStore => {
  const { client, tasksTable } = options;

  const get = async (taskId: string, more: readonly (keyof TaskItem)[] = []) => {
    const { Item } = await client.send(
      new GetItemCommand({
        TableName: tasksTable,
        Key: { taskId: { S: taskId } },
        ConsistentRead: true,
        ...projectionOf([...VIEW_ATTRIBUTES, ...more]),
      }),
    );
    return Item && unmarshall(Item);
  };

  const update = async (taskId: string, input: TaskUpdate): Promise<UpdateResult> => {
    const command: UpdateItemCommandInput = {
      TableName: tasksTable,
      Key: { taskId: { S: taskId } },
      ...input,
      ReturnValues: 'ALL_NEW',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    };
    const result = await writeConditionally(() =>
      retryConflicts(() => client.send(new UpdateItemCommand(command)), options),
    );
    if (result.written) return { updated: true, item: result.output.Attributes };
    // If a response is lost, the SDK's own retry finds the item that its first attempt wrote.
    return { updated: result.attempts > 1 && isOwnWrite(result.item, input), item: result.item };
  };

  return {
    find: async (taskId) => (await get(taskId)) as TaskRecord | undefined,

    findWithPayload: async (taskId) => (await get(taskId, ['payload', 'payloadKey'])) as TaskWithPayload | undefined,

    findWithQuarantine: async (taskId) =>
      (await get(taskId, ['quarantine', 'reopened'])) as TaskWithQuarantine | undefined,

    cancel: async (taskId, now) => {
      const { item, updated } = await update(taskId, cancelUpdate(now));
      const task = item && (unmarshall(item) as TaskRecord);
      return updated && task ? { cancelled: true, task } : { cancelled: false, task };
    },

    accept: async (task, quarantined, now) => {
      const { item, updated } = await update(task.taskId, acceptUpdate(task, quarantined, now));
      return updated && item ? (unmarshall(item) as TaskRecord) : undefined;
    },

    discard: async (taskId, quarantineId, now) => {
      const late = await update(taskId, discardUpdate(quarantineId, 'late', now));
      // Most entries are late deliveries. The item of the failed write shows whether a reopening rolled back this one.
      if (late.updated || !Object.hasOwn(late.item?.reopened?.M ?? {}, quarantineId)) return late.updated;
      return (await update(taskId, discardUpdate(quarantineId, 'reopened', now))).updated;
    },

    listShard: async (shard, before, limit) => {
      const { Items = [], LastEvaluatedKey: last } = await client.send(
        new QueryCommand({
          TableName: tasksTable,
          IndexName: BY_CREATION_INDEX.name,
          KeyConditionExpression: `#shard = :shard${before === undefined ? '' : ' AND #createdKey < :before'}`,
          ExpressionAttributeNames: {
            '#shard': BY_CREATION_INDEX.partitionKey,
            ...(before !== undefined && { '#createdKey': BY_CREATION_INDEX.sortKey }),
          },
          ExpressionAttributeValues: {
            ':shard': { N: `${shard}` },
            ...(before !== undefined && { ':before': { S: before } }),
          },
          ScanIndexForward: false,
          Limit: limit,
        }),
      );
      return { tasks: Items.map((item) => unmarshall(item) as ListedTask), ended: last === undefined };
    },
  };
};

/** Placeholders, because several names of attributes are reserved words of DynamoDB. */
const projectionOf = (names: readonly string[]) => ({
  ProjectionExpression: names.map((name) => `#${name}`).join(', '),
  ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
});

/** True if the last change of the item is the change of this update, in the same millisecond. */
const isOwnWrite = (item: UpdateItemCommandOutput['Attributes'], { ExpressionAttributeValues: values }: TaskUpdate) =>
  item?.change?.S === values?.[':change']?.S && item?.changedAt?.S === values?.[':at']?.S;
