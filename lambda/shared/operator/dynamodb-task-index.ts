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
  BY_OWNER_INDEX,
  BY_QUARANTINE_INDEX,
  BY_REPLAY_INDEX,
  BY_RESOURCE_INDEX,
  createdKey,
  OF_APPLICATION_INDEX,
  PENDING_INDEX,
  searchShardKey,
} from '../../contract/tables.ts';
import type { TaskItem } from '../../contract/task.ts';
import { type BatchReads, readBatches } from '../tables/batch-read.ts';
import { searchDigest } from '../tables/hashed-keys.ts';
import type { PartitionPage } from '../tables/merge-partitions.ts';
import type { IndexEntry, IndexRange, OperatorTaskIndex } from './task-index.ts';

export interface DynamoDBTaskIndexOptions extends BatchReads {
  readonly tasksTable: string;
}

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

  return {
    listApplication: (application, shard, range) =>
      query(OF_APPLICATION_INDEX, { S: applicationShardKey(application, shard) }, range),

    search: (application, attribute, value, shard, range) =>
      query(SEARCHED[attribute], { S: searchShardKey(application, shard, searchDigest(value)) }, range),

    listSparse: (kind, shard, range) => query(SPARSE[kind], { N: `${shard}` }, range),

    listDue: async (shard, due, limit) => {
      const { ended, items } = await send(client, {
        TableName: tasksTable,
        IndexName: PENDING_INDEX.name,
        KeyConditionExpression: '#partition = :partition AND #position < :due',
        ExpressionAttributeNames: { '#partition': PENDING_INDEX.partitionKey, '#position': PENDING_INDEX.sortKey },
        ExpressionAttributeValues: { ':partition': { N: `${shard}` }, ':due': { N: `${due}` } },
        Limit: limit,
      });
      return {
        ended,
        entries: items.map(({ createdAt, taskId }) =>
          toEntry(taskId, createdKey(createdAt as string, taskId as string)),
        ),
      };
    },

    load: async <N extends OperatorReadAttribute>(taskIds: readonly string[], attributes: readonly N[]) => {
      const keys = taskIds.map((taskId) => ({ taskId: { S: taskId } }));
      const items = await readBatches(options, tasksTable, keys, attributes);
      return items.map((item) => unmarshall(item) as Pick<TaskItem, N>);
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
