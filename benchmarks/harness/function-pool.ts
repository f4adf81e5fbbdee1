import { QueryCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { INDEX_SHARDS } from '../../lambda/contract/limits.ts';
import { type Processor, REGISTRY_FILE, type Registry } from '../../lambda/contract/registry.ts';
import { BY_DEADLINE_INDEX } from '../../lambda/contract/tables.ts';
import { startContender, type WorkResult } from './contender-process.ts';
import {
  bundleFunction,
  type Files,
  REGISTRY,
  receiverFiles,
  variablesFor,
  withStatus,
  writeContenders,
} from './contenders.ts';
import { openLatencyProxy } from './latency-proxy.ts';
import { PROCESSOR } from './names.ts';
import type { Defer } from './scope.ts';
import { createTaskVariables, type Sender } from './sender.ts';
import { BATCH, countPublished, publishVariables, streamBatch } from './stream-batch.ts';
import { putItems } from './table-definitions.ts';
import { aTask } from './task-fixture.ts';
import { randomId, type TestBed } from './test-bed.ts';

export type PooledFunction = 'receive' | 'create-task' | 'expire' | 'publish';

/** One processor in ten has a JSON Schema. */
const SCHEMA_ONE_IN = 10;

/** A registry with this many processors. Callbacks use the first one. */
export const registryOf = (processors: number): Registry => {
  const { schema, ...plain } = REGISTRY[PROCESSOR] as Processor;
  return Object.fromEntries(
    Array.from({ length: processors }, (_, i) => {
      const id = i === 0 ? PROCESSOR : `processor-${i}`;
      return [id, { ...plain, id, ...(i % SCHEMA_ONE_IN === 0 && schema !== undefined && { schema }) }];
    }),
  );
};

/** Writes the shipped functions with these processors. Returns their folders. */
export const writeFunctions = async (registry: Registry): Promise<Readonly<Record<PooledFunction, string>>> => {
  const files: Record<PooledFunction, Files> = {
    receive: await receiverFiles(registry),
    'create-task': { 'index.js': await bundleFunction('create-task'), [REGISTRY_FILE]: JSON.stringify(registry) },
    expire: withStatus(await bundleFunction('expire')),
    publish: withStatus(await bundleFunction('publish')),
  };
  const folders = writeContenders(files).map(({ folder, name }) => [name, folder]);
  return Object.fromEntries(folders) as Record<PooledFunction, string>;
};

/** Result of some work, with its amount. */
export interface PoolResult extends WorkResult {
  readonly count: number;
  /** Requests of DynamoDB. */
  readonly requests: number;
}

/** The functions of one test bed, each in a separate process. A method throws if some of its work was not done. */
export interface FunctionPool {
  callbacks(count: number, concurrency: number): Promise<PoolResult>;
  createTasks(count: number, concurrency: number): Promise<PoolResult>;
  /** Expires due tasks in one run. */
  expireTasks(count: number): Promise<PoolResult>;
  /** Publishes batches of changes, one at a time. */
  publishBatches(batches: number): Promise<PoolResult>;
}

const HOUR = 3_600;

export const openFunctionPool = async (
  defer: Defer,
  bed: TestBed,
  folders: Readonly<Record<PooledFunction, string>>,
  sender: Sender,
): Promise<FunctionPool> => {
  const proxy = await openLatencyProxy(defer, bed.engine.endpoint);
  const variables = variablesFor(bed, proxy.endpoint);
  const start = (name: PooledFunction, own: Readonly<Record<string, string>> = {}) =>
    startContender(defer, folders[name], { ...variables, ...own });
  const dynamodb = { AWS_ENDPOINT_URL_DYNAMODB: proxy.endpoint };
  const processes = {
    receive: await start('receive'),
    'create-task': await start('create-task', { ...createTaskVariables(bed, sender, bed.services), ...dynamodb }),
    expire: await start('expire', { INDEX_SHARDS: `${INDEX_SHARDS.default}` }),
    publish: await start('publish', publishVariables(bed, bed.services)),
  };
  const batch = await streamBatch(bed);

  const run = async (
    name: PooledFunction,
    count: number,
    events: readonly object[],
    concurrency: number,
    expected = 200,
  ): Promise<PoolResult> => {
    await proxy.requests();
    const result = await processes[name].work({ events, concurrency, expected });
    return { ...result, count, requests: await proxy.requests() };
  };
  const repeat = (event: object, count: number) => Array.from({ length: count }, () => event);

  return {
    callbacks: async (count, concurrency) => run('receive', count, await bed.events(count), concurrency),
    createTasks: (count, concurrency) => run('create-task', count, repeat(sender.event, count), concurrency, 201),
    expireTasks: async (count) => {
      await putDueTasks(bed, count);
      const result = await run('expire', count, [{}], 1);
      const left = await countDueTasks(bed);
      if (left > 0) throw new Error(`${left} of ${count} due tasks were not expired.`);
      return result;
    },
    publishBatches: async (batches) => {
      const before = countPublished(bed);
      const result = await run('publish', batches * BATCH, repeat(batch, batches), 1);
      const published = countPublished(bed) - before;
      if (published !== result.count) throw new Error(`${published} of ${result.count} changes were published.`);
      return result;
    },
  };
};

/** Stores pending tasks whose deadline was an hour ago. */
const putDueTasks = async ({ dynamodb }: TestBed, count: number): Promise<void> => {
  const now = Math.floor(Date.now() / 1000);
  const tasks = Array.from({ length: count }, () =>
    aTask({ taskId: randomId(), jti: randomId(), iat: now - 2 * HOUR, exp: now - HOUR }),
  );
  const items = tasks.map((task) => marshall(task));
  await putItems(dynamodb, 'tasks', items);
};

const countDueTasks = async ({ dynamodb }: TestBed): Promise<number> => {
  const counts = await Promise.all(
    Array.from({ length: INDEX_SHARDS.default }, async (_, shard) => {
      const { Count = 0 } = await dynamodb.send(
        new QueryCommand({
          TableName: 'tasks',
          IndexName: BY_DEADLINE_INDEX.name,
          Select: 'COUNT',
          KeyConditionExpression: '#shard = :shard AND #due <= :now',
          ExpressionAttributeNames: { '#shard': BY_DEADLINE_INDEX.partitionKey, '#due': BY_DEADLINE_INDEX.sortKey },
          ExpressionAttributeValues: { ':shard': { N: `${shard}` }, ':now': { N: `${Math.floor(Date.now() / 1000)}` } },
        }),
      );
      return Count;
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0);
};
