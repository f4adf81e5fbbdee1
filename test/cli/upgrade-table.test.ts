import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  ScanCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { describe, expect } from 'vitest';
import { type Counts, upgradeTable } from '../../cli/upgrade-table.ts';
import { INDEX_SHARDS } from '../../lambda/contract/limits.ts';
import { keptBytes, TASK_INDEXES } from '../../lambda/contract/tables.ts';
import type { TaskItem } from '../../lambda/contract/task.ts';
import { createDynamoDBDueTaskStore } from '../../lambda/functions/expire/dynamodb-due-task-store.ts';
import { createExpirer } from '../../lambda/functions/expire/expire-tasks.ts';
import { toTaskEvents } from '../../lambda/functions/publish/task-event.ts';
import { createLogger } from '../../lambda/shared/log/logger.ts';
import { END_INDEXES, indexesNamed } from '../../lib/state/task-indexes.ts';
import { tasksTable } from '../../local/dynamodb/gateway-tables.ts';
import { ensureTable } from '../../local/dynamodb/tables.ts';
import { runPostern } from '../support/command-line.ts';
import { LOCAL_ENVIRONMENT } from '../support/engine.ts';
import { test as base } from '../support/fixtures.ts';
import '../support/matchers.ts';
import type { ReceiverFixture } from '../support/receiver.ts';
import { aTaskBody, type Opened, openSenderWorld, type SenderWorld } from '../support/sender-world.ts';
import { indexNames, removeIndexes } from '../support/table-indexes.ts';
import { NOW, ORIGIN } from '../support/tokens.ts';

const FORMER_INDEXES = indexesNamed('byCreation,byDeadline');

/** Every attribute that version 0.1.0 wrote. */
const FORMER_ATTRIBUTES = [
  ...[
    'taskId',
    'status',
    'processor',
    'resource',
    'owner',
    'metadata',
    'openedBy',
    'carrier',
    'createdAt',
    'expiresAt',
  ],
  ...[
    'deadline',
    'reissuedAt',
    'expiresIn',
    'heartbeat',
    'heartbeatDeadline',
    'shard',
    'createdKey',
    'dueShard',
    'due',
  ],
  ...['closedAt', 'callbacks', 'result', 'failure', 'payload', 'payloadKey', 'progress', 'uploads', 'quarantine'],
  ...['reopened', 'reopenings', 'settled', 'history', 'sequence', 'change', 'changedAt', 'replays', 'lastReplay'],
  'purgeAt',
];
const JSON_TYPE = { 'content-type': 'application/json' };
const LATER = NOW + 1_000;

/** A table of version 0.1.0 with tasks of every kind. */
interface OldWorld {
  readonly sender: SenderWorld;
  readonly receiver: ReceiverFixture;
  readonly tasks: Readonly<Record<Kind, Opened>>;
}
const KINDS = [
  ...(['pending', 'succeeded', 'failed', 'cancelled', 'overdue', 'expired'] as const),
  ...(['quarantined', 'replayed', 'reopened'] as const),
] as const;
type Kind = (typeof KINDS)[number];

const deliver = async (
  receiver: ReceiverFixture,
  { callbacks }: Opened,
  capability: 'result' | 'failure',
  body = 'Total 12.00',
) => {
  const { url = '' } = callbacks[capability] ?? {};
  return await receiver.deliver({ path: new URL(url).pathname, headers: { 'content-type': 'text/plain' }, body });
};

const readItem = async ({ client, tasksTable: table }: SenderWorld['store'], taskId: string) => {
  const { Item } = await client.send(
    new GetItemCommand({ TableName: table, Key: { taskId: { S: taskId } }, ConsistentRead: true }),
  );
  return Item ?? {};
};

type Item = Readonly<Record<string, AttributeValue>>;

/** Returns deliveries in quarantine as version 0.1.0 stored them: with their bytes. */
const withBytes = (item: Item, attribute: 'quarantine' | 'reopened'): Item => {
  const entries = item[attribute]?.M;
  if (entries === undefined) return {};
  const former = Object.entries(entries).map(([id, { M: entry }]) => {
    const payload = item[keptBytes(id)];
    return [id, { M: { ...entry, ...(payload && { payload }) } }];
  });
  return { [attribute]: { M: Object.fromEntries(former) } };
};

/** Takes everything off a task that version 0.1.0 did not write. */
const makeFormer = async (store: SenderWorld['store'], taskId: string) => {
  const item = await readItem(store, taskId);
  const newer = Object.keys(item).filter((name) => !FORMER_ATTRIBUTES.includes(name));
  const { from, sha256 } = item.lastReplay?.M ?? {};
  const lastReplay = { M: { from, sha256 } as Record<string, AttributeValue> };
  const former: Item = {
    ...withBytes(item, 'quarantine'),
    ...withBytes(item, 'reopened'),
    ...(item.lastReplay && { lastReplay }),
  };
  await store.client.send(
    new UpdateItemCommand({
      TableName: store.tasksTable,
      Key: { taskId: { S: taskId } },
      UpdateExpression: [
        `REMOVE ${['never', ...newer].map((_, i) => `#${i}`).join(', ')}`,
        `SET ${Object.keys(former)
          .map((name) => `${name} = :${name}`)
          .join(', ')}`,
      ].join(' '),
      ExpressionAttributeNames: Object.fromEntries(['never', ...newer].map((name, i) => [`#${i}`, name])),
      ExpressionAttributeValues: Object.fromEntries(Object.entries(former).map(([name, value]) => [`:${name}`, value])),
    }),
  );
};

const openOldWorld = async (): Promise<OldWorld> => {
  const sender = await openSenderWorld(tasksTable(`tasks-${randomUUID()}`, FORMER_INDEXES));
  const opener = sender.opener({ layout: 'former' });
  const closer = sender.tasks({ layout: 'former' });
  const receiver = await sender.receiver({ layout: 'former' });
  const opened: Partial<Record<Kind, Opened>> = {};
  for (const [i, kind] of KINDS.entries()) {
    opener.at((NOW + i) * 1_000);
    const body = aTaskBody({
      resource: `invoice-${i % 2}`,
      owner: 'alice',
      carrier: 'path',
      expiresIn: ['overdue', 'expired', 'quarantined'].includes(kind) ? 60 : 7_200,
    });
    const answer = await opener.send({ path: '/v1/tasks', headers: JSON_TYPE, body: JSON.stringify(body) });
    expect(answer.status).toBe(201);
    opened[kind] = answer.json as Opened;
  }
  const tasks = opened as Record<Kind, Opened>;
  receiver.at(NOW + 30);
  closer.at((NOW + 30) * 1_000);
  for (const kind of ['succeeded', 'replayed', 'reopened'] as const) await deliver(receiver, tasks[kind], 'result');
  await deliver(receiver, tasks.failed, 'failure');
  await closer.send({ method: 'DELETE', path: `/v1/tasks/${tasks.cancelled.taskId}` });
  expect(await deliver(receiver, tasks.replayed, 'result', 'Total 0.00')).toBeRefusedWith('token_replayed');
  receiver.at(NOW + 900);
  expect(await deliver(receiver, tasks.quarantined, 'result')).toBeRefusedWith('token_expired');
  opener.at((NOW + 60) * 1_000);
  const reopening = await opener.send({
    path: `/v1/tasks/${tasks.reopened.taskId}/reopen`,
    headers: JSON_TYPE,
    body: JSON.stringify({ reason: 'It was wrong.' }),
  });
  tasks.reopened = { ...tasks.reopened, callbacks: (reopening.json as Opened).callbacks };
  await sender.store.client.send(
    new UpdateItemCommand({
      TableName: sender.store.tasksTable,
      Key: { taskId: { S: tasks.expired.taskId } },
      UpdateExpression:
        'SET #status = :expired, #change = :expired, closedAt = :at, changedAt = :at REMOVE dueShard, due',
      ExpressionAttributeNames: { '#status': 'status', '#change': 'change' },
      ExpressionAttributeValues: { ':expired': { S: 'expired' }, ':at': { S: new Date(LATER * 1_000).toISOString() } },
    }),
  );
  await Promise.all(KINDS.map((kind) => makeFormer(sender.store, tasks[kind].taskId)));
  return { sender, receiver, tasks };
};

/** Does what the steps of `docs/operate/upgrading.md` do to the table: one index in each update of it. */
const addIndexes = async ({ client, tasksTable: table }: SenderWorld['store']): Promise<void> => {
  for (let step = 1; step <= TASK_INDEXES.length; step += 1) {
    await ensureTable(client, tasksTable(table, [...FORMER_INDEXES, ...TASK_INDEXES.slice(0, step)]));
  }
};

const SDK = { ConditionalCheckFailedException, ScanCommand, UpdateItemCommand, unmarshall };

const upgrade = (store: SenderWorld['store'], more: Partial<Parameters<typeof upgradeTable>[0]> = {}) =>
  upgradeTable({
    sdk: SDK,
    client: store.client,
    table: store.tasksTable,
    pace: 1_000,
    dryRun: false,
    now: () => LATER * 1_000,
    wait: async () => {},
    onProgress: () => {},
    ...more,
  });

const test = base
  .extend('former', { scope: 'file' }, async ({}, { onCleanup }) => {
    const world = await openOldWorld();
    onCleanup(world.sender.close);
    const { store } = world.sender;
    const { Items = [] } = await store.client.send(new ScanCommand({ TableName: store.tasksTable }));
    const before = new Map(Items.map((item) => [item.taskId?.S ?? '', item]));
    await addIndexes(store);
    const dry = await upgrade(store, { dryRun: true });
    const counts = await upgrade(store);
    await removeIndexes(
      store,
      FORMER_INDEXES.map(({ name }) => name),
    );
    return { ...world, before, dry, counts };
  })
  /** A pending task of version 0.1.0, in a table with the new indexes. */
  .extend('anOldTask', ({ sender }) => async () => {
    const body = JSON.stringify(aTaskBody({ carrier: 'path' }));
    const answer = await sender.opener({ layout: 'former' }).send({ path: '/v1/tasks', headers: JSON_TYPE, body });
    const opened = answer.json as Opened;
    await makeFormer(sender.store, opened.taskId);
    return opened;
  });

describe('the upgrade of a table of version 0.1.0', () => {
  test('begins with items that have only the attributes of that version', ({ former }) => {
    for (const item of former.before.values()) {
      expect(Object.keys(item).filter((name) => !FORMER_ATTRIBUTES.includes(name))).toEqual([]);
    }
    expect(former.before.size).toBe(KINDS.length);
  });

  test('counts only, in a dry run, and then upgrades every task', ({ former }) => {
    const none = { upgraded: 0, settled: 0, busy: 0 };
    expect(former.dry).toEqual({ ...none, found: KINDS.length });
    expect(former.counts).toEqual({ ...none, found: KINDS.length, upgraded: KINDS.length });
  });

  test('ends with the indexes of a new environment', async ({ former }) => {
    expect(await indexNames(former.sender.store)).toEqual(END_INDEXES.map(({ name }) => name).sort());
  });

  test('changes nothing that was there, except the kind and the time of the last change', async ({ former }) => {
    for (const [taskId, before] of former.before) {
      const after = await readItem(former.sender.store, taskId);
      const { application, applicationShard, resourceShard, ownerShard, ...kept } = after;
      const { quarantineShard: _, quarantinedKey: __, replayShard: ___, replayedKey: ____, ...rest } = kept;
      const changedAt = { S: new Date(LATER * 1_000).toISOString() };
      expect(rest).toEqual({ ...before, change: { S: 'upgraded' }, changedAt });
      expect(application).toEqual({ S: 'default' });
      const shard = before.shard?.N;
      expect(applicationShard).toEqual({ S: `default#${shard}` });
      expect(resourceShard?.S).toMatch(new RegExp(`^default#${shard}#[\\w-]{22}$`));
      expect(ownerShard?.S).toMatch(new RegExp(`^default#${shard}#[\\w-]{22}$`));
      expect(toTaskEvents(after, ORIGIN)[0]).toBeUndefined();
    }
  });

  test('puts tasks with quarantined deliveries and with replays into their indexes, and no others', async ({
    former,
  }) => {
    const { client, tasksTable: table } = former.sender.store;
    const idsOf = async (IndexName: string) => {
      const { Items = [] } = await client.send(new ScanCommand({ TableName: table, IndexName }));
      return Items.map(({ taskId }) => taskId?.S).sort();
    };
    const { quarantined, replayed, reopened } = former.tasks;
    expect(await idsOf('byQuarantine')).toEqual([quarantined.taskId, reopened.taskId].sort());
    expect(await idsOf('byReplay')).toEqual([replayed.taskId]);
    const late = new Date((NOW + 900) * 1_000).toISOString();
    const item = await readItem(former.sender.store, quarantined.taskId);
    expect(item.quarantinedKey).toEqual({ S: `${late}#${quarantined.taskId}` });
    expect(item.quarantineShard).toEqual(item.shard);
  });

  test('lets the application default list and search every task', async ({ former }) => {
    const tasks = former.sender.tasks();
    tasks.at((NOW + 40) * 1_000);
    const list = async (query: Record<string, readonly string[]>) => {
      const answer = await tasks.send({ method: 'GET', path: '/v1/tasks', query });
      expect(answer.status).toBe(200);
      return (answer.json as { tasks: { taskId: string }[] }).tasks.map(({ taskId }) => taskId);
    };
    const newestFirst = KINDS.map((kind) => former.tasks[kind].taskId).reverse();
    expect(await list({})).toEqual(newestFirst);
    expect(await list({ owner: ['alice'] })).toEqual(newestFirst);
    expect(await list({ resource: ['invoice-1'] })).toEqual(
      newestFirst.filter((_, i) => (KINDS.length - 1 - i) % 2 === 1),
    );
    expect(await list({ status: ['cancelled'] })).toEqual([former.tasks.cancelled.taskId]);
  });

  test('lets callbacks, repeats, quarantine, cancelling and expiry go on', async ({ former }) => {
    const { receiver, sender, tasks } = former;
    receiver.at(NOW + 100);
    expect((await deliver(receiver, tasks.pending, 'result')).status).toBe(200);
    expect((await deliver(receiver, tasks.succeeded, 'result')).status).toBe(200);
    const closer = sender.tasks();
    closer.at((NOW + 100) * 1_000);
    const cancelled = await closer.send({ method: 'DELETE', path: `/v1/tasks/${tasks.reopened.taskId}` });
    expect([cancelled.status, (cancelled.json as { status: string }).status]).toEqual([200, 'cancelled']);
    const path = `/v1/tasks/${tasks.quarantined.taskId}/quarantine`;
    closer.at(LATER * 1_000);
    const { quarantine } = (await closer.send({ method: 'GET', path })).json as { quarantine: { id: string }[] };
    const accepted = await closer.send({ method: 'POST', path: `${path}/${quarantine[0]?.id}/accept` });
    expect([accepted.status, (accepted.json as { status: string }).status]).toEqual([200, 'succeeded']);
    await createExpirer({
      store: createDynamoDBDueTaskStore({
        client: sender.store.client,
        tasksTable: sender.store.tasksTable,
        lookupsTable: sender.store.lookupsTable,
        layout: 'former',
        wait,
        random: Math.random,
      }),
      indexShards: INDEX_SHARDS.default,
      logger: createLogger('test', 'expire', () => {}),
      now: () => LATER * 1_000,
    })(() => 60_000);
    const overdue = unmarshall(await readItem(sender.store, tasks.overdue.taskId)) as TaskItem;
    expect([overdue.status, overdue.application]).toEqual(['expired', 'default']);
  });
});

/** A client that does something before the first update. */
const beforeFirstUpdate = (client: DynamoDBClient, act: () => Promise<unknown>): Pick<DynamoDBClient, 'send'> => {
  let done = false;
  const send = async (command: { readonly constructor: { readonly name: string } }) => {
    if (command instanceof UpdateItemCommand && !done) {
      done = true;
      await act();
    }
    return await client.send(command as never);
  };
  return { send } as unknown as Pick<DynamoDBClient, 'send'>;
};

describe('a task that changes while it is upgraded', () => {
  test('keeps the change', async ({ sender, anOldTask }) => {
    const task = await anOldTask();
    const receiver = await sender.receiver();
    receiver.at(NOW + 1);
    const client = beforeFirstUpdate(sender.store.client, () => deliver(receiver, task, 'result'));
    expect(await upgrade(sender.store, { client })).toMatchObject({ upgraded: 1, busy: 0 });
    const item = unmarshall(await readItem(sender.store, task.taskId)) as TaskItem;
    expect(item).toMatchObject({ application: 'default', status: 'succeeded', sequence: 2, change: 'upgraded' });
  });

  test('gets the keys of what came into quarantine', async ({ sender, anOldTask }) => {
    const task = await anOldTask();
    const receiver = await sender.receiver();
    receiver.at(NOW + 5_000);
    const client = beforeFirstUpdate(sender.store.client, async () => {
      await deliver(receiver, task, 'result');
      await makeFormer(sender.store, task.taskId);
    });
    await upgrade(sender.store, { client });
    const at = new Date((NOW + 5_000) * 1_000).toISOString();
    const { quarantinedKey } = await readItem(sender.store, task.taskId);
    expect(quarantinedKey).toEqual({ S: `${at}#${task.taskId}` });
  });

  test('is not made again if it was deleted', async ({ sender, anOldTask }) => {
    const { taskId } = await anOldTask();
    const { client, tasksTable: table } = sender.store;
    const deleting = beforeFirstUpdate(client, () =>
      client.send(new DeleteItemCommand({ TableName: table, Key: { taskId: { S: taskId } } })),
    );
    expect(await upgrade(sender.store, { client: deleting })).toMatchObject({ found: 1, upgraded: 0, settled: 1 });
    expect(await readItem(sender.store, taskId)).toEqual({});
  });

  test('is upgraded once by two runs at the same time, and a later run finds nothing', async ({
    sender,
    anOldTask,
  }) => {
    await Promise.all(Array.from({ length: 20 }, anOldTask));
    const [one, other] = await Promise.all([upgrade(sender.store), upgrade(sender.store)]);
    expect([one.busy, other.busy, one.upgraded + other.upgraded]).toEqual([0, 0, 20]);
    expect(await upgrade(sender.store)).toEqual({ found: 0, upgraded: 0, settled: 0, busy: 0 });
  });

  test('is left for the next run if it changes at every attempt', async ({ sender, anOldTask }) => {
    const { taskId } = await anOldTask();
    const { client, tasksTable: table } = sender.store;
    const send = async (command: unknown) => {
      if (command instanceof UpdateItemCommand) {
        await client.send(
          new UpdateItemCommand({
            TableName: table,
            Key: { taskId: { S: taskId } },
            UpdateExpression: 'ADD #sequence :one',
            ExpressionAttributeNames: { '#sequence': 'sequence' },
            ExpressionAttributeValues: { ':one': { N: '1' } },
          }),
        );
      }
      return await client.send(command as never);
    };
    const noisy = { send } as unknown as Pick<DynamoDBClient, 'send'>;
    expect(await upgrade(sender.store, { client: noisy })).toMatchObject({ found: 1, busy: 1, upgraded: 0 });
    expect(await upgrade(sender.store)).toMatchObject({ found: 1, busy: 0, upgraded: 1 });
  });
});

describe('the pace', () => {
  test('is a tenth of it in each tenth of a second', async ({ sender, anOldTask }) => {
    await Promise.all(Array.from({ length: 7 }, anOldTask));
    const waits: number[] = [];
    const progress: Counts[] = [];
    await upgrade(sender.store, {
      pace: 30,
      wait: async (milliseconds) => waits.push(milliseconds),
      onProgress: (counts) => progress.push(counts),
    });
    expect(waits).toEqual([100, 100, 100]);
    expect(progress.at(-1)).toMatchObject({ found: 7, upgraded: 7 });
  });
});

describe('postern upgrade-tasks', () => {
  test('counts in a dry run, upgrades then, and finds nothing afterwards', async ({ sender, anOldTask }) => {
    await Promise.all(Array.from({ length: 3 }, anOldTask));
    const { endpoint, tasksTable } = sender.store;
    const env = { ...LOCAL_ENVIRONMENT, AWS_ENDPOINT_URL_DYNAMODB: endpoint };
    const run = (...words: readonly string[]) =>
      runPostern(['upgrade-tasks', '--table', tasksTable, '-o', 'json', ...words], { env });
    const none = { table: tasksTable, found: 0, upgraded: 0, settled: 0, busy: 0 };
    const ends = [await run('--dry-run'), await run('--pace', '1000'), await run()];
    expect(ends.map(({ code, stderr }) => ({ code, stderr }))).toEqual(ends.map(() => ({ code: 0, stderr: '' })));
    expect(ends.map(({ stdout }) => JSON.parse(stdout))).toEqual([
      { ...none, found: 3 },
      { ...none, found: 3, upgraded: 3 },
      none,
    ]);
  });

  test('says what DynamoDB answered about a table that is not there', async ({ sender }) => {
    const env = { ...LOCAL_ENVIRONMENT, AWS_ENDPOINT_URL_DYNAMODB: sender.store.endpoint };
    const { code, stderr } = await runPostern(['upgrade-tasks', '--table', 'none'], { env });
    expect(code).toBe(1);
    expect(stderr).toContain('ResourceNotFoundException: ');
    expect(stderr).toContain('It continues with the remaining tasks.');
  });

  test.for(['0', '15', '1010', 'fast'])('refuses the pace %s', async (pace) => {
    const { code, stderr } = await runPostern(['upgrade-tasks', '--table', 'any', '--pace', pace]);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: `--pace is "${pace}"; expected a multiple of 10 from 10 to 1000.\n`,
    });
  });
});
