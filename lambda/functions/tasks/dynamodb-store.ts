import {
  ConditionalCheckFailedException,
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
import { type ConflictRetries, retryConflicts } from '../../shared/aws/transaction-conflicts.ts';
import type { ListedTask, TaskStore, TaskWithPayload, TaskWithQuarantine } from './task-store.ts';
import { acceptUpdate, cancelUpdate, discardUpdate, type TaskUpdate } from './task-updates.ts';
import { type TaskRecord, VIEW_ATTRIBUTES } from './task-view.ts';

export interface DynamoDBTaskStoreOptions extends ConflictRetries {
  readonly client: Pick<DynamoDBClient, 'send'>;
  readonly tasksTable: string;
}

/** What became of an update: the item as it is now, or as it stood where the condition did not hold. */
interface Updated {
  readonly updated: boolean;
  readonly item: UpdateItemCommandOutput['Attributes'];
}

/** The sender's view of the tasks table. */
export const createDynamoDBTaskStore = (options: DynamoDBTaskStoreOptions): TaskStore => {
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

  const update = async (taskId: string, input: TaskUpdate): Promise<Updated> => {
    const command: UpdateItemCommandInput = {
      TableName: tasksTable,
      Key: { taskId: { S: taskId } },
      ...input,
      ReturnValues: 'ALL_NEW',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    };
    try {
      const { Attributes } = await retryConflicts(() => client.send(new UpdateItemCommand(command)), options);
      return { updated: true, item: Attributes };
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      // When an answer is lost, the SDK's own retry finds what its first attempt wrote.
      const retried = (error.$metadata.attempts ?? 1) > 1;
      return { updated: retried && isOwnWrite(error.Item, input), item: error.Item };
    }
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
      // Most are late ones; what was taken back is seen by what the first write found.
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

/** Attribute names go behind placeholders because several are reserved words of DynamoDB. */
const projectionOf = (names: readonly string[]) => ({
  ProjectionExpression: names.map((name) => `#${name}`).join(', '),
  ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
});

/** The last change of the item is the one that this update makes, of the same millisecond. */
const isOwnWrite = (item: UpdateItemCommandOutput['Attributes'], { ExpressionAttributeValues: values }: TaskUpdate) =>
  item?.change?.S === values?.[':change']?.S && item?.changedAt?.S === values?.[':at']?.S;
