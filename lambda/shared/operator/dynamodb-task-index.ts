import {
  type AttributeValue,
  type DynamoDBClient,
  QueryCommand,
  type QueryCommandInput,
} from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { OperatorReadAttribute } from '../../contract/operator-attributes.ts';
import {
  applicationShardKey,
  BY_DUE_INDEX,
  BY_OWNER_INDEX,
  BY_QUARANTINE_INDEX,
  BY_REPLAY_INDEX,
  BY_RESOURCE_INDEX,
  OF_APPLICATION_INDEX,
  searchShardKey,
} from '../../contract/tables.ts';
import { type BatchReads, readBatches } from '../tables/batch-read.ts';
import { completeTask } from '../tables/complete-task.ts';
import { type DueProgressTables, readDueProgress } from '../tables/due-progress.ts';
import { searchDigest } from '../tables/hashed-keys.ts';
import type { PartitionPage } from '../tables/merge-partitions.ts';
import type { IndexEntry, IndexRange, OperatorTaskIndex } from './task-index.ts';

export interface DynamoDBTaskIndexOptions extends BatchReads, DueProgressTables {}

interface Index {
  readonly name: string;
  readonly partitionKey: string;
  readonly sortKey: string;
}

const SPARSE = { quarantine: BY_QUARANTINE_INDEX, replay: BY_REPLAY_INDEX } as const;
const SEARCHED = { resource: BY_RESOURCE_INDEX, owner: BY_OWNER_INDEX } as const;

export const createDynamoDBTaskIndex = (options: DynamoDBTaskIndexOptions): OperatorTaskIndex => {
  const { client, tasksTable } = options;

  const query = async (
    index: Index,
    partition: AttributeValue,
    { above, below, limit, order }: IndexRange,
  ): Promise<PartitionPage<IndexEntry>> => {
    const isRange = above !== undefined || below !== undefined;
    const page = await send(client, {
      TableName: tasksTable,
      IndexName: index.name,
      KeyConditionExpression: `#partition = :partition${conditionOf(above, below)}`,
      ExpressionAttributeNames: { '#partition': index.partitionKey, ...(isRange && { '#position': index.sortKey }) },
      ExpressionAttributeValues: {
        ':partition': partition,
        ...(above !== undefined && { ':above': { S: above } }),
        // DynamoDB refuses a range that ends before it begins.
        ...(below !== undefined && { ':below': { S: above !== undefined && below < above ? above : below } }),
      },
      ScanIndexForward: order === 'oldest',
      Limit: limit,
    });
    const entries = page.items.map((item) => toEntry(item.taskId, item[index.sortKey]));
    // `BETWEEN` includes its ends.
    return { entries: entries.filter(({ position }) => position !== above && position !== below), ended: page.ended };
  };

  const queryDue = async (shard: number, after: number, until: number, limit: number) => {
    if (until <= after) return { entries: [], ended: true };
    const { ended, items } = await send(client, {
      TableName: tasksTable,
      IndexName: BY_DUE_INDEX.name,
      KeyConditionExpression: '#partition = :partition AND #position BETWEEN :first AND :last',
      ExpressionAttributeNames: { '#partition': BY_DUE_INDEX.partitionKey, '#position': BY_DUE_INDEX.sortKey },
      ExpressionAttributeValues: {
        ':partition': { N: `${shard}` },
        ':first': { N: `${after + 1}` },
        ':last': { N: `${until}` },
      },
      Limit: limit,
    });
    return { ended, entries: items.map(({ createdKey, taskId }) => toEntry(taskId, createdKey)) };
  };

  return {
    listApplication: (application, shard, range) =>
      query(OF_APPLICATION_INDEX, { S: applicationShardKey(application, shard) }, range),

    search: (application, attribute, value, shard, range) =>
      query(SEARCHED[attribute], { S: searchShardKey(application, shard, searchDigest(value)) }, range),

    listSparse: (kind, shard, range) => query(SPARSE[kind], { N: `${shard}` }, range),

    countSparse: async (kind, shard, limit) => {
      const { name, partitionKey } = SPARSE[kind];
      const { Count: count = 0, LastEvaluatedKey: last } = await client.send(
        new QueryCommand({
          TableName: tasksTable,
          IndexName: name,
          Select: 'COUNT',
          KeyConditionExpression: '#partition = :partition',
          ExpressionAttributeNames: { '#partition': partitionKey },
          ExpressionAttributeValues: { ':partition': { N: `${shard}` } },
          Limit: limit,
        }),
      );
      return { count, ended: last === undefined };
    },

    listDue: async (indexShards, due, limit) => {
      // Up to these times, `expire` has finished with every task.
      const progresses = await readDueProgress(options);
      return Promise.all(
        Array.from({ length: indexShards }, (_, shard) =>
          queryDue(shard, progresses.get(shard)?.late ?? 0, due - 1, limit),
        ),
      );
    },

    load: async <N extends OperatorReadAttribute>(taskIds: readonly string[], attributes: readonly N[]) => {
      const keys = taskIds.map((taskId) => ({ taskId: { S: taskId } }));
      const items = await readBatches(options, tasksTable, keys, attributes);
      return items.map((item) => completeTask(unmarshall(item), attributes));
    },
  };
};

type Item = Readonly<Record<string, unknown>>;

const send = async (client: Pick<DynamoDBClient, 'send'>, input: QueryCommandInput) => {
  const { Items: items = [], LastEvaluatedKey: last } = await client.send(new QueryCommand(input));
  return { items: items.map((item) => unmarshall(item) as Item), ended: last === undefined };
};

const toEntry = (taskId: unknown, position: unknown): IndexEntry => ({
  taskId: taskId as string,
  position: position as string,
});

const conditionOf = (above: string | undefined, below: string | undefined): string => {
  if (above !== undefined && below !== undefined) return ' AND #position BETWEEN :above AND :below';
  if (above !== undefined) return ' AND #position > :above';
  return below === undefined ? '' : ' AND #position < :below';
};
