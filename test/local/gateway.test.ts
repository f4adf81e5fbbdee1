import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AlarmDefinition } from '../../lib/monitoring/alarm-definition.ts';
import { CALLBACK_ALARMS } from '../../lib/monitoring/alarms.ts';
import type { Sources } from '../../lib/monitoring/sources.ts';
import type { ReadyFile } from '../../local/ready-file.ts';
import { requestAccessToken } from '../../scenario/access-token.ts';
import { LOCAL_CLIENT } from '../support/engine.ts';
import { checkEvent } from '../support/event-schemas.ts';
import { EVENTUALLY } from '../support/patience.ts';
import { type Program, processesOf, run, untilReady } from './start/running-gateway.ts';

const PAYLOAD = 'words that nobody may log';
const SCAN = Buffer.concat([Buffer.from(PAYLOAD), randomBytes(200_000)]);
const LARGE = Buffer.concat([Buffer.from(PAYLOAD), randomBytes(1_500_000)]);

const folder = mkdtempSync(join(tmpdir(), 'gateway-'));
const programs: Program[] = [];
let program: Program;
let ready: ReadyFile;
let accessToken: string;
/** Secrets that no log line, metric, event or printed line may contain. */
const secrets = [PAYLOAD];

interface Callback {
  readonly url: string;
  readonly token?: string;
}
interface Task {
  readonly taskId: string;
  readonly callbacks: Readonly<Record<string, Callback>>;
}

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

const start = async (environment: Record<string, string> = {}): Promise<void> => {
  program = run('start', ['--no-story'], { POSTERN_DATA: folder, ...environment });
  programs.push(program);
  ready = await untilReady(program, folder);
  accessToken = await requestAccessToken(ready.idp, ready.clients.sender, 'task_read task_write');
  secrets.push(accessToken);
};
beforeAll(() => start());
afterAll(async () => {
  program.process.kill('SIGTERM');
  await program.ended;
  rmSync(folder, { recursive: true, force: true });
});

const ask = async (path: string, init: RequestInit = {}) =>
  fetch(`${ready.gateway}${path}`, {
    ...init,
    redirect: 'manual',
    headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' },
  });
const askJson = async (path: string, init?: RequestInit): Promise<Record<string, unknown>> =>
  (await (await ask(path, init)).json()) as Record<string, unknown>;
const open = async (processor: string, more: Readonly<Record<string, unknown>> = {}): Promise<Task> => {
  const body = JSON.stringify({ processor, resource: 'invoice-1', expiresIn: 600, ...more });
  const response = await ask('/v1/tasks', { method: 'POST', body });
  expect(response.status).toBe(201);
  const task = (await response.json()) as Task;
  for (const { token, url } of Object.values(task.callbacks))
    secrets.push(token ?? url.slice(url.lastIndexOf('/') + 1));
  return task;
};
const deliver = async (callback: Callback | undefined, body: string | Buffer, contentType = 'text/plain') => {
  const response = await fetch(callback?.url ?? '', {
    method: 'POST',
    headers: { 'content-type': contentType, ...(callback?.token && { authorization: `Bearer ${callback.token}` }) },
    body,
  });
  const json = (await response.json()) as Record<string, unknown>;
  return { status: response.status, replayed: response.headers.has('idempotency-replayed'), json };
};
const linesOf = (file: string) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
const eventsOf = ({ taskId }: Task) =>
  linesOf(ready.events.file)
    .filter(({ detail }) => (detail as { taskId: string }).taskId === taskId)
    .map((event) => event['detail-type']);
const resultFromBucket = async ({ taskId }: Task) => {
  const pointer = await ask(`/v1/tasks/${taskId}/result`);
  expect(pointer.status).toBe(303);
  const location = pointer.headers.get('location') ?? '';
  secrets.push(new URL(location).searchParams.get('X-Amz-Signature') ?? '');
  const result = await fetch(location);
  expect(result.status).toBe(200);
  return { type: result.headers.get('content-type'), bytes: Buffer.from(await result.arrayBuffer()) };
};

describe('the gateway on one machine', () => {
  test('has a ready file for its owner alone', () => {
    expect(statSync(join(folder, 'local.json')).mode & 0o777).toBe(0o600);
    expect(ready.issuer).toBe(ready.gateway);
    expect(Object.keys(ready.dynamodb.tables)).toEqual(['tasks', 'jti', 'audit', 'signingKeys']);
  });

  test.each(['acme-ocr', 'header-ocr', 'short-ocr'])('%s: delivered, repeated, replayed', async (processor) => {
    const task = await open(processor);
    const { result } = task.callbacks;
    const first = await deliver(result, PAYLOAD);
    expect([first.status, first.json]).toEqual([
      200,
      { taskId: task.taskId, status: 'succeeded', receivedAt: expect.any(String) },
    ]);
    expect(await deliver(result, PAYLOAD)).toEqual({ status: 200, replayed: true, json: first.json });
    expect(await deliver(result, `${PAYLOAD}, forged`)).toMatchObject({
      status: 401,
      json: { code: 'token_replayed' },
    });

    const inline = await ask(`/v1/tasks/${task.taskId}/result`);
    expect([inline.status, inline.headers.get('content-type')]).toEqual([200, 'text/plain']);
    expect(await inline.text()).toBe(PAYLOAD);
    await expect.poll(() => eventsOf(task), EVENTUALLY).toEqual(['Task Opened', 'Task Succeeded', 'Replay Detected']);
    const replays = () => linesOf(ready.metrics.file).filter((line) => line.ReplayDetected === 1);
    await expect.poll(() => replays().map((line) => line.Processor), EVENTUALLY).toContain(processor);
  });

  test('a token that is used on another task is refused, and both tasks stay open', async () => {
    const [one, two] = [await open('header-ocr'), await open('header-ocr')];
    const [mine, other] = [one.callbacks.result, two.callbacks.result];
    const misused = await deliver({ ...mine, ...(other?.token && { token: other.token }) } as Callback, PAYLOAD);
    expect([misused.status, misused.json.code]).toEqual([403, 'token_path_mismatch']);
    expect((await deliver(mine, PAYLOAD)).status).toBe(200);
    expect((await deliver(other, PAYLOAD)).status).toBe(200);
  });

  test('C6: of 64 simultaneous uses of one token with different payloads exactly one is recorded', async () => {
    const { result } = (await open('acme-ocr')).callbacks;
    const answers = await Promise.all(Array.from({ length: 64 }, (_, i) => deliver(result, `${PAYLOAD} ${i}`)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(63);
  });

  test('what the load balancer stops reaches no function', async () => {
    const lines = () => linesOf(ready.logs.file).filter(({ message }) => message === 'request').length;
    const before = lines();
    expect((await fetch(`${ready.gateway}/unknown`)).status).toBe(404);
    expect((await fetch(`${ready.gateway}/v1/tasks`, { method: 'POST' })).status).toBe(401);
    expect((await fetch(`${ready.gateway}/console`, { redirect: 'manual' })).status).toBe(302);
    expect(lines()).toBe(before);
  });

  test('progress is shown and published until its uses are up', async () => {
    const task = await open('short-ocr', { callbacks: ['progress', 'result'], heartbeat: 300 });
    for (const percent of [10, 20, 30, 40, 50]) {
      expect((await deliver(task.callbacks.progress, JSON.stringify({ percent }), 'application/json')).status).toBe(
        200,
      );
    }
    const sixth = await deliver(task.callbacks.progress, '{"percent":60}', 'application/json');
    expect([sixth.status, sixth.json.code]).toEqual([401, 'token_exhausted']);
    expect(await askJson(`/v1/tasks/${task.taskId}`)).toMatchObject({ status: 'pending', progress: { percent: 50 } });
    await expect
      .poll(() => eventsOf(task), EVENTUALLY)
      .toEqual(['Task Opened', ...Array.from({ length: 5 }, () => 'Task Progressed')]);
  });

  test('what is too large for a task lies in the bucket, byte for byte', async () => {
    const task = await open('acme-ocr');
    expect((await deliver(task.callbacks.result, SCAN, 'application/pdf')).status).toBe(200);
    const { bytes, type } = await resultFromBucket(task);
    expect(type).toBe('application/pdf');
    expect(bytes.equals(SCAN)).toBe(true);
  });

  test('what is too large for the door is uploaded, and is the result once it has arrived', async () => {
    const task = await open('header-ocr', { callbacks: ['upload'] });
    const offer = { contentType: 'application/pdf', size: LARGE.length, sha256: sha256Of(LARGE) };
    const { json, status } = await deliver(task.callbacks.upload, JSON.stringify(offer), 'application/json');
    expect([status, json.method]).toEqual([200, 'PUT']);
    secrets.push(new URL(String(json.url)).searchParams.get('X-Amz-Signature') ?? '');
    const put = (bytes: Buffer) =>
      fetch(String(json.url), { method: 'PUT', headers: json.headers as Record<string, string>, body: bytes });

    expect((await put(Buffer.from(LARGE).fill('x', 100))).status).toBe(400);
    expect(await askJson(`/v1/tasks/${task.taskId}`)).toMatchObject({ status: 'pending' });
    expect((await put(LARGE)).status).toBe(200);
    await expect.poll(() => eventsOf(task), EVENTUALLY).toEqual(['Task Opened', 'Task Succeeded']);
    const { bytes, type } = await resultFromBucket(task);
    expect(type).toBe('application/pdf');
    expect(bytes.equals(LARGE)).toBe(true);
  });

  test('a late delivery is refused and kept for the sender', async () => {
    const task = await open('acme-ocr');
    expect((await ask(`/v1/tasks/${task.taskId}`, { method: 'DELETE' })).status).toBe(200);
    expect(await deliver(task.callbacks.result, PAYLOAD)).toMatchObject({
      status: 401,
      json: { code: 'token_revoked' },
    });
    expect(await askJson(`/v1/tasks/${task.taskId}/quarantine`)).toEqual({
      quarantine: [
        {
          id: expect.any(String),
          capability: 'result',
          receivedAt: expect.any(String),
          contentType: 'text/plain',
          size: PAYLOAD.length,
          sha256: sha256Of(PAYLOAD),
          why: 'late',
        },
      ],
    });
  });

  test('the list pages through every task, newest first', async () => {
    const found: { taskId: string; createdAt: string }[] = [];
    let cursor = '';
    do {
      const page = await askJson(`/v1/tasks?limit=3${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
      found.push(...(page.tasks as typeof found));
      cursor = String(page.cursor ?? '');
    } while (cursor !== '');
    const opened = linesOf(ready.events.file).filter((event) => event['detail-type'] === 'Task Opened');
    expect(new Set(found.map(({ taskId }) => taskId)).size).toBe(found.length);
    expect(found).toHaveLength(opened.length);
    const times = found.map(({ createdAt }) => createdAt);
    expect(times).toEqual([...times].sort().reverse());
  });

  test('a SIGKILL leaves no child; the next start continues: URLs, results, events, expiry', async () => {
    const [stored, waiting, overdue] = [await open('acme-ocr'), await open('short-ocr'), await open('acme-ocr')];
    expect((await deliver(stored.callbacks.result, SCAN, 'application/pdf')).status).toBe(200);
    await expect.poll(() => eventsOf(overdue), EVENTUALLY).toEqual(['Task Opened']);
    // Moves the deadline into the past. A reader sees it at once; the function of the schedule finds it after the next start.
    // An earlier deadline would lie before the entries that the next run looks at.
    await setDeadline(overdue, Math.floor(Date.now() / 1000) - 1);
    expect(await askJson(`/v1/tasks/${overdue.taskId}`)).toMatchObject({ status: 'expired' });
    program.process.kill('SIGKILL');
    await program.ended;
    await expect.poll(() => processesOf(folder), EVENTUALLY).toEqual([]);

    // A killed gateway leaves its ready file.
    rmSync(join(folder, 'local.json'));

    const portOf = (url: string) => new URL(url).port;
    await start({ POSTERN_PORT: portOf(ready.gateway), POSTERN_IDP_PORT: portOf(ready.idp.issuer) });

    expect((await resultFromBucket(stored)).bytes.equals(SCAN)).toBe(true);
    expect((await deliver(waiting.callbacks.result, PAYLOAD)).status).toBe(200);
    expect(await deliver(waiting.callbacks.result, PAYLOAD)).toMatchObject({ status: 200, replayed: true });
    await expect.poll(() => eventsOf(waiting), EVENTUALLY).toEqual(['Task Opened', 'Task Succeeded']);
    await expect.poll(() => eventsOf(overdue), EVENTUALLY).toEqual(['Task Opened', 'Task Expired']);
  });

  test('every event that was published satisfies the JSON Schema of its detail type', () => {
    const events = linesOf(ready.events.file);
    for (const { 'detail-type': type, detail, id, source, time } of events) {
      // The file has what a rule matches on; account, Region and version are the same for every event.
      checkEvent({ ...ENVELOPE, 'detail-type': type, detail, id, source, time });
    }
    const types = new Set(events.map((event) => event['detail-type']));
    expect([...types]).toEqual(
      expect.arrayContaining(['Task Opened', 'Task Progressed', 'Task Succeeded', 'Task Expired', 'Task Quarantined']),
    );
  });

  test('O5 the alarms watch the metrics that were written: namespace, name and dimensions', () => {
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

  test('O1: no token, code, credential, signed URL or payload is in any line of all this', () => {
    const keys = [ready.clients.sender, ready.clients.processor, ...(ready.signing ? [ready.signing] : [])];
    secrets.push(...keys.map(({ privateJwk }) => String(privateJwk.d)));
    const written = [ready.logs.file, ready.metrics.file, ready.events.file].map((file) => readFileSync(file, 'utf8'));
    for (const text of [...written, ...programs.map(({ said }) => said())]) {
      expect(text.length).toBeGreaterThan(0);
      expect(secrets.filter((secret) => secret === '' || text.includes(secret))).toEqual([]);
      expect(text).not.toMatch(/Bearer e|X-Amz-Signature/);
    }
  });
});

const ENVELOPE = { version: '0', account: '000000000000', region: 'eu-west-1', resources: [] } as const;

const sha256Of = (bytes: string | Buffer): string => createHash('sha256').update(bytes).digest('hex');

const setDeadline = async ({ taskId }: Task, seconds: number): Promise<void> => {
  const client = new DynamoDBClient({ ...LOCAL_CLIENT, endpoint: ready.dynamodb.endpoint });
  await client.send(
    new UpdateItemCommand({
      TableName: ready.dynamodb.tables.tasks,
      Key: { taskId: { S: taskId } },
      UpdateExpression: 'SET deadline = :time, due = :time, #change = :change',
      ExpressionAttributeNames: { '#change': 'change' },
      ExpressionAttributeValues: { ':time': { N: String(seconds) }, ':change': { S: 'rescheduled' } },
    }),
  );
  client.destroy();
};
