import { describe, expect } from 'vitest';
import type { DispatchMessage } from '../../../../lambda/contract/dispatch.ts';
import { INDEX_SHARDS } from '../../../../lambda/contract/limits.ts';
import type { Processor, Registry } from '../../../../lambda/contract/registry.ts';
import { dispatchShardKey } from '../../../../lambda/contract/tables.ts';
import { createDynamoDBBreakerStore } from '../../../../lambda/functions/dispatch/breaker-store.ts';
import { createDynamoDBQueuedTasks } from '../../../../lambda/functions/dispatch/queued-tasks.ts';
import { createDynamoDBSentProcessors } from '../../../../lambda/functions/dispatch/sent-processors.ts';
import { createSweep } from '../../../../lambda/functions/dispatch/sweep.ts';
import { type Pause, pauseUpdate } from '../../../../lambda/shared/dispatch/breaker-item.ts';
import { createDispatchQueues } from '../../../../lambda/shared/dispatch/dispatch-queues.ts';
import { createLogger } from '../../../../lambda/shared/log/logger.ts';
import { aDispatchedProcessor, aDispatchedTask } from '../../../support/dispatched.ts';
import { aDispatching } from '../../../support/dispatching.ts';
import { openStore } from '../../../support/engine.ts';
import { readTask } from '../../../support/receiver.ts';
import { aProcessor, registryOf } from '../../../support/registry.ts';
import { test as base, type Queues, urlOf } from '../../../support/sqs.ts';
import { storeTasks } from '../../../support/stored-task.ts';
import { aSigningKey, NOW } from '../../../support/tokens.ts';

const QUEUES: Queues = { SentOcr: {}, OtherOcr: {} };
const REGISTRY = registryOf(
  aDispatchedProcessor('sent-ocr'),
  aDispatchedProcessor('other-ocr', { concurrency: 2 }),
  aProcessor({ id: 'plain-ocr' }),
);

const test = base
  .extend('queues', (): Queues => QUEUES)
  .extend('store', async ({}, { onCleanup }) => {
    const store = await openStore();
    onCleanup(store.close);
    return store;
  })
  .extend('key', () => aSigningKey())
  .extend('world', ({ key, sqs, store }) => {
    const dynamodb = store.createCall();
    let registry: Registry = REGISTRY;
    let seconds = NOW;
    let writes = 0;
    const lines: Record<string, unknown>[] = [];
    const urls = { 'sent-ocr': urlOf('SentOcr'), 'other-ocr': urlOf('OtherOcr') };
    const breakers = createDynamoDBBreakerStore({
      dynamodb,
      lookupsTable: store.lookupsTable,
      wait: async () => {},
      random: Math.random,
    });
    const tasks = createDynamoDBQueuedTasks(dynamodb, store.tasksTable, 3);
    const sent = createDynamoDBSentProcessors(async (...call) => {
      if (call[0] === 'UpdateItem') writes += 1;
      return dynamodb(...call);
    }, store.lookupsTable);
    const dispatcher = () => {
      const origin = 'http://127.0.0.1:1';
      const one = aDispatching({ store, key, origin, wrap: (parts) => ({ ...parts, registry }) });
      one.pass(seconds - NOW);
      return one;
    };
    const sweep = (...run: Parameters<ReturnType<typeof createSweep>>) =>
      createSweep({
        registry,
        indexShards: INDEX_SHARDS.default,
        tasks,
        breakers,
        sent,
        dispatchTask: dispatcher().work,
        queues: createDispatchQueues(sqs.client, urls),
        logger: createLogger('test', 'dispatch', (line) => lines.push(JSON.parse(line))),
        now: () => seconds * 1000,
      })(...run);
    const received = async (processor: keyof typeof urls): Promise<readonly DispatchMessage[]> => {
      const messages: DispatchMessage[] = [];
      for (;;) {
        const bodies = (await sqs.bodies({ QueueUrl: urls[processor] })) ?? [];
        if (bodies.length === 0) return messages;
        messages.push(...bodies.map((body) => JSON.parse(body ?? '') as DispatchMessage));
      }
    };
    return {
      lines,
      /** Processors of the environment from now on. */
      deploy: (...processors: readonly Processor[]) => {
        registry = registryOf(...processors);
      },
      pass: (later: number) => {
        seconds += later;
      },
      /** Writes of the list of processors that got work. */
      writes: () => writes,
      sent: async () => Object.fromEntries(await sent.read()),
      sweep: (processor?: string, remaining = 60_000) =>
        sweep({ sweep: true, ...(processor !== undefined && { processor }) }, () => remaining),
      received,
      /** Ids of the tasks with a message. */
      idsOf: async (processor: keyof typeof urls) => (await received(processor)).map(({ taskId }) => taskId).sort(),
      /** Values of the metric. */
      oldest: () => lines.flatMap(({ DispatchOldest: value }) => (value === undefined ? [] : [value])),
      pause: (processor: string, by: Pause['by']) =>
        breakers.update(processor, pauseUpdate(0, { by, reason: 'r', at: new Date(NOW * 1000).toISOString() })),
    };
  });

const OPERATOR = { sub: 'jane', issuer: 'https://login.example.com' };
/** The time after which an attempt does not leave a task enough time: 300 s and a time-out of 30 s. */
const expiring = (seconds: number) => new Date((NOW + 330 + seconds) * 1000).toISOString();

describe('a run of the sweep', () => {
  test('queues again what is overdue by 60 seconds, with the number of the next attempt', async ({ store, world }) => {
    await storeTasks(store, [
      aDispatchedTask({ attempts: 2, issue: 3 }, { taskId: 'overdue', dispatchAt: NOW - 60 }),
      aDispatchedTask({}, { taskId: 'due', dispatchAt: NOW - 59 }),
      aDispatchedTask({}, { taskId: 'later', dispatchAt: NOW + 7_200 }),
      aDispatchedTask({ state: 'accepted', attempts: 1 }, { taskId: 'accepted', dispatchAt: NOW - 60 }),
      aDispatchedTask({ state: 'failed', attempts: 1 }, { taskId: 'failed', dispatchAt: NOW - 60 }),
      aDispatchedTask({ attempts: 1, lease: NOW + 1 }, { taskId: 'busy', dispatchAt: NOW - 60 }),
      aDispatchedTask({ attempts: 1, lease: NOW }, { taskId: 'dead', dispatchAt: NOW - 60 }),
      aDispatchedTask({}, { taskId: 'other', processor: 'other-ocr', dispatchAt: NOW - 60 }),
    ]);
    await world.sweep();
    expect((await world.received('sent-ocr')).toSorted((a, b) => a.attempt - b.attempt)).toEqual([
      { taskId: 'dead', issue: 1, attempt: 2 },
      { taskId: 'overdue', issue: 3, attempt: 3 },
    ]);
    expect(await world.idsOf('other-ocr')).toEqual(['other']);
  });

  test('queues all pages of all shards', async ({ store, world }) => {
    const ids = Array.from({ length: 40 }, (_, i) => `task-${i}`);
    await storeTasks(
      store,
      ids.map((taskId) => aDispatchedTask({}, { taskId, dispatchAt: NOW - 100 })),
    );
    await world.sweep();
    expect(await world.idsOf('sent-ocr')).toEqual(ids.toSorted());
  });

  test('queues as much of a backlog as a processor works on in a minute, the earliest first', async ({
    store,
    world,
  }) => {
    // 2 concurrent attempts, 60 for each of them.
    const perShard = Math.ceil((2 * 60) / INDEX_SHARDS.default);
    const shard = { processor: 'other-ocr', dispatchShard: dispatchShardKey('queued', 'other-ocr', 0) };
    await storeTasks(
      store,
      Array.from({ length: perShard + 5 }, (_, i) =>
        aDispatchedTask({}, { ...shard, taskId: `task-${i}`, dispatchAt: NOW - 1_000 + i }),
      ),
    );
    await world.sweep();
    const first = Array.from({ length: perShard }, (_, i) => `task-${i}`);
    expect(await world.idsOf('other-ocr')).toEqual(first.toSorted());
  });

  test('queues tasks without time before others, within the same limit', async ({ store, world }) => {
    const perShard = Math.ceil((2 * 60) / INDEX_SHARDS.default);
    const shard = { processor: 'other-ocr', dispatchShard: dispatchShardKey('queued', 'other-ocr', 0) };
    const overs = Array.from({ length: perShard + 5 }, (_, i) => `over-${i}`);
    await storeTasks(store, [
      aDispatchedTask({}, { ...shard, taskId: 'earliest', dispatchAt: NOW - 2_000 }),
      ...overs.map((taskId, i) =>
        aDispatchedTask({}, { ...shard, taskId, dispatchAt: NOW - 1_000 + i, expiresAt: expiring(-1) }),
      ),
    ]);
    await world.sweep();
    expect(await world.idsOf('other-ocr')).toEqual(overs.slice(0, perShard).toSorted());
  });

  test('queues tasks whose time is over before earlier ones that have time', async ({ store, world }) => {
    const perShard = Math.ceil((2 * 60) / INDEX_SHARDS.default);
    const shard = { processor: 'other-ocr', dispatchShard: dispatchShardKey('queued', 'other-ocr', 0) };
    const ids = Array.from({ length: perShard }, (_, i) => `task-${i}`);
    await storeTasks(store, [
      ...ids.map((taskId, i) => aDispatchedTask({}, { ...shard, taskId, dispatchAt: NOW - 1_000 + i })),
      aDispatchedTask({}, { ...shard, taskId: 'over', dispatchAt: NOW, expiresAt: expiring(-1) }),
    ]);
    await world.sweep();
    expect(await world.idsOf('other-ocr')).toEqual(['over', ...ids.slice(0, -1)].toSorted());
  });

  test('sends a delayed message for a wait that was too long for one', async ({ sqs, store, world }) => {
    const before = (seconds: number) => new Date((NOW - seconds) * 1000).toISOString();
    const waiting = (taskId: string, dispatchAt: number, waited: number) =>
      aDispatchedTask(
        { attempts: 2, lastAttemptAt: before(waited - (dispatchAt - NOW)) },
        { taskId, dispatchAt, queuedAt: NOW - 7_200 },
      );
    await storeTasks(store, [
      waiting('long', NOW + 120, 901),
      waiting('short', NOW + 120, 900),
      waiting('later', NOW + 121, 1_800),
      aDispatchedTask({}, { taskId: 'fresh', dispatchAt: NOW + 100, queuedAt: NOW - 800 }),
    ]);
    await world.sweep();
    expect(await world.received('sent-ocr')).toEqual([]);
    sqs.at(119);
    expect(await world.received('sent-ocr')).toEqual([]);
    sqs.at(120);
    expect(await world.received('sent-ocr')).toEqual([{ taskId: 'long', issue: 1, attempt: 3 }]);
  });

  test('for one processor queues all that is due, and nothing of others', async ({ store, world }) => {
    const shard = { processor: 'other-ocr', dispatchShard: dispatchShardKey('queued', 'other-ocr', 0) };
    const ids = Array.from({ length: 40 }, (_, i) => `task-${i}`);
    await storeTasks(store, [
      ...ids.map((taskId) => aDispatchedTask({}, { ...shard, taskId, dispatchAt: NOW })),
      aDispatchedTask({}, { ...shard, taskId: 'later', dispatchAt: NOW + 1 }),
      aDispatchedTask({}, { taskId: 'sent', dispatchAt: NOW - 100 }),
    ]);
    await world.sweep('other-ocr');
    expect(await world.idsOf('other-ocr')).toEqual(ids.toSorted());
    expect(await world.idsOf('sent-ocr')).toEqual([]);
    expect(world.oldest()).toEqual([]);
  });

  test('queues at once what has no time left, also while the processor is paused', async ({ store, world }) => {
    await world.pause('sent-ocr', OPERATOR);
    await storeTasks(store, [
      aDispatchedTask({}, { taskId: 'over', dispatchAt: NOW, expiresAt: expiring(-1) }),
      aDispatchedTask({}, { taskId: 'just', dispatchAt: NOW - 100, expiresAt: expiring(0) }),
      aDispatchedTask({}, { taskId: 'fresh', dispatchAt: NOW - 100 }),
    ]);
    await world.sweep();
    expect(await world.idsOf('sent-ocr')).toEqual(['over']);
    await world.sweep('sent-ocr');
    expect(await world.idsOf('sent-ocr')).toEqual(['over']);
  });

  test('says for how long work is due, without what an operator paused', async ({ store, world }) => {
    await storeTasks(store, [
      aDispatchedTask({}, { queuedAt: NOW - 40, dispatchAt: NOW - 10 }),
      // Its attempts failed, and the next one is due now.
      aDispatchedTask({ attempts: 3 }, { queuedAt: NOW - 5_000, dispatchAt: NOW - 5 }),
      aDispatchedTask({}, { processor: 'other-ocr', queuedAt: NOW - 900, dispatchAt: NOW - 900 }),
    ]);
    await world.sweep();
    await world.pause('other-ocr', OPERATOR);
    await world.sweep();
    expect(world.oldest()).toEqual([900, 10]);
  });

  test('counts tasks of a processor that Postern itself paused', async ({ store, world }) => {
    await world.pause('sent-ocr', 'postern');
    await storeTasks(store, [aDispatchedTask({}, { queuedAt: NOW - 40, dispatchAt: NOW - 10 })]);
    await world.sweep();
    expect(world.oldest()).toEqual([10]);
  });

  test('says 0 if no work is due', async ({ store, world }) => {
    await storeTasks(store, [aDispatchedTask({ attempts: 3 }, { queuedAt: NOW - 5_000, dispatchAt: NOW + 1 })]);
    await world.sweep();
    expect(world.oldest()).toEqual([0]);
  });

  test('begins no page in its last 5 seconds, and says that it is not complete', async ({ store, world }) => {
    await storeTasks(store, [aDispatchedTask({}, { dispatchAt: NOW - 100 })]);
    await world.sweep(undefined, 4_999);
    expect(await world.idsOf('sent-ocr')).toEqual([]);
    expect(world.lines.at(-1)).toMatchObject({ message: 'sweep ended', complete: false });
    await world.sweep(undefined, 5_000);
    expect(await world.idsOf('sent-ocr')).toHaveLength(1);
    expect(world.lines.at(-1)).toMatchObject({ message: 'sweep ended', complete: true });
  });
});

describe('a processor that the environment sends no work to any more', () => {
  const SENT = aDispatchedProcessor('sent-ocr');
  const FAR = { deadline: NOW + 200_000, expiresAt: expiring(200_000) };

  test.for([
    ['left the registry', []],
    ['lost its dispatch', [aProcessor({ id: 'other-ocr' })]],
  ] as const)('%s: its queued tasks fail with ProcessorUnknown', async ([, others], { store, world }) => {
    await world.sweep();
    world.deploy(SENT, ...others);
    await world.pause('other-ocr', OPERATOR);
    const processor = 'other-ocr';
    const failing = [
      aDispatchedTask({}, { taskId: 'fresh', processor, dispatchAt: NOW }),
      aDispatchedTask({ attempts: 2, used: 2 }, { taskId: 'waiting', processor, dispatchAt: NOW + 7_200 }),
      aDispatchedTask({ attempts: 1, lease: NOW }, { taskId: 'abandoned', processor, dispatchAt: NOW - 60 }),
    ];
    await storeTasks(store, [
      ...failing,
      aDispatchedTask({ attempts: 1, lease: NOW + 1 }, { taskId: 'under-way', processor, dispatchAt: NOW - 60 }),
      aDispatchedTask({ state: 'accepted', attempts: 1 }, { taskId: 'accepted', processor }),
      aDispatchedTask({}, { taskId: 'sent', dispatchAt: NOW - 60 }),
    ]);
    await world.sweep();
    for (const { taskId } of failing) {
      expect(await readTask(store, taskId)).toMatchObject({
        status: 'failed',
        change: 'dispatchFailed',
        dispatch: { state: 'failed', reason: 'ProcessorUnknown' },
      });
    }
    for (const [taskId, state] of [
      ['under-way', 'queued'],
      ['accepted', 'accepted'],
      ['sent', 'queued'],
    ]) {
      expect(await readTask(store, `${taskId}`)).toMatchObject({ status: 'pending', dispatch: { state } });
    }
    expect([await world.idsOf('sent-ocr'), await world.idsOf('other-ocr')]).toEqual([['sent'], []]);
    // The lease of the last attempt has ended.
    world.pass(1);
    await world.sweep();
    expect(await readTask(store, 'under-way')).toMatchObject({ dispatch: { reason: 'ProcessorUnknown' } });
  });

  test('fails all pages of all shards', async ({ store, world }) => {
    await world.sweep();
    world.deploy(SENT);
    const ids = Array.from({ length: 60 }, (_, i) => `task-${i}`);
    await storeTasks(
      store,
      ids.map((taskId) => aDispatchedTask({}, { taskId, processor: 'other-ocr' })),
    );
    await world.sweep(undefined, 4_999);
    expect(world.lines.at(-1)).toMatchObject({ message: 'sweep ended', complete: false });
    await world.sweep();
    const tasks = await Promise.all(ids.map((taskId) => readTask(store, taskId)));
    expect(tasks.map((task) => task?.dispatch?.reason)).toEqual(ids.map(() => 'ProcessorUnknown'));
    expect(world.lines.at(-1)).toMatchObject({ message: 'sweep ended', complete: true });
  });

  test('is known by a list that is written once an hour', async ({ world }) => {
    await world.sweep();
    world.pass(3_599);
    await world.sweep();
    expect([world.writes(), await world.sent()]).toEqual([1, { 'sent-ocr': NOW, 'other-ocr': NOW }]);
    world.pass(1);
    await world.sweep();
    expect([world.writes(), await world.sent()]).toEqual([2, { 'sent-ocr': NOW + 3_600, 'other-ocr': NOW + 3_600 }]);
    // An operator resumes a processor.
    world.pass(3_600);
    await world.sweep('sent-ocr');
    expect(world.writes()).toBe(2);
  });

  test('is forgotten after a day, when it has no queued task', async ({ store, world }) => {
    await world.sweep();
    world.deploy(SENT);
    world.pass(86_399);
    await world.sweep();
    expect(Object.keys(await world.sent()).toSorted()).toEqual(['other-ocr', 'sent-ocr']);
    world.pass(1);
    const processor = 'other-ocr';
    await storeTasks(store, [
      aDispatchedTask({ attempts: 1, lease: NOW + 90_000 }, { taskId: 'late', processor, ...FAR }),
    ]);
    await world.sweep();
    expect(await world.sent()).toHaveProperty(processor);
    world.pass(3_600);
    await world.sweep();
    expect(await readTask(store, 'late')).toMatchObject({ dispatch: { reason: 'ProcessorUnknown' } });
    expect(await world.sent()).toHaveProperty(processor);
    await world.sweep();
    expect(Object.keys(await world.sent())).toEqual(['sent-ocr']);
  });

  test('gets work again when it is back', async ({ store, world }) => {
    await world.sweep();
    world.deploy(SENT);
    await world.sweep();
    world.deploy(...Object.values(REGISTRY));
    await storeTasks(store, [aDispatchedTask({}, { taskId: 'task', processor: 'other-ocr', dispatchAt: NOW - 60 })]);
    await world.sweep();
    expect(await world.idsOf('other-ocr')).toEqual(['task']);
    expect(await readTask(store, 'task')).toMatchObject({ dispatch: { state: 'queued' } });
  });
});

describe('a run of the sweep with a fault', () => {
  test('fails after it has swept the other processors', async ({ key, sqs, store }) => {
    await storeTasks(store, [
      aDispatchedTask({}, { taskId: 'sent', dispatchAt: NOW - 100 }),
      aDispatchedTask({}, { taskId: 'other', processor: 'other-ocr', dispatchAt: NOW - 100 }),
    ]);
    const lines: string[] = [];
    const sweep = createSweep({
      registry: REGISTRY,
      indexShards: INDEX_SHARDS.default,
      tasks: createDynamoDBQueuedTasks(store.createCall(), store.tasksTable),
      sent: {
        read: async () => {
          throw new Error('away');
        },
        record: async () => {},
        forget: async () => {},
      },
      dispatchTask: aDispatching({ store, key, origin: 'http://127.0.0.1:1' }).work,
      breakers: {
        read: async (processor) => {
          if (processor === 'sent-ocr') throw new Error('away');
          return {};
        },
      },
      queues: createDispatchQueues(sqs.client, { 'sent-ocr': urlOf('SentOcr'), 'other-ocr': urlOf('OtherOcr') }),
      logger: createLogger('test', 'dispatch', (line) => lines.push(line)),
      now: () => NOW * 1000,
    });
    await expect(sweep({ sweep: true }, () => 60_000)).rejects.toThrow(
      'Processors, shards or messages that could not be swept: 2.',
    );
    const bodies = await sqs.bodies({ QueueUrl: urlOf('OtherOcr') });
    expect(bodies).toEqual([JSON.stringify({ taskId: 'other', issue: 1, attempt: 1 })]);
    expect(lines.filter((line) => line.includes('processor not swept'))).toHaveLength(1);
  });
});
