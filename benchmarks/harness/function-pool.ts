import { randomBytes } from 'node:crypto';
import { BatchWriteItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { ID_RANDOM_BYTES, INDEX_SHARDS } from '../../lambda/contract/limits.ts';
import { BY_DEADLINE_INDEX } from '../../lambda/contract/tables.ts';
import { type ContenderProcess, type Done, startContender } from './contender-process.ts';
import { variablesOf } from './contenders.ts';
import type { MeasuredFunction } from './growth-functions.ts';
import { openLink } from './latency-proxy.ts';
import { openVariables } from './sender.ts';
import { BATCH, changesOf, countPublished, publishVariables } from './stream-batch.ts';
import { aTask } from './task-fixture.ts';
import type { World } from './test-bed.ts';

/** A sender, as the function that opens tasks meets it. */
export interface Sender {
  readonly issuer: string;
  /** The load balancer's event for a task with two callbacks. */
  readonly event: object;
}

/** What was done, and how much of it. */
export interface Counted extends Done {
  readonly count: number;
  /** Requests of DynamoDB. */
  readonly requests: number;
}

/** The functions at work on one world, each in a process of its own; each method fails where not all of it was done. */
export interface Station {
  callbacks(count: number, concurrency: number): Promise<Counted>;
  openings(count: number, concurrency: number): Promise<Counted>;
  /** Tasks that are due, expired in one run. */
  expiries(count: number): Promise<Counted>;
  /** Batches of changes, one at a time. */
  changes(batches: number): Promise<Counted>;
  stop(): void;
}

/** Most writes of one BatchWriteItem. */
const WRITES = 25;
const HOUR = 3_600;

export const openStation = async (
  world: World,
  folders: Readonly<Record<MeasuredFunction, string>>,
  sender: Sender,
): Promise<Station> => {
  const link = await openLink(world.engine.endpoint, 0);
  const variables: Readonly<Record<MeasuredFunction, Record<string, string>>> = {
    receive: variablesOf(world, link.endpoint),
    open: {
      ...openVariables(world, sender.issuer, world.services),
      AWS_ENDPOINT_URL_DYNAMODB: link.endpoint,
    },
    expire: { ...variablesOf(world, link.endpoint), INDEX_SHARDS: `${INDEX_SHARDS.default}` },
    publish: publishVariables(world, world.services),
  };
  const processes = Object.fromEntries(
    await Promise.all(
      Object.entries(folders).map(async ([name, folder]) => [
        name,
        await startContender(folder, variables[name as MeasuredFunction]),
      ]),
    ),
  ) as Record<MeasuredFunction, ContenderProcess>;
  const batch = await changesOf(world);

  const run = async (
    name: MeasuredFunction,
    count: number,
    work: Parameters<ContenderProcess['work']>[0],
  ): Promise<Counted> => {
    await link.requests();
    const done = await processes[name].work(work);
    return { ...done, count, requests: await link.requests() };
  };
  const repeated = (event: object, count: number) => Array.from({ length: count }, () => event);

  return {
    callbacks: async (count, concurrency) => {
      const events = (await world.callbacks(count)).map(({ event }) => event);
      return run('receive', count, { events, concurrency, expected: 200 });
    },
    openings: (count, concurrency) =>
      run('open', count, { events: repeated(sender.event, count), concurrency, expected: 201 }),
    expiries: async (count) => {
      await putDueTasks(world, count);
      const done = await run('expire', count, { events: [{}], concurrency: 1, expected: 200 });
      const left = await countDueTasks(world);
      if (left > 0) throw new Error(`${left} of ${count} due tasks were not expired.`);
      return done;
    },
    changes: async (batches) => {
      const before = countPublished(world);
      const done = await run('publish', batches * BATCH, {
        events: repeated(batch, batches),
        concurrency: 1,
        expected: 200,
      });
      const published = countPublished(world) - before;
      if (published !== done.count) throw new Error(`${published} of ${done.count} changes were published.`);
      return done;
    },
    stop: () => {
      for (const process of Object.values(processes)) process.stop();
      link.stop();
    },
  };
};

const randomId = (): string => randomBytes(ID_RANDOM_BYTES).toString('base64url');

/** Pending tasks whose time was over an hour ago. */
const putDueTasks = async ({ dynamodb }: World, count: number): Promise<void> => {
  const now = Math.floor(Date.now() / 1000);
  for (let start = 0; start < count; start += WRITES) {
    const puts = Array.from({ length: Math.min(WRITES, count - start) }, () => ({
      PutRequest: {
        Item: marshall(aTask({ taskId: randomId(), jti: randomId(), iat: now - 2 * HOUR, exp: now - HOUR })),
      },
    }));
    await dynamodb.send(new BatchWriteItemCommand({ RequestItems: { tasks: puts } }));
  }
};

const countDueTasks = async ({ dynamodb }: World): Promise<number> => {
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
