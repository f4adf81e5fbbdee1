import { describe, expect } from 'vitest';
import type { AuditEntry } from '../../../../lambda/contract/audit.ts';
import { timeKey } from '../../../../lambda/contract/tables.ts';
import type { TaskItem } from '../../../../lambda/contract/task.ts';
import { describeApi } from '../../../../lambda/functions/metadata/openapi/document.ts';
import { createDynamoDBAuditLog } from '../../../../lambda/shared/operator/audit-log.ts';
import { shardOf } from '../../../../lambda/shared/tables/hashed-keys.ts';
import type { Delivered } from '../../../support/delivered.ts';
import { describedBy } from '../../../support/described.ts';
import type { TestStore } from '../../../support/engine.ts';
import { test as base } from '../../../support/fixtures.ts';
import '../../../support/matchers.ts';
import { anOperatorApi, type OperatorApiFixture, operatorTokens } from '../../../support/operator-api.ts';
import { putTask } from '../../../support/receiver.ts';
import { NOW, ORIGIN, type SigningKey } from '../../../support/tokens.ts';

const described = describedBy(describeApi({ origin: ORIGIN, abbreviations: false }));

const test = base
  .extend('tokens', { scope: 'file' }, ({ openProvider }) => operatorTokens(openProvider))
  .extend('apiOf', ({ openProvider, tokens }) => (store: TestStore) => {
    const api = anOperatorApi({
      store,
      verifier: openProvider.verifier(),
      applications: ['invoices', 'orders'],
    });
    return {
      api,
      get: (path: string, query: Record<string, string> = {}) =>
        api.send(tokens.reading, {
          method: 'GET',
          path: `/v1/operator/${path}`,
          query: Object.fromEntries(Object.entries(query).map(([name, value]) => [name, [value]])),
        }),
    };
  });

const at = (seconds: number) => new Date((NOW + seconds) * 1000).toISOString();

/** A task that was created some seconds after `NOW`. */
const put = (store: TestStore, key: SigningKey, seconds: number, overrides: Partial<TaskItem> = {}) =>
  putTask(store, key, { createdAt: at(seconds), application: 'invoices', ...overrides });

const SHA256 = 'a'.repeat(64);
const anEntry = (id: string, seconds: number) => ({
  id,
  capability: 'result' as const,
  jti: `jti-${id}`,
  contentType: 'text/plain',
  size: 6,
  sha256: SHA256,
  receivedAt: at(seconds),
  payload: Buffer.from('secret'),
});

/** Attributes of a task with deliveries in quarantine. */
const inQuarantine = (taskId: string, ...seconds: readonly number[]): Partial<TaskItem> => {
  const entries = seconds.map((second) => anEntry(`q${second}`, second));
  return {
    taskId,
    status: 'expired',
    quarantine: Object.fromEntries(entries.map((entry) => [entry.id, entry])),
    quarantineShard: shardOf(taskId, 16),
    quarantinedKey: timeKey(at(Math.max(...seconds)), taskId),
  };
};

const withReplay = (taskId: string, seconds: number): Partial<TaskItem> => ({
  taskId,
  replays: 2,
  replayShard: shardOf(taskId, 16),
  replayedKey: timeKey(at(seconds), taskId),
  lastReplay: { at: at(seconds), from: '203.0.113.7', sha256: SHA256, first: { at: at(0), sha256: 'b'.repeat(64) } },
});

type Get = (path: string, query?: Record<string, string>) => Promise<Delivered>;

/** Every item of a list, page by page. */
const allOf = async (get: Get, path: string, member: string, query: Record<string, string>) => {
  const items: Record<string, unknown>[] = [];
  let cursor: string | undefined;
  do {
    const answer = await get(path, { ...query, ...(cursor !== undefined && { cursor }) });
    expect(answer.status).toBe(200);
    const page = answer.json as Record<string, unknown>;
    const found = page[member] as Record<string, unknown>[];
    expect(found.length).toBeLessThanOrEqual(Number(query.limit ?? 50));
    items.push(...found);
    cursor = page.cursor as string | undefined;
  } while (cursor !== undefined);
  return items;
};

const idsOf = (items: readonly Record<string, unknown>[]) => items.map(({ taskId }) => taskId);

describe('the list of tasks', () => {
  test('has the tasks of all applications, newest first, with every filter', async ({ apiOf, key, ownStore }) => {
    const { get } = apiOf(ownStore);
    await Promise.all([
      put(ownStore, key, 1, { taskId: 'a', owner: 'user-1' }),
      put(ownStore, key, 2, { taskId: 'b', application: 'orders', processor: 'header-ocr' }),
      put(ownStore, key, 3, { taskId: 'c', resource: 'other', owner: 'user-1' }),
      put(ownStore, key, 4, { ...inQuarantine('d', 50), resource: 'other' }),
      put(ownStore, key, 5, { ...withReplay('e', 60), application: 'orders', owner: 'user-1' }),
      put(ownStore, key, 6, { taskId: 'f', expiresAt: at(600), deadline: NOW + 605, due: NOW + 605 }),
      // From before applications existed.
      put(ownStore, key, 7, { taskId: 'g', application: 'default' }),
    ]);
    const list = async (query: Record<string, string> = {}) => {
      const wholly = idsOf(await allOf(get, 'tasks', 'tasks', query));
      expect(idsOf(await allOf(get, 'tasks', 'tasks', { ...query, limit: '1' }))).toEqual(wholly);
      return wholly.join('');
    };
    expect(await list()).toBe('gfedcba');
    expect(await list({ application: 'orders' })).toBe('eb');
    expect(await list({ application: 'nobody' })).toBe('');
    expect(await list({ status: 'expired' })).toBe('d');
    expect(await list({ processor: 'header-ocr' })).toBe('b');
    expect(await list({ resource: 'other' })).toBe('dc');
    expect(await list({ owner: 'user-1' })).toBe('eca');
    expect(await list({ owner: 'user-1', resource: 'other' })).toBe('c');
    expect(await list({ owner: 'user-1', application: 'orders' })).toBe('e');
    expect(await list({ createdAfter: at(2), createdBefore: at(5) })).toBe('dc');
    expect(await list({ has: 'quarantine' })).toBe('d');
    expect(await list({ has: 'replay' })).toBe('e');
    expect(await list({ has: 'replay', application: 'invoices' })).toBe('');
    expect(await list({ has: 'quarantine', resource: 'other', status: 'expired' })).toBe('d');
    expect(await list({ expiresBefore: at(601) })).toBe('f');
    expect(await list({ expiresBefore: at(600) })).toBe('');
    expect(await list({ expiresBefore: at(4_000), owner: 'user-1' })).toBe('eca');
    expect(await list({ expiresBefore: at(4_000), status: 'expired' })).toBe('');
    const answer = await get('tasks');
    described.answer('operatorListTasks', answer);
    expect(answer.body.toString()).not.toContain('secret');
  });

  test('finds tasks of a sparse filter from the order of creation, if they are many', async ({
    apiOf,
    key,
    ownStore,
  }) => {
    // All in one shard: more than one shard's part of what is sorted in memory.
    const many = Array.from({ length: 70 }, (_, i) => i);
    await Promise.all(
      many.map((i) => put(ownStore, key, i, { ...withReplay(`task-${i}`, 100 - i), shard: 0, replayShard: 0 })),
    );
    await put(ownStore, key, 80, { taskId: 'without' });
    const { get } = apiOf(ownStore);
    const found = await allOf(get, 'tasks', 'tasks', { has: 'replay', limit: '30' });
    expect(idsOf(found)).toEqual(many.map((i) => `task-${i}`).reverse());
  });

  const wrong: readonly (readonly [string, string])[] = [
    ['application', 'A'],
    ['application', 'x'.repeat(33)],
    ['status', 'gone'],
    ['processor', '../x'],
    ['resource', ''],
    ['resource', 'x'.repeat(257)],
    ['owner', 'x'.repeat(65)],
    ['createdAfter', '2026-11-30'],
    ['createdBefore', '2026-11-30T08:00:00+01:00'],
    ['expiresBefore', 'tomorrow'],
    ['has', 'both'],
    ['limit', '0'],
    ['limit', '101'],
    ['cursor', 'made-up'],
    ['force', 'true'],
  ];
  test.for(wrong)('refuses %s=%s and names it', async ([name, value], { apiOf, store }) => {
    const answer = await apiOf(store).get('tasks', { [name]: value });
    expect(answer).toBeRefusedWith('request_invalid');
    expect(answer.json).toMatchObject({ errors: [{ parameter: name }] });
  });

  test('refuses a repeated parameter, and a processor that does not exist', async ({ apiOf, store, tokens }) => {
    const { api, get } = apiOf(store);
    const twice = { method: 'GET', path: '/v1/operator/tasks', query: { status: ['pending', 'pending'] } };
    expect(await api.send(tokens.reading, twice)).toBeRefusedWith('request_invalid');
    const answer = await get('tasks', { processor: 'unknown-ocr' });
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({ code: 'processor_unknown' });
  });

  test('refuses a cursor of another route, of other filters, and an altered one', async ({ apiOf, key, ownStore }) => {
    const { get } = apiOf(ownStore);
    await Promise.all([1, 2, 3].map((i) => put(ownStore, key, i, withReplay(`task-${i}`, i))));
    const cursorOf = async (path: string, query: Record<string, string>) =>
      ((await get(path, { ...query, limit: '1' })).json as { readonly cursor: string }).cursor;
    const plain = await cursorOf('tasks', {});
    const filtered = await cursorOf('tasks', { application: 'invoices' });
    const replays = await cursorOf('replays', {});
    expect((await get('tasks', { cursor: plain })).status).toBe(200);
    expect((await get('tasks', { cursor: plain, limit: '2' })).status).toBe(200);
    const altered = `${plain.slice(0, -1)}${plain.endsWith('A') ? 'B' : 'A'}`;
    for (const cursor of [filtered, replays, altered, `${plain}A`, plain.slice(1)]) {
      expect(await get('tasks', { cursor })).toBeRefusedWith('request_invalid');
    }
    expect(await get('replays', { cursor: replays, order: 'oldest' })).toBeRefusedWith('request_invalid');
    expect(await get('quarantine', { cursor: replays })).toBeRefusedWith('request_invalid');
  });
});

describe('the list of deliveries in quarantine', () => {
  test('has every delivery once, in both orders, with any size of page', async ({ apiOf, key, ownStore }) => {
    const { get } = apiOf(ownStore);
    await Promise.all([
      put(ownStore, key, 1, inQuarantine('one', 10)),
      put(ownStore, key, 2, { ...inQuarantine('many', 20, 21, 22), application: 'orders' }),
      put(ownStore, key, 3, inQuarantine('two', 30)),
      put(ownStore, key, 4, { taskId: 'none' }),
    ]);
    const newest = ['two q30', 'many q22', 'many q21', 'many q20', 'one q10'];
    for (const limit of ['1', '2', '3', '4', '5', '50']) {
      const shown = async (order: string) =>
        (await allOf(get, 'quarantine', 'quarantine', { order, limit })).map(({ id, taskId }) => `${taskId} ${id}`);
      expect(await shown('newest')).toEqual(newest);
      expect(await shown('oldest')).toEqual([...newest].reverse());
    }
    const answer = await get('quarantine');
    described.answer('operatorListQuarantine', answer);
    expect(answer.json).toMatchObject({
      quarantine: [{ taskId: 'two', application: 'invoices', processor: 'acme-ocr', why: 'late' }, {}, {}, {}, {}],
    });
    expect(answer.body.toString()).not.toContain('jti-');
    expect(answer.body.toString()).not.toContain(Buffer.from('secret').toString('base64'));
    expect(await get('quarantine', { order: 'random' })).toBeRefusedWith('request_invalid');
  });
});

describe('the list of replays', () => {
  test('has each task with its last replay, in both orders', async ({ apiOf, key, ownStore }) => {
    const { get } = apiOf(ownStore);
    await Promise.all([1, 2, 3].map((i) => put(ownStore, key, 10 - i, withReplay(`task-${i}`, i))));
    for (const limit of ['1', '2', '50']) {
      const shown = async (order: string) => idsOf(await allOf(get, 'replays', 'replays', { order, limit }));
      expect(await shown('newest')).toEqual(['task-3', 'task-2', 'task-1']);
      expect(await shown('oldest')).toEqual(['task-1', 'task-2', 'task-3']);
    }
    const answer = await get('replays', { limit: '1' });
    described.answer('operatorListReplays', answer);
    expect((answer.json as { readonly replays: readonly unknown[] }).replays).toEqual([
      {
        taskId: 'task-3',
        application: 'invoices',
        processor: 'acme-ocr',
        at: at(3),
        from: '203.0.113.7',
        count: 2,
        first: { at: at(0), sha256: 'b'.repeat(64) },
        second: { at: at(3), from: '203.0.113.7', sha256: SHA256 },
      },
    ]);
  });
});

describe('the list of actions', () => {
  const DAY = 86_400;
  const write = (store: TestStore, id: string, seconds: number, overrides: Partial<AuditEntry> = {}) =>
    createDynamoDBAuditLog({
      client: store.client,
      auditTable: store.auditTable,
      retentionSeconds: 365 * DAY,
    }).append({
      id,
      at: at(seconds),
      operator: { sub: 'ada', issuer: 'https://idp.example.com' },
      action: 'cancel',
      target: 'task-1',
      taskId: 'task-1',
      application: 'invoices',
      reason: 'r',
      revision: { before: 1, after: 2 },
      from: '198.51.100.7',
      requestId: 'request',
      outcome: 'done',
      ...overrides,
    });

  test('has them over months, newest first, with every filter', async ({ apiOf, ownStore }) => {
    const { get } = apiOf(ownStore);
    await Promise.all([
      write(ownStore, 'a', -200 * DAY, { operator: { sub: 'bob', issuer: 'https://idp.example.com' } }),
      write(ownStore, 'b', -40 * DAY, { action: 'revoke_all', target: 'acme-ocr' }),
      write(ownStore, 'c', -3),
      write(ownStore, 'd', -2, { outcome: 'task_changed' }),
      write(ownStore, 'e', -1, { target: 'task-2' }),
    ]);
    const list = async (query: Record<string, string> = {}) => {
      const wholly = (await allOf(get, 'audit', 'audit', query)).map(({ id }) => id);
      for (const limit of ['1', '2']) {
        expect((await allOf(get, 'audit', 'audit', { ...query, limit })).map(({ id }) => id)).toEqual(wholly);
      }
      return wholly.join('');
    };
    expect(await list()).toBe('edcba');
    expect(await list({ operator: 'bob' })).toBe('a');
    expect(await list({ action: 'revoke_all' })).toBe('b');
    expect(await list({ target: 'task-2' })).toBe('e');
    expect(await list({ after: at(-40 * DAY) })).toBe('edc');
    expect(await list({ before: at(-2) })).toBe('cba');
    expect(await list({ after: at(-200 * DAY), before: at(-3) })).toBe('b');
    expect(await list({ after: at(0) })).toBe('');
    const answer = await get('audit', { target: 'task-2' });
    described.answer('operatorListAudit', answer);
    const [entry] = (answer.json as { readonly audit: readonly object[] }).audit;
    expect(entry).not.toHaveProperty('application');
    expect(entry).not.toHaveProperty('expiresAt');
  });

  test.for([
    ['operator', ''],
    ['operator', 'x'.repeat(257)],
    ['action', 'destroy'],
    ['target', ''],
    ['after', 'now'],
    ['before', '2026'],
  ] as const)('refuses %s=%s and names it', async ([name, value], { apiOf, store }) => {
    const answer = await apiOf(store).get('audit', { [name]: value });
    expect(answer).toBeRefusedWith('request_invalid');
    expect(answer.json).toMatchObject({ errors: [{ parameter: name }] });
  });

  test('is never changed by a second item of the same key', async ({ apiOf, ownStore }) => {
    await write(ownStore, 'a', -1);
    await write(ownStore, 'a', -1, { reason: 'another' });
    expect(await allOf(apiOf(ownStore).get, 'audit', 'audit', {})).toMatchObject([{ id: 'a', reason: 'r' }]);
  });
});

test('the view and the answers of actions are as described', async ({ apiOf, key, ownStore, tokens }) => {
  const { api, get }: { readonly api: OperatorApiFixture; readonly get: Get } = apiOf(ownStore);
  await put(ownStore, key, 0, { ...withReplay('shown', 3), ...inQuarantine('shown', 2), reopenings: [] });
  described.answer('operatorGetTask', await get('tasks/shown'));
  await put(ownStore, key, 0, { taskId: 'pending' });
  const act = (path: string, revision: number) =>
    api.send(tokens.acting, {
      method: 'POST',
      path: `/v1/operator/tasks/${path}`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ reason: 'r', revision }),
    });
  described.answer('operatorRevokeCallbacks', await act('pending/revoke', 1));
  described.answer('operatorCancelTask', await act('pending/cancel', 1));
  described.answer('operatorCancelTask', await act('pending/cancel', 2));
  described.answer('operatorReopenTask', await act('pending/reopen', 3));
  described.answer('operatorDiscardQuarantined', await act('shown/quarantine/q2/discard', 1));
  described.answer('operatorAcceptQuarantined', await act('shown/quarantine/q2/accept', 2));
});
