import {
  type AttributeValue,
  type DynamoDBClient,
  QueryCommand,
  type QueryCommandInput,
} from '@aws-sdk/client-dynamodb';
import { BY_DISPATCH_INDEX, dispatchShardKey, TASKS_TABLE } from '../../contract/tables.ts';
import { inSeconds } from '../../contract/task.ts';
import { concurrently } from '../concurrently.ts';
import type { DispatchIndex, WaitingWork } from './dispatch-index.ts';

export interface DynamoDBDispatchIndexOptions {
  readonly client: Pick<DynamoDBClient, 'send'>;
  readonly tasksTable: string;
  /** Number of shards of the index. */
  readonly indexShards: number;
  /** Entries of one page. @default as many as DynamoDB returns: 1 MB */
  readonly pageSize?: number;
}

/** Shards that are read at the same time. */
const CONCURRENT_SHARDS = 16;

type Item = Record<string, AttributeValue>;
type State = Parameters<typeof dispatchShardKey>[0];

/** The sparse index of tasks whose work waits to be sent, or could not be sent. */
export const createDynamoDBDispatchIndex = (options: DynamoDBDispatchIndexOptions): DispatchIndex => {
  const { client, indexShards, pageSize, tasksTable } = options;

  /** Reads the pages of all shards. */
  const read = async (
    state: State,
    processor: string,
    more: Partial<QueryCommandInput>,
    see: (page: { readonly items: readonly Item[]; readonly count: number }) => void,
  ): Promise<void> => {
    const shards = Array.from({ length: indexShards }, (_, shard) => shard);
    await concurrently(shards, CONCURRENT_SHARDS, async (shard) => {
      let from: Item | undefined;
      do {
        const page = await client.send(
          new QueryCommand({
            TableName: tasksTable,
            IndexName: BY_DISPATCH_INDEX.name,
            KeyConditionExpression: '#partition = :partition',
            ...more,
            ExpressionAttributeNames: {
              '#partition': BY_DISPATCH_INDEX.partitionKey,
              ...more.ExpressionAttributeNames,
            },
            ExpressionAttributeValues: { ':partition': { S: dispatchShardKey(state, processor, shard) } },
            ...(pageSize !== undefined && { Limit: pageSize }),
            ...(from && { ExclusiveStartKey: from }),
          }),
        );
        see({ items: page.Items ?? [], count: page.Count ?? 0 });
        from = page.LastEvaluatedKey;
      } while (from !== undefined);
    });
  };

  return {
    count: async (processor, now) => {
      let work: WaitingWork = { queued: 0, failed: 0 };
      await read('queued', processor, PROJECTED, ({ items }) => {
        for (const item of items) work = addQueued(work, item, now);
      });
      let failed = 0;
      await read('failed', processor, { Select: 'COUNT' }, ({ count }) => {
        failed += count;
      });
      return { ...work, failed };
    },

    listFailed: async (processor) => {
      const ids: string[] = [];
      await read('failed', processor, IDS, ({ items }) => {
        for (const item of items) ids.push(item[TASKS_TABLE.partitionKey]?.S ?? '');
      });
      return ids;
    },
  };
};

const PROJECTED: Partial<QueryCommandInput> = {
  ProjectionExpression: '#due, queuedAt, expiresAt',
  ExpressionAttributeNames: { '#due': BY_DISPATCH_INDEX.sortKey },
};

const IDS: Partial<QueryCommandInput> = {
  ProjectionExpression: '#taskId',
  ExpressionAttributeNames: { '#taskId': TASKS_TABLE.partitionKey },
};

const addQueued = (work: WaitingWork, item: Item, now: number): WaitingWork => {
  if (inSeconds(Date.parse(item.expiresAt?.S ?? '')) <= now) return work;
  const queuedAt = Number(item.queuedAt?.N);
  const due = Number(item[BY_DISPATCH_INDEX.sortKey]?.N);
  return {
    queued: work.queued + 1,
    failed: work.failed,
    oldestAt: Math.min(work.oldestAt ?? queuedAt, queuedAt),
    nextAttemptAt: Math.min(work.nextAttemptAt ?? due, due),
  };
};
