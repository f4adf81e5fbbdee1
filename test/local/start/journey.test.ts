import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AlarmDefinition } from '../../../lib/monitoring/alarm-definition.ts';
import { CALLBACK_ALARMS } from '../../../lib/monitoring/alarms.ts';
import type { Sources } from '../../../lib/monitoring/sources.ts';
import type { ReadyFile } from '../../../local/ready-file.ts';
import { requestAccessToken } from '../../../scenario/access-token.ts';
import { EVENTUALLY } from '../../support/patience.ts';
import type { Program } from './running-gateway.ts';
import { run, untilReady } from './running-gateway.ts';

const folder = mkdtempSync(join(tmpdir(), 'journey-'));
const PAYLOAD = 'the payload that nobody may log';
let program: Program;
let ready: ReadyFile;
let accessToken: string;
/** Everything that must never be seen in a log line, a metric or an event. */
const secrets: string[] = [PAYLOAD];

interface EmbeddedMetrics {
  readonly _aws: {
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string }[];
    }[];
  };
  readonly [name: string]: unknown;
}

interface Task {
  readonly taskId: string;
  readonly status: string;
  readonly callbacks: { readonly result: { readonly url: string; readonly token?: string } };
}

beforeAll(async () => {
  program = run('start', ['--no-story'], { POSTERN_DATA: folder });
  ready = await untilReady(program, folder);
  accessToken = await requestAccessToken(ready.idp, ready.clients.sender, 'task_read task_write');
  secrets.push(accessToken);
});
afterAll(async () => {
  program.process.kill('SIGTERM');
  await program.ended;
  rmSync(folder, { recursive: true, force: true });
});

const api = (path: string, init: RequestInit = {}) =>
  fetch(`${ready.gateway}${path}`, {
    ...init,
    headers: { authorization: `Bearer ${accessToken}`, ...(init.headers as Record<string, string>) },
  });
const open = async (processor: string): Promise<Task> => {
  const response = await api('/v1/tasks', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ processor, resource: 'invoice-1', expiresIn: 600 }),
  });
  expect(response.status).toBe(201);
  const task = (await response.json()) as Task;
  secrets.push(task.callbacks.result.token ?? (task.callbacks.result.url.split('/').at(-1) as string));
  return task;
};
const deliver = (url: string, body: string, headers: Record<string, string> = {}) =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'text/plain', ...headers }, body });
const linesOf = (file: string) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

test('plays a callback by path: opened, delivered, repeated, replay refused and published', async () => {
  const task = await open('acme-ocr');
  const { url } = task.callbacks.result;

  const first = await deliver(url, PAYLOAD);
  expect(first.status).toBe(200);
  const answer = await first.json();
  expect(answer).toEqual({ taskId: task.taskId, status: 'succeeded', receivedAt: expect.any(String) });

  const again = await deliver(url, PAYLOAD);
  expect(again.headers.get('idempotency-replayed')).toBe('true');
  expect(await again.json()).toEqual(answer);

  const replay = await deliver(url, `${PAYLOAD}, forged`);
  expect(replay.status).toBe(401);
  expect(await replay.json()).toMatchObject({ code: 'token_replayed', status: 401 });

  const result = await api(`/v1/tasks/${task.taskId}/result`);
  expect(await result.text()).toBe(PAYLOAD);
  expect(result.headers.get('content-type')).toBe('text/plain');

  const published = () =>
    linesOf(ready.events.file)
      .filter(({ detail }) => (detail as { taskId: string }).taskId === task.taskId)
      .map((event) => event['detail-type']);
  await expect.poll(published, EVENTUALLY).toEqual(['Task Opened', 'Task Succeeded', 'Replay Detected']);
  await expect
    .poll(() =>
      linesOf(ready.metrics.file).filter((line) => line.ReplayDetected === 1 && line.Processor === 'acme-ocr'),
    )
    .toHaveLength(1);
});

test('a callback by header, and a token used on another task', async () => {
  const [one, two] = [await open('header-ocr'), await open('header-ocr')];
  const bearer = (task: Task) => ({ authorization: `Bearer ${task.callbacks.result.token}` });

  const misused = await deliver(one.callbacks.result.url, PAYLOAD, bearer(two));
  expect([misused.status, ((await misused.json()) as { code: string }).code]).toEqual([403, 'token_path_mismatch']);
  expect((await deliver(one.callbacks.result.url, PAYLOAD, bearer(one))).status).toBe(200);
  expect((await deliver(two.callbacks.result.url, PAYLOAD, bearer(two))).status).toBe(200);
});

test('C6: of 64 simultaneous uses of one token with different payloads exactly one is recorded', async () => {
  const task = await open('acme-ocr');
  const statuses = await Promise.all(
    Array.from({ length: 64 }, async (_, i) => (await deliver(task.callbacks.result.url, `${PAYLOAD} ${i}`)).status),
  );
  expect(statuses.filter((status) => status === 200)).toHaveLength(1);
  expect(statuses.filter((status) => status === 401)).toHaveLength(63);
});

test('what the load balancer stops reaches no function', async () => {
  const lines = () => linesOf(ready.logs.file).filter(({ message }) => message === 'request').length;
  const before = lines();
  expect((await fetch(`${ready.gateway}/unknown`)).status).toBe(404);
  expect((await fetch(`${ready.gateway}/v1/tasks`, { method: 'POST' })).status).toBe(401);
  expect((await fetch(`${ready.gateway}/console`, { redirect: 'manual' })).status).toBe(302);
  expect(lines()).toBe(before);
});

test('O5 what was counted in all this is what the alarms watch: namespace, name and dimensions', () => {
  const lines = linesOf(ready.metrics.file) as unknown as readonly EmbeddedMetrics[];
  const watched = Object.values(CALLBACK_ALARMS as Record<string, AlarmDefinition>).flatMap((alarm) =>
    alarm.metrics({ environmentName: 'local' } as Sources),
  );
  const seen = watched.filter(({ dimensions, name, namespace }) =>
    lines.some(
      (line) =>
        typeof line[name] === 'number' &&
        Object.entries(dimensions).every(([dimension, value]) => line[dimension] === value) &&
        line._aws.CloudWatchMetrics.some(
          ({ Dimensions, Metrics, Namespace }) =>
            Namespace === namespace &&
            Metrics.some(({ Name }) => Name === name) &&
            Dimensions.some((set) => set.join() === Object.keys(dimensions).join()),
        ),
    ),
  );
  const names = seen.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['CallbackLatency', 'ReplayDetected', 'TokenRefused']));
  // Other metrics with alarms that were counted, for example those of the expire function.
  const counted = watched.map(({ name }) => name).filter((name) => lines.some((line) => name in line));
  expect(names.sort()).toEqual(counted.sort());
});

test('O1 no token, payload or credential is in any log line, metric, event or printed line', () => {
  secrets.push(...[ready.clients.sender, ready.clients.processor].map(({ privateJwk }) => String(privateJwk.d)));
  for (const file of [ready.logs.file, ready.metrics.file, ready.events.file]) {
    const text = readFileSync(file, 'utf8');
    expect(text.length).toBeGreaterThan(0);
    expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
    expect(text).not.toMatch(/Bearer e/);
  }
  expect(secrets.filter((secret) => program.said().includes(secret))).toEqual([]);
});
