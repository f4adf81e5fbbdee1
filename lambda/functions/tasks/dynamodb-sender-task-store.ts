import {
  type DynamoDBClient,
  GetItemCommand,
  QueryCommand,
  UpdateItemCommand,
  type UpdateItemCommandInput,
  type UpdateItemCommandOutput,
} from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { applicationOf } from '../../contract/applications.ts';
import {
  applicationShardKey,
  BY_OWNER_INDEX,
  BY_RESOURCE_INDEX,
  OF_APPLICATION_INDEX,
  searchShardKey,
} from '../../contract/tables.ts';
import type { TaskItem, TaskLayout } from '../../contract/task.ts';
import { VIEW_ATTRIBUTES } from '../../contract/view-attributes.ts';
import { writeConditionally } from '../../shared/aws/conditional-write.ts';
import { type ConflictRetries, retryConflicts } from '../../shared/aws/transaction-conflicts.ts';
import { readBatches } from '../../shared/tables/batch-read.ts';
import { completeTask } from '../../shared/tables/complete-task.ts';
import { searchDigest } from '../../shared/tables/hashed-keys.ts';
import type { PartitionPage } from '../../shared/tables/merge-partitions.ts';
import { ownedBy, ownerCondition } from '../../shared/tables/owned-task.ts';
import {
  acceptUpdate,
  cancelUpdate,
  discardUpdate,
  onlyIf,
  type TaskUpdate,
} from '../../shared/tables/task-updates.ts';
import type { ListedKey, SenderTaskStore, ShardRange } from './sender-task-store.ts';

export interface DynamoDBSenderTaskStoreOptions extends ConflictRetries {
  readonly client: Pick<DynamoDBClient, 'send'>;
  readonly tasksTable: string;
  readonly layout: TaskLayout;
}

interface UpdateResult {
  /** False if the condition failed. */
  readonly updated: boolean;
  /** The item after the update, or the stored item if the condition failed. */
  readonly item: UpdateItemCommandOutput['Attributes'];
}

/** Index of each searched attribute. */
const SEARCH_INDEXES = { resource: BY_RESOURCE_INDEX, owner: BY_OWNER_INDEX } as const;

/** The tasks table, for the routes of senders. */
export const createDynamoDBSenderTaskStore = (options: DynamoDBSenderTaskStoreOptions): SenderTaskStore => {
  const { client, layout, tasksTable } = options;

  const get = async <N extends keyof TaskItem = never>(taskId: string, more: readonly N[] = []) => {
    const names = [...VIEW_ATTRIBUTES, ...more];
    const { Item } = await client.send(
      new GetItemCommand({
        TableName: tasksTable,
        Key: { taskId: { S: taskId } },
        ConsistentRead: true,
        ...projectionOf(names),
      }),
    );
    return Item && completeTask(unmarshall(Item), names);
  };

  const update = async (application: string, taskId: string, input: TaskUpdate): Promise<UpdateResult> => {
    const command: UpdateItemCommandInput = {
      TableName: tasksTable,
      Key: { taskId: { S: taskId } },
      ...onlyIf(input, ownerCondition(application)),
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

  const query = async (
    index: { readonly name: string; readonly partitionKey: string; readonly sortKey: string },
    partition: string,
    { after, before, limit }: ShardRange,
  ): Promise<PartitionPage<ListedKey>> => {
    const range = rangeOf(after, before);
    const { Items = [], LastEvaluatedKey: last } = await client.send(
      new QueryCommand({
        TableName: tasksTable,
        IndexName: index.name,
        KeyConditionExpression: `#partition = :partition${range.condition}`,
        ExpressionAttributeNames: {
          '#partition': index.partitionKey,
          ...(range.condition !== '' && { '#position': index.sortKey }),
        },
        ExpressionAttributeValues: { ':partition': { S: partition }, ...range.values },
        ScanIndexForward: false,
        Limit: limit,
      }),
    );
    const entries = Items.map((item) => unmarshall(item) as ListedKey).filter(
      ({ createdKey }) => createdKey !== before,
    );
    return { entries, ended: last === undefined };
  };

  return {
    find: async (application, taskId) => ownedBy(application, await get(taskId)),

    findWithPayload: async (application, taskId) => ownedBy(application, await get(taskId, ['payload', 'payloadKey'])),

    findWithQuarantine: async (application, taskId) =>
      ownedBy(application, await get(taskId, ['quarantine', 'reopened', 'journal', 'revision'])),

    cancel: async (application, taskId, now) => {
      const { item, updated } = await update(application, taskId, cancelUpdate(layout, now));
      const task = ownedBy(application, item && completeTask(unmarshall(item), VIEW_ATTRIBUTES));
      return { cancelled: updated, task };
    },

    accept: async (application, task, quarantined, now) => {
      const { item, updated } = await update(application, task.taskId, acceptUpdate(layout, task, quarantined, now));
      return updated && item ? completeTask(unmarshall(item), VIEW_ATTRIBUTES) : undefined;
    },

    discard: async (application, task, quarantined, now) =>
      (await update(application, task.taskId, discardUpdate(task, quarantined, now))).updated,

    listShard: (application, range) =>
      query(OF_APPLICATION_INDEX, applicationShardKey(application, range.shard), range),

    searchShard: (application, attribute, value, range) => {
      const partition = searchShardKey(application, range.shard, searchDigest(value));
      return query(SEARCH_INDEXES[attribute], partition, range);
    },

    findAll: async (application, taskIds) => {
      const keys = taskIds.map((taskId) => ({ taskId: { S: taskId } }));
      const items = await readBatches(options, tasksTable, keys, VIEW_ATTRIBUTES);
      return items
        .map((item) => completeTask(unmarshall(item), VIEW_ATTRIBUTES))
        .filter((task) => applicationOf(task) === application);
    },
  };
};

/** Placeholders, because several names of attributes are reserved words of DynamoDB. */
const projectionOf = (names: readonly string[]) => ({
  ProjectionExpression: names.map((name) => `#${name}`).join(', '),
  ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
});

/**
 * Condition of a query between two positions. `BETWEEN` includes both: no task has the position `after`, and the caller
 * removes the one at `before`.
 */
const rangeOf = (after: string | undefined, before: string | undefined) => {
  if (after !== undefined && before !== undefined) {
    // DynamoDB refuses a range that ends before it begins.
    const end = before < after ? after : before;
    return {
      condition: ' AND #position BETWEEN :after AND :before',
      values: { ':after': { S: after }, ':before': { S: end } },
    };
  }
  if (before !== undefined) return { condition: ' AND #position < :before', values: { ':before': { S: before } } };
  if (after !== undefined) return { condition: ' AND #position > :after', values: { ':after': { S: after } } };
  return { condition: '', values: {} };
};

/** True if the last change of the item is the change of this update, in the same millisecond. */
const isOwnWrite = (item: UpdateItemCommandOutput['Attributes'], { ExpressionAttributeValues: values }: TaskUpdate) =>
  item?.change?.S === values?.[':change']?.S && item?.changedAt?.S === values?.[':at']?.S;
