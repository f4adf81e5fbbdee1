import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  PutItemCommand,
  ScanCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { describe, expect } from 'vitest';
import { upgradeTable } from '../../cli/upgrade-table.ts';
import type { Capability } from '../../lambda/contract/capabilities.ts';
import { CLOCK_TOLERANCE_SECONDS, INDEX_SHARDS } from '../../lambda/contract/limits.ts';
import type { TaskItem, TaskLayout } from '../../lambda/contract/task.ts';
import { createDynamoDBDueTaskStore } from '../../lambda/functions/expire/dynamodb-due-task-store.ts';
import { createExpirer } from '../../lambda/functions/expire/expire-tasks.ts';
import { createLogger } from '../../lambda/shared/log/logger.ts';
import { END_INDEXES, indexesNamed } from '../../lib/state/task-indexes.ts';
import { tasksTable } from '../../local/dynamodb/gateway-tables.ts';
import { ensureTable } from '../../local/dynamodb/tables.ts';
import { anApplication, applicationsOf } from '../support/applications.ts';
import { test as base } from '../support/fixtures.ts';
import '../support/matchers.ts';
import { operatorApiOf, operatorTokens } from '../support/operator-api.ts';
import { readTask } from '../support/receiver.ts';
import type { SenderFunction } from '../support/sender-api.ts';
import { aTaskBody, type Opened, openSenderWorld, type SenderWorld } from '../support/sender-world.ts';
import { indexNames, removeIndexes } from '../support/table-indexes.ts';
import { aToken, claimsOf, NOW } from '../support/tokens.ts';

type Item = Record<string, AttributeValue>;
/** Items of the tables of tasks and of used tokens. */
interface Stored {
  readonly tasks: Readonly<Record<Kind, Item>>;
  readonly jti: readonly Item[];
}

/** Tasks in the order of their creation, `overdue` 90 seconds after the others. */
const KINDS = [
  ...(['pending', 'succeeded', 'failed', 'cancelled', 'replayed', 'reopened', 'reissued', 'beating'] as const),
  ...(['progressed', 'expired', 'quarantined', 'overdue'] as const),
] as const;
type Kind = (typeof KINDS)[number];
const PENDING = ['pending', 'reopened', 'reissued', 'beating', 'progressed', 'overdue'] as const satisfies Kind[];

const SDK = { ConditionalCheckFailedException, ScanCommand, UpdateItemCommand, unmarshall };

/** Time at which the upgrade is over. `overdue` and the heartbeat of `beating` end later. */
const UPGRADED = NOW + 120;

/**
 * Items that the code of an earlier version wrote, by its own functions, on the engine of its tests. The second version is
 * main between the applications and the write units; it was never released.
 */
const UPGRADES = [
  // Before the command `upgrade-tasks`, lists do not show the tasks, and everything else works.
  { version: '0.1.0', layout: 'former', isListed: false },
  { version: '0.1.0', layout: 'former', isListed: true },
  { version: '0.1.0', layout: 'current', isListed: true },
  { version: 'with-applications', layout: 'former', isListed: true },
  { version: 'with-applications', layout: 'current', isListed: true },
] as const satisfies readonly Upgrade[];

interface Upgrade {
  readonly version: string;
  readonly layout: TaskLayout;
  readonly isListed: boolean;
}

const readStored = (version: string): Stored =>
  JSON.parse(
    readFileSync(new URL(`../vectors/stored-tasks/${version}.json`, import.meta.url), 'utf8'),
    (_, value: unknown) =>
      typeof value === 'object' && value !== null && 'base64' in value
        ? new Uint8Array(Buffer.from(String(value.base64), 'base64'))
        : value,
  ) as Stored;

/** The indexes of each step, as the commands of `docs/operate/upgrading.md` add them. The first one has the former indexes. */
const stepsOf = (version: string): readonly string[] => {
  const page = readFileSync(new URL('../../docs/operate/upgrading.md', import.meta.url), 'utf8');
  const loops = [...page.matchAll(/^INDEXES=(\S+)\nfor NEXT in (.+); do$/gm)];
  const [, first = '', names = ''] = loops[version === '0.1.0' ? 0 : 1] ?? [];
  const added = names.split(' ');
  return [first, ...added.map((_, i) => [first, ...added.slice(0, i + 1)].join(','))];
};

interface World extends SenderWorld {
  readonly stored: Stored;
}

/** A table with the tasks of an earlier version, upgraded until functions write a layout. */
const openUpgraded = async ({ isListed, layout, version }: Upgrade): Promise<World> => {
  const [first = '', ...steps] = stepsOf(version);
  const name = `tasks-${randomUUID()}`;
  const sender = await openSenderWorld(tasksTable(name, indexesNamed(first)));
  const { store } = sender;
  const stored = readStored(version);
  for (const item of Object.values(stored.tasks)) {
    await store.client.send(new PutItemCommand({ TableName: name, Item: item }));
  }
  for (const item of stored.jti) await store.client.send(new PutItemCommand({ TableName: store.jtiTable, Item: item }));
  for (const step of steps) await ensureTable(store.client, tasksTable(name, indexesNamed(step)));
  if (version === '0.1.0' && isListed) {
    const now = () => UPGRADED * 1_000;
    const options = { client: store.client, table: name, pace: 1_000, dryRun: false, now, wait: async () => {} };
    expect(await upgradeTable({ ...options, sdk: SDK, onProgress: () => {} })).toMatchObject({
      found: KINDS.length,
      busy: 0,
    });
  }
  if (layout === 'current') {
    const former = (await indexNames(store)).filter((index) => !END_INDEXES.some((end) => end.name === index));
    await removeIndexes(store, former);
    expect(await indexNames(store)).toEqual(END_INDEXES.map((end) => end.name).sort());
  }
  return { ...sender, stored };
};

/** Seconds since 1970. */
const secondsOf = (time = '') => Date.parse(time) / 1_000;

const withWorlds = base
  /** Each table is opened when its first test asks for it. */
  .extend('worldOf', { scope: 'file' }, async ({}, { onCleanup }) => {
    const worlds = new Map<Upgrade, Promise<World>>();
    onCleanup(async () => {
      for (const world of worlds.values()) await (await world).close();
    });
    return (upgrade: Upgrade) => {
      const world = worlds.get(upgrade) ?? openUpgraded(upgrade);
      worlds.set(upgrade, world);
      return world;
    };
  });

const JSON_TYPE = { 'content-type': 'application/json' };

describe.each(UPGRADES)(
  'tasks of version $version in a table with the layout $layout, listed: $isListed',
  (upgrade) => {
    const { isListed, layout, version } = upgrade;
    const test = withWorlds
      .extend('upgraded', ({ worldOf }) => worldOf(upgrade))
      .extend(
        'idOf',
        ({ upgraded }) =>
          (kind: Kind) =>
            upgraded.stored.tasks[kind].taskId?.S ?? '',
      )
      .extend('taskOf', ({ idOf, upgraded }) => async (kind: Kind): Promise<TaskItem> => {
        const task = await readTask(upgraded.store, idOf(kind));
        if (task === undefined) throw new Error('The task is gone.');
        return task;
      })
      .extend('senders', ({ upgraded }) => {
        const tasks = upgraded.tasks({ layout });
        tasks.at(UPGRADED * 1_000);
        return tasks;
      })
      .extend('openers', ({ upgraded }) => {
        const open = upgraded.opener({ layout });
        open.at(UPGRADED * 1_000);
        return open;
      })
      /** Delivers to a callback that the earlier version issued. */
      .extend(
        'deliver',
        ({ taskOf, upgraded }) =>
          async (kind: Kind, capability: Capability, body: string, contentType = 'text/plain') => {
            const receiver = await upgraded.receiver({ layout });
            receiver.at(UPGRADED);
            const task = await taskOf(kind);
            const { jti, maxUses } = task.callbacks[capability] ?? {};
            const iat = task.reissuedAt ?? secondsOf(task.createdAt);
            const times = { iat: Math.floor(iat), nbf: Math.floor(iat), exp: task.deadline - CLOCK_TOLERANCE_SECONDS };
            const claims = claimsOf({ ...times, jti, max_uses: maxUses, owner: task.owner }, capability, task.taskId);
            const token = await aToken(upgraded.rotatingKey, claims);
            const headers = { 'content-type': contentType };
            return receiver.deliver({ path: `${claims.path}/${token}`, headers, body });
          },
      );

    const idsOf = async (senders: SenderFunction, query: Record<string, string>) => {
      const entries = Object.entries(query).map(([name, value]) => [name, [value]]);
      const answer = await senders.send({ method: 'GET', path: '/v1/tasks', query: Object.fromEntries(entries) });
      expect(answer.status).toBe(200);
      return (answer.json as { readonly tasks: readonly { readonly taskId: string }[] }).tasks.map(
        ({ taskId }) => taskId,
      );
    };

    test('were stored as that version did it', ({ upgraded }) => {
      const hasApplications = version !== '0.1.0';
      const { failed, pending } = upgraded.stored.tasks;
      expect([pending.application !== undefined, pending.revision !== undefined]).toEqual([
        hasApplications,
        hasApplications,
      ]);
      expect([pending.dueShard, pending.due, failed.dueShard, failed.due]).toEqual([
        { N: expect.any(String) },
        { N: expect.any(String) },
        undefined,
        undefined,
      ]);
    });

    test('are listed, and found by resource, owner and status', async ({ idOf, senders }) => {
      const expected = (kinds: readonly Kind[]) => (isListed ? kinds.map(idOf).reverse() : []);
      expect(await idsOf(senders, {})).toEqual(expected(KINDS));
      expect(await idsOf(senders, { owner: 'alice' })).toEqual(expected(KINDS));
      const ofResource = KINDS.slice(0, -1).filter((_, i) => i % 2 === 1);
      expect(await idsOf(senders, { resource: 'invoice-1' })).toEqual(expected(ofResource));
      expect(await idsOf(senders, { status: 'pending' })).toEqual(expected(PENDING));
    });

    test('are counted if they are pending: for a limit of them, and for operators', async ({ upgraded }) => {
      const limited = (pendingLimit: number) =>
        upgraded.opener({
          layout,
          applications: applicationsOf(
            anApplication({ id: 'default', clients: ['local-sender'], pendingLimit }),
            anApplication({ id: 'other', clients: ['other'] }),
          ),
        });
      const post = (open: SenderFunction) => {
        open.at(UPGRADED * 1_000);
        return open.send({ path: '/v1/tasks', headers: JSON_TYPE, body: JSON.stringify(aTaskBody()) });
      };
      expect(await post(limited(PENDING.length))).toBeRefusedWith('too_many_pending');
      const answer = await post(limited(PENDING.length + 1));
      expect(answer.status).toBe(201);
      const tokens = await operatorTokens(upgraded.idp);
      const api = operatorApiOf(upgraded, { layout });
      api.at(UPGRADED * 1_000);
      const { json } = await api.send(tokens.reading, { method: 'GET', path: '/v1/operator/processors' });
      const processors = (json as { readonly processors: readonly { readonly id: string }[] }).processors;
      expect(processors.find(({ id }) => id === 'acme-ocr')).toMatchObject({ pending: PENDING.length + 1 });
    });

    test('C6 take a result, and repeats of it, also of one from before the upgrade', async ({ deliver, taskOf }) => {
      for (const body of ['Total 42.00', 'Total 42.00']) {
        expect((await deliver('pending', 'result', body)).status).toBe(200);
      }
      expect(await deliver('pending', 'result', 'Total 0.00')).toBeRefusedWith('token_replayed');
      expect((await deliver('succeeded', 'result', 'Total 12.00')).headers['Idempotency-Replayed']).toBe('true');
      expect(await taskOf('pending')).toMatchObject({
        status: 'succeeded',
        history: [{ status: 'pending' }, { status: 'succeeded' }],
      });
      const progress = JSON.stringify({ percent: 20 });
      expect((await deliver('progressed', 'progress', progress, 'application/json')).status).toBe(200);
      expect((await deliver('progressed', 'result', 'Total 42.00')).status).toBe(200);
    });

    test('are cancelled', async ({ idOf, senders, taskOf }) => {
      expect((await senders.send({ method: 'DELETE', path: `/v1/tasks/${idOf('reissued')}` })).status).toBe(200);
      expect(await taskOf('reissued')).toMatchObject({ status: 'cancelled', history: { length: 2 } });
    });

    test('are reopened, and take the result of a new callback', async ({ idOf, openers, taskOf, upgraded }) => {
      const path = `/v1/tasks/${idOf('failed')}/reopen`;
      const body = JSON.stringify({ reason: 'It was wrong.', expiresIn: 3_600 });
      const answer = await openers.send({ path, headers: JSON_TYPE, body });
      expect(answer.status).toBe(201);
      expect((await taskOf('failed')).status).toBe('pending');
      const receiver = await upgraded.receiver({ layout });
      receiver.at(UPGRADED);
      const { url = '' } = (answer.json as Opened).callbacks.result ?? {};
      const headers = { 'content-type': 'text/plain' };
      const delivered = await receiver.deliver({ path: new URL(url).pathname, headers, body: 'Total 42.00' });
      expect(delivered.status).toBe(200);
      const statuses = (await taskOf('failed')).history.map(({ status }) => status);
      expect(statuses).toEqual(['pending', 'failed', 'pending', 'succeeded']);
    });

    test('give a late delivery to their sender', async ({ idOf, senders, taskOf }) => {
      const path = `/v1/tasks/${idOf('quarantined')}/quarantine`;
      const { json } = await senders.send({ method: 'GET', path });
      const [entry] = (json as { readonly quarantine: readonly { readonly id: string }[] }).quarantine;
      expect((await senders.send({ method: 'POST', path: `${path}/${entry?.id}/accept` })).status).toBe(200);
      expect((await taskOf('quarantined')).status).toBe('succeeded');
    });

    test('expire by their deadline and by their heartbeat, and no others', async ({ taskOf, upgraded }) => {
      const { client, lookupsTable, tasksTable: table } = upgraded.store;
      await createExpirer({
        store: createDynamoDBDueTaskStore({
          ...{ client, tasksTable: table, lookupsTable, layout, wait },
          random: Math.random,
        }),
        indexShards: INDEX_SHARDS.default,
        logger: createLogger('test', 'expire', () => {}),
        now: () => (NOW + 1_000) * 1_000,
      })(() => 60_000);
      for (const kind of ['overdue', 'beating'] as const) {
        expect(await taskOf(kind)).toMatchObject({ status: 'expired', history: { length: 2 } });
      }
      expect((await taskOf('reopened')).status).toBe('pending');
    });

    test('and new ones have what the functions that may run need', async ({ idOf, upgraded }) => {
      const { client, tasksTable: table } = upgraded.store;
      const { Items = [] } = await client.send(new ScanCommand({ TableName: table, ConsistentRead: true }));
      const tasks = Items.map((item) => unmarshall(item) as TaskItem);
      const isOpen = ({ status }: TaskItem) => status === 'pending';
      // One of the earlier version is open, and the one that this version opened for an application with a limit.
      expect(tasks.filter(isOpen).length).toBe(2);
      expect(tasks.filter(isOpen).map(({ taskId }) => taskId)).toContain(idOf('reopened'));
      for (const task of tasks) {
        expect([task.taskId, task.dueShard !== undefined]).toEqual([task.taskId, isOpen(task)]);
        if (layout === 'current') continue;
        // The earlier version may be back after a rollback. It looks for due tasks in an index of `dueShard` and `due`.
        expect([task.taskId, task.due !== undefined]).toEqual([task.taskId, isOpen(task)]);
        expect(task).toMatchObject({ heartbeatDeadline: expect.any(Number), uploads: expect.any(Object) });
        expect(task.history.at(-1)?.status).toBe(task.status);
        const { receivedAt } = task.result ?? task.failure ?? { receivedAt: task.createdAt };
        expect(receivedAt).toMatch(/Z$/);
      }
    });
  },
);
