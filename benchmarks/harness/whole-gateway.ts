import { APPLICATIONS_FILE, type Applications } from '../../lambda/contract/applications.ts';
import { INDEX_SHARDS } from '../../lambda/contract/limits.ts';
import { type Processor, REGISTRY_FILE, type Registry } from '../../lambda/contract/registry.ts';
import { startContender, type Work } from './contender-process.ts';
import { bundleFunction, REGISTRY, receiverFiles, variablesFor, writeContenders } from './contenders.ts';
import { openDynamoDbProxy } from './dynamodb-proxy.ts';
import { PROCESSOR } from './names.ts';
import type { Defer } from './scope.ts';
import { createTaskVariables, type Sender } from './sender.ts';
import { spreadOf } from './statistics.ts';
import { BATCH, streamBatch } from './stream-batch.ts';
import { putTasks } from './tables.ts';
import { aTask } from './task-fixture.ts';
import { openTestBed, randomId } from './test-bed.ts';

/** Size of a gateway that has been in use. */
export interface Size {
  readonly name: string;
  /** Rows in the tables, half of them tasks and half of them used tokens. */
  readonly rows: number;
  readonly processors: number;
}

/** Amount of work. */
export interface Amounts {
  readonly callbacks: number;
  readonly tasks: number;
  readonly dueTasks: number;
  readonly batches: number;
  /** New processes of the receiver. */
  readonly coldStarts: number;
}

/** The shipped functions, each in a separate process. */
export interface WholeGateway {
  readonly name: string;
  /** Does the work, one kind after the other. Returns its costs by name. @throws {Error} if some of it was not done */
  measure(amounts: Amounts): Promise<Readonly<Record<string, number>>>;
}

/** Callbacks, and tasks created, at a time. */
export const AT_ONCE = 16;

const HOUR = 3_600;

/** One processor in ten has a JSON Schema. */
const SCHEMA_ONE_IN = 10;

/** A registry with this many processors. Callbacks use the first one. */
const registryOf = (processors: number): Registry => {
  const { schema, ...plain } = REGISTRY[PROCESSOR] as Processor;
  return Object.fromEntries(
    Array.from({ length: processors }, (_, i) => {
      const id = i === 0 ? PROCESSOR : `processor-${i}`;
      return [id, { ...plain, id, ...(i % SCHEMA_ONE_IN === 0 && schema !== undefined && { schema }) }];
    }),
  );
};

export const openGateway = async (defer: Defer, size: Size, sender: Sender): Promise<WholeGateway> => {
  const bed = await openTestBed(defer, size.rows);
  const proxy = await openDynamoDbProxy(defer, bed.engine.endpoint);
  const variables = variablesFor(bed, proxy.endpoint);
  const registry = registryOf(size.processors);
  const applications: Applications = {
    bench: { id: 'bench', clients: null, processors: Object.keys(registry), pendingLimit: null },
  };
  const folders = writeContenders({
    receive: await receiverFiles(registry),
    'create-task': {
      'index.js': await bundleFunction('create-task'),
      [REGISTRY_FILE]: JSON.stringify(registry),
      [APPLICATIONS_FILE]: JSON.stringify(applications),
    },
    expire: { 'index.js': await bundleFunction('expire') },
    publish: { 'index.js': await bundleFunction('publish') },
  });
  const start = (name: string, own: Readonly<Record<string, string>> = {}) =>
    startContender(defer, folders.find((each) => each.name === name)?.folder ?? '', { ...variables, ...own });
  const receive = await start('receive');
  const signing = { SIGNING: 'kms', SIGNING_KEY_IDS: bed.kmsKeyId, SIGNING_ENCRYPTION_KEY_ID: '' };
  const createTask = await start('create-task', { ...createTaskVariables(sender), ...signing });
  const expire = await start('expire', { INDEX_SHARDS: `${INDEX_SHARDS.default}` });
  const publish = await start('publish', { DEAD_LETTER_QUEUE_URL: 'unused' });

  const repeat = (count: number, event: object, concurrency: number, expected = 200): Work => ({
    events: Array.from({ length: count }, () => event),
    concurrency,
    expected,
  });

  const expireTasks = async (count: number) => {
    const now = Math.floor(Date.now() / 1000);
    await putTasks(
      bed.dynamodb,
      Array.from({ length: count }, () =>
        // A run looks back half a minute from the time that the last run reached.
        aTask({ taskId: randomId(), jti: randomId(), iat: now - HOUR, exp: now - 10 }),
      ),
    );
    proxy.consumed();
    const times = await expire.work(repeat(1, {}, 1));
    if (proxy.consumed().requests < count) throw new Error('Some due tasks were not expired.');
    return times;
  };

  const coldStart = async () => {
    const process = await start('receive');
    const { medianMilliseconds } = await process.work({ events: await bed.events(1), concurrency: 1 });
    await process.stop();
    return process.loadMilliseconds + medianMilliseconds;
  };

  return {
    name: size.name,
    measure: async (amounts) => {
      const events = await bed.events(amounts.callbacks);
      proxy.consumed();
      const callbacks = await receive.work({ events, concurrency: AT_ONCE });
      const { requests } = proxy.consumed();
      const created = await createTask.work(repeat(amounts.tasks, sender.event, AT_ONCE, 201));
      const expired = await expireTasks(amounts.dueTasks);
      const published = await publish.work(repeat(amounts.batches, streamBatch(), 1));
      const starts: number[] = [];
      while (starts.length < amounts.coldStarts) starts.push(await coldStart());
      return {
        callback: callbacks.cpuMicroseconds,
        latency: callbacks.medianMilliseconds,
        requests: requests / amounts.callbacks,
        creation: created.cpuMicroseconds,
        created: created.perSecond,
        expiry: expired.cpuMicroseconds / amounts.dueTasks,
        expired: expired.perSecond * amounts.dueTasks,
        change: published.cpuMicroseconds / BATCH,
        changes: published.perSecond * BATCH,
        registry: Buffer.byteLength(JSON.stringify(registry)) / 1024,
        coldStart: spreadOf(starts).median,
      };
    },
  };
};
