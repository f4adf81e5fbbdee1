import { randomUUID } from 'node:crypto';
import { DeleteItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect } from 'vitest';
import { createdKey } from '../../../../lambda/contract/tables.ts';
import type { TaskView } from '../../../../lambda/contract/task.ts';
import { test as base } from '../../../support/fixtures.ts';
import '../../../support/matchers.ts';
import { putTask } from '../../../support/receiver.ts';
import { NOW } from '../../../support/tokens.ts';

interface Page {
  readonly tasks: readonly TaskView[];
  readonly cursor?: string;
}

const withoutRequestId = (json: unknown) => ({ ...(json as object), requestId: '' });
const idsOf = (all: readonly Page[]) => all.flatMap(({ tasks: listed }) => listed.map(({ taskId }) => taskId));

const test = base
  .extend('tasks', ({ ownStore, sender }) =>
    sender.tasks({
      dynamodb: ownStore.connect({ endpoint: sender.dynamodb.endpoint, maxAttempts: 1 }),
      tasksTable: ownStore.tasksTable,
    }),
  )
  .extend(
    'list',
    ({ tasks }) =>
      (query: Record<string, string | readonly string[]> = {}) =>
        tasks.send({
          method: 'GET',
          path: '/v1/tasks',
          query: Object.fromEntries(
            Object.entries(query).map(([name, value]) => [name, typeof value === 'string' ? [value] : value]),
          ),
        }),
  )
  .extend('page', ({ list }) => async (query: Record<string, string> = {}): Promise<Page> => {
    const answer = await list(query);
    expect(answer.status).toBe(200);
    return answer.json as Page;
  })
  /** Every page from the first to the one without cursor. */
  .extend(
    'pages',
    ({ page }) =>
      async (query: Record<string, string> = {}, between?: () => Promise<void>): Promise<Page[]> => {
        const all = [await page(query)];
        for (let cursor = all[0]?.cursor; cursor !== undefined; cursor = all.at(-1)?.cursor) {
          await between?.();
          all.push(await page({ ...query, cursor }));
          if (all.length > 1_000) throw new Error('Pages without end.');
        }
        return all;
      },
  )
  /** A task that was opened this number of milliseconds after the frozen time. */
  .extend(
    'put',
    ({ key, ownStore }) =>
      async (milliseconds: number, overrides: Record<string, unknown> = {}): Promise<string> => {
        const taskId = randomUUID();
        const createdAt = new Date(NOW * 1000 + milliseconds).toISOString();
        await putTask(ownStore, key, { taskId, createdAt, createdKey: createdKey(createdAt, taskId), ...overrides });
        return taskId;
      },
  )
  .extend(
    'putMany',
    ({ put }) =>
      async (count: number, overrides: (index: number) => Record<string, unknown> = () => ({})) => {
        const ids: string[] = [];
        for (let from = 0; from < count; from += 50) {
          const some = Array.from({ length: Math.min(50, count - from) }, (_, i) => from + i);
          ids.push(...(await Promise.all(some.map((index) => put(index, overrides(index))))));
        }
        return ids.reverse();
      },
  );

describe('listing tasks', () => {
  test('returns an empty page if there are no tasks', async ({ page }) => {
    expect(await page()).toEqual({ tasks: [] });
  });

  test('shows each as reading it does, and nothing of how it is kept', async ({ page, put, tasks }) => {
    const progress = { percent: 40, at: new Date(NOW * 1000).toISOString() };
    const taskId = await put(0, { owner: 'user-12', metadata: '{"a":1}', heartbeat: 300, progress });
    const one = await tasks.send({ method: 'GET', path: `/v1/tasks/${taskId}` });
    expect(await page()).toEqual({ tasks: [one.json] });
  });

  test('is newest first, 50 to a page unless said', async ({ pages, putMany }) => {
    const ids = await putMany(120);
    const all = await pages();
    expect(all.map(({ tasks: listed }) => listed.length)).toEqual([50, 50, 20]);
    expect(idsOf(all)).toEqual(ids);
  });

  test.for([1, 7, 20, 100])(
    'to pages of %i has every task once, and no cursor on the last page',
    async (limit, { pages, putMany }) => {
      const ids = await putMany(20);
      const all = await pages({ limit: `${limit}` });
      expect(idsOf(all)).toEqual(ids);
      expect(all).toHaveLength(Math.ceil(20 / limit));
    },
  );

  test('keeps tasks of the same millisecond apart', async ({ pages, put }) => {
    const ids = await Promise.all(Array.from({ length: 30 }, () => put(0)));
    expect(idsOf(await pages({ limit: '4' })).sort()).toEqual([...ids].sort());
  });

  test('neither skips nor repeats while tasks are opened and closed', async ({ pages, put, putMany, tasks }) => {
    const ids = await putMany(60);
    let written = 60;
    const seen = idsOf(
      await pages({ limit: '7' }, async () => {
        await Promise.all([put(written), put(written + 1)]);
        written += 2;
        const taskId = ids[written % ids.length] ?? '';
        await tasks.send({ method: 'DELETE', path: `/v1/tasks/${taskId}` });
      }),
    );
    expect(seen).toEqual(ids);
  });

  test('is found on any shard: one that holds nearly all of them, too', async ({ pages, put }) => {
    const crowded = await Promise.all(Array.from({ length: 60 }, (_, index) => put(index, { shard: 3 })));
    const ids = [...crowded].reverse();
    expect(idsOf(await pages({ limit: '25' }))).toEqual(ids);
  });

  test('omits tasks whose retention is over', async ({ page, put }) => {
    const taskId = await put(0);
    await put(1, { purgeAt: NOW });
    expect(idsOf([await page()])).toEqual([taskId]);
  });
});

describe('filters', () => {
  test('by processor fill pages even if few tasks match', async ({ pages, putMany }) => {
    const ids = await putMany(100, (index) => ({ processor: index % 10 === 0 ? 'header-ocr' : 'acme-ocr' }));
    const wanted = ids.filter((_, place) => (99 - place) % 10 === 0);
    const all = await pages({ processor: 'header-ocr', limit: '4' });
    expect(idsOf(all)).toEqual(wanted);
    expect(all.map(({ tasks: listed }) => listed.length)).toEqual([4, 4, 2]);
  });

  test('by status treat a pending task past its time as expired', async ({ page, put }) => {
    const pending = await put(1);
    const overdue = await put(2, { deadline: NOW });
    const silent = await put(3, { heartbeat: 60, heartbeatDeadline: NOW });
    const expired = await put(4, { status: 'expired' });
    const cancelled = await put(5, { status: 'cancelled', deadline: NOW });
    expect(idsOf([await page({ status: 'pending' })])).toEqual([pending]);
    const shown = await page({ status: 'expired' });
    expect(idsOf([shown])).toEqual([expired, silent, overdue]);
    expect(shown.tasks.map(({ status }) => status)).toEqual(['expired', 'expired', 'expired']);
    expect(idsOf([await page({ status: 'cancelled' })])).toEqual([cancelled]);
    expect(idsOf([await page({ status: 'failed' })])).toEqual([]);
  });

  test('can be combined', async ({ page, put }) => {
    await put(1, { processor: 'header-ocr' });
    await put(2, { status: 'failed' });
    const taskId = await put(3, { status: 'failed', processor: 'header-ocr' });
    expect(idsOf([await page({ status: 'failed', processor: 'header-ocr' })])).toEqual([taskId]);
  });

  test('by resource and owner are exact and read only the tasks that have them', async ({ page, put, sender }) => {
    const both = await put(1, { resource: 'a b/ü+1', owner: 'user:1@example' });
    const resource = await put(2, { resource: 'a b/ü+1', owner: 'user:2' });
    const owner = await put(3, { owner: 'user:1@example' });
    await put(4, { resource: 'a b/ü' });
    const asked = { resource: encodeURIComponent('a b/ü+1'), owner: encodeURIComponent('user:1@example') };
    expect(idsOf([await page({ resource: asked.resource })])).toEqual([resource, both]);
    expect(idsOf([await page({ owner: asked.owner })])).toEqual([owner, both]);
    sender.clear();
    expect(idsOf([await page(asked)])).toEqual([both]);
    expect(sender.dynamodb.count('BatchGetItem')).toBe(1);
    const spaced = new URLSearchParams({ resource: 'a b/ü+1' }).toString().replace('resource=', '');
    expect(idsOf([await page({ resource: spaced })])).toEqual([resource, both]);
    expect(await page({ resource: 'a' })).toEqual({ tasks: [] });
  });

  test('by resource give pages, and can be combined with the others', async ({ pages, put, putMany }) => {
    const ids = await putMany(25, () => ({ resource: 'the-one' }));
    await putMany(25);
    const failed = await put(100, { resource: 'the-one', status: 'failed', processor: 'header-ocr' });
    const all = await pages({ resource: 'the-one', limit: '10' });
    expect(all.map((page) => page.tasks.length)).toEqual([10, 10, 6]);
    expect(idsOf(all)).toEqual([failed, ...ids]);
    const filters = { resource: 'the-one', status: 'failed', processor: 'header-ocr' };
    expect(idsOf(await pages(filters))).toEqual([failed]);
  });

  test('by resource leave out a task that was deleted after it was found', async ({ ownStore, page, put }) => {
    const [gone, kept] = [await put(1, { resource: 'r1' }), await put(2, { resource: 'r1' })];
    const before = await page({ resource: 'r1' });
    expect(idsOf([before])).toEqual([kept, gone]);
    await ownStore.client.send(new DeleteItemCommand({ TableName: ownStore.tasksTable, Key: { taskId: { S: gone } } }));
    expect(idsOf([await page({ resource: 'r1' })])).toEqual([kept]);
  });

  test('by time of creation are exclusive, to the millisecond and below', async ({ page, pages, put }) => {
    const ids = [await put(0), await put(1), await put(2), await put(3)].reverse();
    const at = (milliseconds: number, rest = '') =>
      new Date(NOW * 1000 + milliseconds).toISOString().replace('Z', `${rest}Z`);
    const found = async (query: Record<string, string>) => idsOf([await page(query)]);
    expect(await found({ createdAfter: at(1) })).toEqual(ids.slice(0, 2));
    expect(await found({ createdBefore: at(2) })).toEqual(ids.slice(2));
    expect(await found({ createdAfter: at(0), createdBefore: at(3) })).toEqual(ids.slice(1, 3));
    expect(await found({ createdAfter: at(1, '5') })).toEqual(ids.slice(0, 2));
    expect(await found({ createdBefore: at(2, '000001') })).toEqual(ids.slice(1));
    expect(await found({ createdBefore: at(2, '000000') })).toEqual(ids.slice(2));
    expect(await found({ createdAfter: at(3), createdBefore: at(0) })).toEqual([]);
    expect(await found({ createdAfter: '2000-01-01T00:00:00Z', createdBefore: '2999-01-01T00:00:00Z' })).toEqual(ids);
    const range = { createdAfter: at(0), createdBefore: at(3), limit: '1' };
    expect(idsOf(await pages(range))).toEqual(ids.slice(1, 3));
  });

  test('refuse a processor that the environment does not have', async ({ list, put, sender }) => {
    await put(1);
    sender.clear();
    const answer = await list({ processor: 'nobody' });
    expect(answer).toBeRefusedWith('processor_unknown');
    expect(answer.json).toMatchObject({ errors: [{ parameter: 'processor' }] });
    expect(sender.dynamodb.count()).toBe(0);
  });
});

describe('a query that is not understood', () => {
  test.for<[string, Record<string, string | readonly string[]>]>([
    ['status', { status: 'open' }],
    ['status', { status: 'PENDING' }],
    ['status', { status: '' }],
    ['status', { status: ['pending', 'failed'] }],
    ['status', { status: ['pending', 'pending'] }],
    ['processor', { processor: 'A' }],
    ['processor', { processor: '' }],
    ['resource', { resource: '' }],
    ['resource', { resource: 'x'.repeat(257) }],
    ['resource', { resource: '%zz' }],
    ['resource', { resource: '%ff' }],
    ['resource', { resource: ['a', 'b'] }],
    ['owner', { owner: '' }],
    ['owner', { owner: 'a b' }],
    ['owner', { owner: 'x'.repeat(65) }],
    ['owner', { owner: ['a', 'a'] }],
    ['createdAfter', { createdAfter: '2026-11-30' }],
    ['createdAfter', { createdAfter: '2026-11-30T08:00:00' }],
    ['createdAfter', { createdAfter: '2026-11-30T08:00:00%2B00:00' }],
    ['createdAfter', { createdAfter: '2026-11-30T09:00:00%2B01:00' }],
    ['createdAfter', { createdAfter: '2026-02-30T08:00:00Z' }],
    ['createdAfter', { createdAfter: '2026-11-30T24:00:00Z' }],
    ['createdAfter', { createdAfter: '2026-11-30T08:00:60Z' }],
    ['createdAfter', { createdAfter: '2026-11-30 08:00:00Z' }],
    ['createdAfter', { createdAfter: '1796025600000' }],
    ['createdBefore', { createdBefore: '' }],
    ['createdBefore', { createdBefore: 'now' }],
    ['createdBefore', { createdBefore: ['2026-11-30T08:00:00Z', '2026-11-30T08:00:00Z'] }],
    ['limit', { limit: '0' }],
    ['limit', { limit: '101' }],
    ['limit', { limit: '-1' }],
    ['limit', { limit: '1.5' }],
    ['limit', { limit: '1e1' }],
    ['limit', { limit: '' }],
    ['limit', { limit: ['1', '2'] }],
    ['cursor', { cursor: '' }],
    ['cursor', { cursor: 'abc' }],
    ['cursor', { cursor: `${Buffer.from('2100-06-01T12:00:00.000Z#t').toString('base64url')}=` }],
    ['cursor', { cursor: Buffer.from('2026-13-01T12:00:00.000Z#t').toString('base64url') }],
    ['cursor', { cursor: Buffer.from('2100-06-01T12:00:00.000Z#a b').toString('base64url') }],
    ['verbose', { verbose: '1' }],
    ['stat', { stat: 'pending' }],
    ['', { '': '' }],
    ['__proto__', JSON.parse('{"__proto__":"1"}')],
  ])('is 400 and names %s: %j', async ([parameter, query], { list, sender }) => {
    const answer = await list(query);
    expect(answer).toBeRefusedWith('request_invalid');
    expect(answer.json).toMatchObject({ errors: [{ parameter, detail: expect.any(String) }] });
    expect(sender.dynamodb.count()).toBe(0);
  });

  test('names every fault', async ({ list }) => {
    const answer = await list({ colour: 'red', status: 'open', limit: 'many', access_token: 'secret-value' });
    const { errors } = answer.json as { errors: { parameter: string }[] };
    expect(errors.map(({ parameter }) => parameter).sort()).toEqual(['access_token', 'colour', 'limit', 'status']);
    expect(answer.body.toString()).not.toContain('secret-value');
  });

  test('refuses a cursor of a list with other filters like one that was made up', async ({ list, page, putMany }) => {
    const ids = await putMany(6);
    const { cursor = '' } = await page({ limit: '2', status: 'pending' });
    const madeUp = await list({ cursor: 'bWFkZSB1cA' });
    expect(madeUp).toBeRefusedWith('request_invalid');
    for (const query of [{}, { status: 'failed' }, { status: 'pending', processor: 'acme-ocr' }]) {
      const other = await list({ ...query, cursor });
      expect(withoutRequestId(other.json)).toEqual(withoutRequestId(madeUp.json));
    }
    expect(idsOf([await page({ limit: '3', status: 'pending', cursor })])).toEqual(ids.slice(2, 5));
  });
});

describe('who may list', () => {
  test('C5 nobody without scope task_read or role sender', async ({ sender, tasks }) => {
    for (const overrides of [{ scope: 'task_write' }, { roles: ['processor'] }]) {
      const authorization = `Bearer ${await sender.idp.accessToken(overrides)}`;
      const answer = await tasks.send({ method: 'GET', path: '/v1/tasks', headers: { authorization } });
      expect(answer).toBeRefusedWith('access_token_insufficient');
      expect(answer.headers['WWW-Authenticate']).toContain('scope="task_read"');
    }
    expect(sender.dynamodb.count()).toBe(0);
  });

  test('C7 a store that does not answer means 503', async ({ list, page, put, sender }) => {
    await put(0);
    sender.dynamodb.inject(() => ({ kind: 'throttled' }));
    expect(await list()).toBeRefusedWith('unavailable');
    sender.clear();
    expect((await page()).tasks).toHaveLength(1);
  });
});

describe('abbreviations, where the environment switches them on', () => {
  test.override('tasks', ({ ownStore, sender }) =>
    sender.tasks({
      abbreviations: true,
      dynamodb: ownStore.connect({ endpoint: sender.dynamodb.endpoint }),
      tasksTable: ownStore.tasksTable,
    }),
  );

  test('cut names of the query to any unambiguous prefix', async ({ page, put }) => {
    await put(1, { processor: 'header-ocr' });
    const taskId = await put(2, { status: 'failed' });
    expect(idsOf([await page({ s: 'failed', proc: 'acme-ocr', lim: '5' })])).toEqual([taskId]);
  });

  test.for<[string, Record<string, string>]>([
    ['x', { x: '1' }],
    ['', { '': '1' }],
    ['statuses', { statuses: 'failed' }],
  ])('never mean anything by %j', async ([parameter, query], { list }) => {
    expect((await list(query)).json).toMatchObject({ code: 'request_invalid', errors: [{ parameter }] });
  });

  test('are the name they stand for, which may be given once', async ({ list }) => {
    const answer = await list({ status: 'failed', stat: 'failed' });
    expect(answer).toBeRefusedWith('request_invalid');
    expect(answer.json).toMatchObject({ errors: [{ parameter: 'stat' }] });
  });
});
