import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { seedGateway } from '../../../local/seed/seed.ts';
import { requestAccessToken } from '../../../scenario/access-token.ts';
import { EVENTUALLY } from '../../support/patience.ts';
import { test as base } from '../../support/unit-fixtures.ts';
import { run, untilReady } from './running-gateway.ts';

interface Listed {
  readonly taskId: string;
  readonly application: string;
  readonly processor: string;
  readonly status: string;
  readonly resource: string;
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly progress?: { readonly note?: string };
  readonly metadata?: object;
}

interface Kept {
  readonly taskId: string;
  readonly why: string;
}

interface Audited {
  readonly operator: { readonly sub: string };
  readonly action: string;
  readonly outcome: string;
  readonly reason: string;
  readonly taskId?: string;
}

const DAY = 86_400_000;

/** A gateway with the seed data, which `npm start -- --seed` made. */
const test = base
  .extend('program', { scope: 'file' }, ({ folder }, { onCleanup }) => {
    const program = run('start', ['--seed'], { POSTERN_DATA: folder });
    onCleanup(async () => {
      program.process.kill('SIGTERM');
      await program.ended;
    });
    return program;
  })
  .extend('ready', { scope: 'file', auto: true }, ({ folder, program }) => untilReady(program, folder))
  .extend('get', { scope: 'file' }, async ({ ready }) => {
    const accessToken = await requestAccessToken(ready.idp, ready.clients.viewer, 'operator_read');
    return async (path: string): Promise<Record<string, unknown>> => {
      const response = await fetch(ready.gateway + path, { headers: { authorization: `Bearer ${accessToken}` } });
      if (!response.ok) throw new Error(`${path}: ${response.status}`);
      return (await response.json()) as Record<string, unknown>;
    };
  })
  /** Reads every page of a list. */
  .extend('list', { scope: 'file' }, ({ get }) => async <T>(name: string, filter = ''): Promise<readonly T[]> => {
    const found: T[] = [];
    let cursor: unknown;
    do {
      const from = cursor === undefined ? '' : `&cursor=${encodeURIComponent(String(cursor))}`;
      const page = await get(`/v1/operator/${name}?limit=100${filter}${from}`);
      found.push(...(page[name] as T[]));
      cursor = page.cursor;
    } while (cursor !== undefined);
    return found;
  })
  .extend('tasks', { scope: 'file' }, ({ list }) => list<Listed>('tasks'));

describe('the seed data', () => {
  test('have at least 300 tasks in every state, over a week', ({ tasks }) => {
    expect(tasks.length).toBeGreaterThanOrEqual(300);
    const valuesOf = (name: 'application' | 'processor' | 'status') =>
      [...new Set(tasks.map((task) => task[name]))].sort();
    expect(valuesOf('status')).toEqual(['cancelled', 'expired', 'failed', 'pending', 'succeeded']);
    expect(valuesOf('application')).toEqual(['invoices', 'orders']);
    expect(valuesOf('processor')).toEqual(['acme-ocr', 'header-ocr', 'leaky']);
    const times = tasks.map(({ createdAt }) => Date.parse(createdAt));
    const span = Math.max(...times) - Math.min(...times);
    expect([span > 6 * DAY, span < 7 * DAY]).toEqual([true, true]);
    expect(tasks.filter(({ progress, status }) => status === 'pending' && progress !== undefined)).not.toEqual([]);
  });

  test('have a first delivery of invoice-77, and a second one with other content', async ({ get, list }) => {
    const [task, ...others] = await list<Listed>('tasks', '&resource=invoice-77');
    expect(others).toEqual([]);
    const view = await get(`/v1/operator/tasks/${task?.taskId}`);
    expect(view.status).toBe('succeeded');
    expect(view.timeline).toEqual([
      expect.objectContaining({ kind: 'opened' }),
      expect.objectContaining({ kind: 'progressed' }),
      expect.objectContaining({ kind: 'delivered' }),
      expect.objectContaining({ kind: 'replayed', from: '198.51.100.77' }),
    ]);
  });

  test('have replays of the last day, and of the days before', async ({ list }) => {
    const replays = await list<{ readonly at: string }>('replays');
    const isRecent = ({ at }: { readonly at: string }) => Date.parse(at) > Date.now() - DAY;
    expect(replays.filter(isRecent).length).toBeGreaterThanOrEqual(3);
    expect(replays.filter((one) => !isRecent(one)).length).toBeGreaterThanOrEqual(3);
  });

  test('have late results that can be accepted, and one that cannot', async ({ list, tasks }) => {
    const kept = (await list<Kept>('quarantine')).filter(({ why }) => why === 'late');
    const statusOf = ({ taskId }: Kept) => tasks.find((task) => task.taskId === taskId)?.status;
    expect(kept.filter((entry) => statusOf(entry) === 'expired').length).toBeGreaterThanOrEqual(3);
    expect(kept.filter((entry) => statusOf(entry) === 'cancelled')).toHaveLength(1);
  });

  test('have every action on a task with its reason, by two operators', async ({ get, list }) => {
    const audit = await list<Audited>('audit');
    const done = audit.filter(({ outcome }) => outcome === 'done');
    expect([...new Set(done.map(({ operator }) => operator.sub))].sort()).toEqual(['operator', 'operator2']);
    const actions = [...new Set(done.map(({ action }) => action))].sort();
    expect(actions).toEqual(['accept', 'cancel', 'discard', 'reopen', 'reveal', 'revoke']);
    expect(done.filter(({ reason }) => reason === '')).toEqual([]);
    const refused = audit.filter(({ outcome }) => outcome !== 'done').map(({ outcome }) => outcome);
    expect([...new Set(refused)].sort()).toEqual(['operator_role_missing', 'task_changed']);
    const cancelled = done.find(({ action }) => action === 'cancel');
    const view = await get(`/v1/operator/tasks/${cancelled?.taskId}`);
    expect(view.timeline).toContainEqual(
      expect.objectContaining({ kind: 'cancelled', reason: cancelled?.reason, operator: cancelled?.operator }),
    );
  });

  test('have dead letters of changes that the event bus refuses', async ({ get }) => {
    await expect
      .poll(async () => (await get('/v1/operator/dead-letters')).queues, EVENTUALLY)
      .toContainEqual(expect.objectContaining({ queue: 'publish', count: 4 }));
  });

  test('have a processor with many live callbacks, and metrics of the last day', async ({ get, tasks }) => {
    const leaky = await get('/v1/operator/processors/leaky');
    expect(leaky).toMatchObject({ grade: 'D', pending: 12 });
    const task = tasks.find(({ processor }) => processor === 'leaky');
    const { callbacks } = await get(`/v1/operator/tasks/${task?.taskId}`);
    expect(callbacks).toContainEqual(expect.objectContaining({ capability: 'result', uses: 0 }));
    const acme = await get('/v1/operator/processors/acme-ocr');
    expect(Number(acme.accepted24h)).toBeGreaterThan(10);
    expect(Number(acme.replays24h)).toBeGreaterThan(0);
    const header = await get('/v1/operator/processors/header-ocr');
    expect(Number(header.expiringWithinHour)).toBeGreaterThanOrEqual(1);
  });

  test('have texts that look like markup, in one task', ({ tasks }) => {
    const hostile = tasks.filter(({ resource }) => resource.includes('<script>'));
    expect(hostile).toHaveLength(1);
    expect(JSON.stringify(hostile[0]?.metadata)).toMatch(/\u202e.*\u202c/);
    expect(hostile[0]?.progress?.note).toMatch(/<h1>.*http:\/\/127\.0\.0\.1:\d+\/c\/\w{22} /);
  });

  test('have no callback token in a list, a log line, a metric or an event', async ({ list, ready, tasks }) => {
    const lists = [tasks, await list('audit'), await list('quarantine'), await list('replays')];
    const files = [ready.logs.file, ready.metrics.file, ready.events.file].map((file) => readFileSync(file, 'utf8'));
    expect(files.every((text) => text.length > 10_000)).toBe(true);
    // The beginning of every token's header.
    for (const text of [JSON.stringify(lists), ...files]) expect(text).not.toContain('eyJ');
  });

  test('are made once in a data folder', async ({ folder, program, ready }) => {
    expect(ready.processors).toContain('leaky');
    expect(program.said()).toContain('Made a week of tasks.');
    const seededFile = join(folder, 'seeded');
    expect(existsSync(seededFile)).toBe(true);
    const context = { environment: {}, registry: {}, applications: {}, log: () => {} };
    expect(await seedGateway({ context, seededFile })).toBe(false);
  });
});
