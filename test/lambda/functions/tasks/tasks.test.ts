import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect } from 'vitest';
import { INLINE_LIMIT_BYTES } from '../../../../lambda/contract/limits.ts';
import type { TaskItem } from '../../../../lambda/contract/task.ts';
import { test as base } from '../../../support/fixtures.ts';
import '../../../support/matchers.ts';
import { aReceiver, putTask, readTask } from '../../../support/receiver.ts';
import { NOW } from '../../../support/tokens.ts';

const rfc3339 = (seconds: number) => new Date(seconds * 1000).toISOString();

const test = base
  .extend(
    'get',
    ({ tasks }) =>
      (path: string) =>
        tasks.send({ method: 'GET', path: `/v1/tasks/${path}` }),
  )
  .extend(
    'cancel',
    ({ tasks }) =>
      (taskId: string) =>
        tasks.send({ method: 'DELETE', path: `/v1/tasks/${taskId}` }),
  )
  /** A task that is closed by a delivery through the receiver itself. */
  .extend(
    'aDelivered',
    ({ key, sender }) =>
      async (
        body: string | Uint8Array,
        {
          capability = 'result',
          contentType = 'application/json',
          processor = 'acme-ocr',
        }: { capability?: 'result' | 'failure'; contentType?: string; processor?: string } = {},
      ) => {
        const task = await putTask(sender.store, key, { processor });
        const delivered = await aReceiver({
          store: sender.store,
          keys: [key],
          inlineLimit: INLINE_LIMIT_BYTES.max,
        }).deliver({
          path: task.path(capability),
          headers: { authorization: `Bearer ${task.tokens[capability]}`, 'content-type': contentType },
          body,
        });
        expect(delivered.status).toBe(200);
        return task;
      },
  )
  .extend(
    'withToken',
    ({ sender, tasks }) =>
      async (overrides: Record<string, unknown>, method: string, path: string) =>
        tasks.send({ method, path, headers: { authorization: `Bearer ${await sender.idp.accessToken(overrides)}` } }),
  );

describe('reading a task', () => {
  test('shows what it is, and nothing of how it is kept', async ({ get, key, sender }) => {
    const { taskId } = await putTask(sender.store, key);
    const answer = await get(taskId);
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({
      taskId,
      application: 'default',
      status: 'pending',
      processor: 'acme-ocr',
      resource: 'invoice-77',
      createdAt: rfc3339(NOW),
      expiresAt: rfc3339(NOW + 3_600),
      history: [{ at: rfc3339(NOW), status: 'pending' }],
    });
    expect(answer.headers).toMatchObject({
      'Content-Type': 'application/json',
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
    });
  });

  test('shows owner, heartbeat and metadata where they were given', async ({ get, key, sender }) => {
    const given = { owner: 'user-12', heartbeat: 300 };
    const { taskId } = await putTask(sender.store, key, { ...given, metadata: '{"a":[1,{"b":null}]}' });
    expect((await get(taskId)).json).toMatchObject({ ...given, metadata: { a: [1, { b: null }] } });
  });

  test('shows what a delivery brought', async ({ aDelivered, get }) => {
    const body = '{"text":"Total 42.00"}';
    const { taskId } = await aDelivered(body);
    expect((await get(taskId)).json).toMatchObject({
      status: 'succeeded',
      closedAt: rfc3339(NOW),
      result: {
        contentType: 'application/json',
        size: body.length,
        sha256: createHash('sha256').update(body).digest('hex'),
        receivedAt: rfc3339(NOW),
      },
      history: [{ status: 'pending' }, { at: rfc3339(NOW), status: 'succeeded' }],
    });
  });

  test('shows a pending task past its deadline as expired at once', async ({ get, key, sender, tasks }) => {
    const { taskId } = await putTask(sender.store, key);
    tasks.at((NOW + 3_605) * 1000 - 1);
    expect((await get(taskId)).json).toMatchObject({ status: 'pending' });
    tasks.at((NOW + 3_605) * 1000);
    expect((await get(taskId)).json).toMatchObject({
      status: 'expired',
      closedAt: rfc3339(NOW + 3_605),
      history: [{ status: 'pending' }, { at: rfc3339(NOW + 3_605), status: 'expired' }],
    });
  });

  test('shows a pending task without its heartbeat as expired when that was due', async ({
    get,
    key,
    sender,
    tasks,
  }) => {
    const { taskId } = await putTask(sender.store, key, { heartbeat: 300, heartbeatDeadline: NOW + 300 });
    tasks.at((NOW + 300) * 1000 - 1);
    expect((await get(taskId)).json).toMatchObject({ status: 'pending' });
    tasks.at((NOW + 300) * 1000);
    expect((await get(taskId)).json).toMatchObject({ status: 'expired', closedAt: rfc3339(NOW + 300) });
  });

  test('shows the last progress', async ({ get, key, sender }) => {
    const progress = { percent: 40, note: 'page 2 of 5', at: rfc3339(NOW) };
    const { taskId } = await putTask(sender.store, key, { progress });
    expect((await get(taskId)).json).toMatchObject({ progress });
    const { taskId: other } = await putTask(sender.store, key, { progress: { at: rfc3339(NOW) } });
    expect((await get(other)).json).toMatchObject({ progress: { at: rfc3339(NOW) } });
  });

  test('shows a closed task past its deadline as it was closed', async ({ aDelivered, get, tasks }) => {
    const { taskId } = await aDelivered('{}');
    tasks.at((NOW + 3_700) * 1000);
    expect((await get(taskId)).json).toMatchObject({ status: 'succeeded', closedAt: rfc3339(NOW) });
  });

  test.for(['', '/result', '/failure'])(
    'of a task that is not there, or no longer kept, is 404 (%j)',
    async (below, { get, key, sender }) => {
      expect(await get(`no-such-task${below}`)).toBeRefusedWith('task_unknown');
      const { taskId } = await putTask(sender.store, key, { purgeAt: NOW });
      expect(await get(`${taskId}${below}`)).toBeRefusedWith('task_unknown');
    },
  );
});

describe('reading what was delivered', () => {
  test.for([
    ['text', 'text/plain; charset="utf-8"', 'grün\r\n'],
    ['bytes', 'application/pdf', Uint8Array.from({ length: 256 }, (_, i) => i)],
    ['nothing', 'application/octet-stream', ''],
    ['markup', 'text/plain', '<script>alert(1)</script>'],
    ['60 KiB', 'application/octet-stream', new Uint8Array(61_440).fill(0xff)],
  ] as const)(
    'W3 gives back %s byte for byte, as a sandboxed download',
    async ([_, contentType, body], { aDelivered, get }) => {
      const { taskId } = await aDelivered(body, { contentType, processor: 'blank-ocr' });
      const answer = await get(`${taskId}/result`);
      expect(answer.status).toBe(200);
      expect(answer.body.equals(Buffer.from(body as Uint8Array))).toBe(true);
      expect(answer.headers).toMatchObject({
        'Content-Type': contentType,
        'Content-Disposition': 'attachment',
        'Content-Security-Policy': 'sandbox',
        'X-Content-Type-Options': 'nosniff',
        'Cache-Control': 'no-store',
      });
    },
  );

  test('gives a failure on its own route only', async ({ aDelivered, get }) => {
    const { taskId } = await aDelivered('unreadable scan', { capability: 'failure', contentType: 'text/plain' });
    expect((await get(`${taskId}/failure`)).body.toString()).toBe('unreadable scan');
    expect(await get(`${taskId}/result`)).toBeRefusedWith('result_unavailable');
  });

  test('is 404 while there is nothing', async ({ get, key, sender }) => {
    const { taskId } = await putTask(sender.store, key);
    expect(await get(`${taskId}/result`)).toBeRefusedWith('result_unavailable');
    expect(await get(`${taskId}/failure`)).toBeRefusedWith('result_unavailable');
  });

  test('never puts into a header what no header may hold', async ({ get, key, sender }) => {
    const payload = {
      contentType: 'text/plain; name="ü\r\n"',
      size: 1,
      sha256: '0'.repeat(64),
      receivedAt: rfc3339(NOW),
    };
    const { taskId } = await putTask(sender.store, key, {
      status: 'succeeded',
      result: payload,
      payload: Buffer.from('x'),
    });
    expect((await get(`${taskId}/result`)).headers['Content-Type']).toBe('application/octet-stream');
  });

  test('is 503, never an empty result, where the bytes are missing', async ({ get, key, sender }) => {
    const payload = { contentType: 'text/plain', size: 1, sha256: '0'.repeat(64), receivedAt: rfc3339(NOW) };
    const { taskId } = await putTask(sender.store, key, { status: 'succeeded', result: payload });
    expect(await get(`${taskId}/result`)).toBeRefusedWith('unavailable');
  });
});

describe('cancelling', () => {
  test('closes a pending task, and says the same again', async ({ cancel, get, key, sender, tasks }) => {
    const { taskId } = await putTask(sender.store, key);
    tasks.at(NOW * 1000 + 250);
    const at = '2100-06-01T12:00:00.250Z';
    const first = await cancel(taskId);
    expect(first.status).toBe(200);
    expect(first.json).toMatchObject({
      taskId,
      status: 'cancelled',
      closedAt: at,
      history: [{ status: 'pending' }, { at, status: 'cancelled' }],
    });
    tasks.at(NOW * 1000 + 99_000);
    const again = await cancel(taskId);
    expect(again.status).toBe(200);
    expect(again.json).toEqual(first.json);
    expect((await get(taskId)).json).toEqual(first.json);
    expect(await readTask(sender.store, taskId)).toMatchObject({ sequence: 2, change: 'cancelled', changedAt: at });
  });

  test('stops every callback token at once', async ({ cancel, key, sender }) => {
    const task = await putTask(sender.store, key);
    await cancel(task.taskId);
    const late = await aReceiver({ store: sender.store, keys: [key] }).deliver({
      path: task.path('result'),
      headers: { authorization: `Bearer ${task.tokens.result}`, 'content-type': 'application/json' },
      body: '{}',
    });
    expect(late).toBeRefusedWith('token_revoked');
  });

  test('takes the task from the index of those that may expire', async ({ cancel, key, sender }) => {
    const { taskId } = await putTask(sender.store, key);
    expect(await readTask(sender.store, taskId)).toHaveProperty('due');
    await cancel(taskId);
    expect(await readTask(sender.store, taskId)).not.toHaveProperty('dueShard');
  });

  test.for<[string, Partial<TaskItem>]>([
    ['succeeded', { status: 'succeeded' }],
    ['failed', { status: 'failed' }],
    ['expired', { status: 'expired' }],
    ['pending past its deadline', { deadline: NOW }],
    ['pending past its heartbeat', { heartbeat: 60, heartbeatDeadline: NOW }],
  ])('a task that is %s is 409 and changes nothing', async ([_, overrides], { cancel, key, sender }) => {
    const { taskId } = await putTask(sender.store, key, overrides);
    const before = await readTask(sender.store, taskId);
    expect(await cancel(taskId)).toBeRefusedWith('task_closed');
    expect(await readTask(sender.store, taskId)).toEqual(before);
  });

  test('a task that is not there is 404 and makes none', async ({ cancel, sender }) => {
    expect(await cancel('no-such-task')).toBeRefusedWith('task_unknown');
    expect(await readTask(sender.store, 'no-such-task')).toBeUndefined();
  });

  test('racing with a delivery ends in exactly one of the two', async ({ cancel, key, sender }) => {
    for (let i = 0; i < 8; i += 1) {
      const task = await putTask(sender.store, key);
      const receiver = aReceiver({ store: sender.store, keys: [key] });
      const [cancelled, delivered] = await Promise.all([
        cancel(task.taskId),
        receiver.deliver({
          path: task.path('result'),
          headers: { authorization: `Bearer ${task.tokens.result}`, 'content-type': 'application/json' },
          body: '{}',
        }),
      ]);
      const stored = await readTask(sender.store, task.taskId);
      // A delivery that came after the cancelling is kept in quarantine. That is a separate change, which does not close the task.
      expect(stored?.sequence).toBe(stored?.status === 'cancelled' ? 3 : 2);
      expect(stored?.history).toHaveLength(2);
      expect([cancelled.status, delivered.status]).toEqual(stored?.status === 'cancelled' ? [200, 401] : [409, 200]);
    }
  });

  test('many times at once is one change', async ({ cancel, key, sender }) => {
    const { taskId } = await putTask(sender.store, key);
    const answers = await Promise.all(Array.from({ length: 16 }, () => cancel(taskId)));
    expect(answers.map(({ status }) => status)).toEqual(Array(16).fill(200));
    expect(await readTask(sender.store, taskId)).toMatchObject({ sequence: 2, history: [{}, { status: 'cancelled' }] });
  });

  test('retries a conflict with a transaction inside', async ({ cancel, key, sender }) => {
    const { taskId } = await putTask(sender.store, key);
    sender.dynamodb.injectNext('UpdateItem', { kind: 'conflict' }, { kind: 'conflict' }, { kind: 'conflict' });
    expect((await cancel(taskId)).status).toBe(200);
    expect(sender.dynamodb.count('UpdateItem')).toBe(4);
  });

  test('an answer of the store that is lost is cancelled all the same', async ({ cancel, key, sender }) => {
    const { taskId } = await putTask(sender.store, key);
    sender.dynamodb.injectNext('UpdateItem', { kind: 'lostAnswer' });
    expect((await cancel(taskId)).json).toMatchObject({ status: 'cancelled' });
    expect(await readTask(sender.store, taskId)).toMatchObject({ sequence: 2 });
  });
});

describe('C7 a store that does not answer', () => {
  test.for(['throttled', 'reset', 'silence'] as const)(
    '(%s) means 503 with Retry-After on every route',
    async (kind, { key, sender }) => {
      const { taskId } = await putTask(sender.store, key);
      sender.dynamodb.inject(() => ({ kind }));
      const { send } = sender.tasks(kind === 'silence' ? sender.timeLimitedTasks() : {});
      const path = `/v1/tasks/${taskId}`;
      const answers = await Promise.all([
        send({ method: 'GET', path }),
        send({ method: 'GET', path: `${path}/result` }),
        send({ method: 'DELETE', path }),
      ]);
      for (const answer of answers) {
        expect(answer).toBeRefusedWith('unavailable');
        expect(answer.headers['Retry-After']).toMatch(/^\d+$/);
      }
      sender.dynamodb.clear();
      expect(await readTask(sender.store, taskId)).toMatchObject({ status: 'pending', sequence: 1 });
    },
  );
});

describe('who may do what', () => {
  test.for([
    ['GET', '/v1/tasks/some-task', 'task_read'],
    ['GET', '/v1/tasks/some-task/result', 'task_read'],
    ['GET', '/v1/tasks/some-task/failure', 'task_read'],
    ['DELETE', '/v1/tasks/some-task', 'task_write'],
  ] as const)('C5 %s %s needs scope %s and role sender', async ([method, path, scope], { tasks, withToken }) => {
    const other = scope === 'task_read' ? 'task_write' : 'task_read';
    const refused = await withToken({ scope: other }, method, path);
    expect(refused).toBeRefusedWith('access_token_insufficient');
    expect(refused.headers['WWW-Authenticate']).toContain(`scope="${scope}"`);
    expect(await withToken({ roles: ['processor'] }, method, path)).toBeRefusedWith('access_token_insufficient');
    expect(await withToken({ scope }, method, path)).toBeRefusedWith('task_unknown');
    const nobody = await tasks.send({ method, path, headers: { authorization: undefined } });
    expect(nobody).toBeRefusedWith('access_token_missing');
  });

  test('C7 nothing is read for a token that is refused', async ({ sender, withToken }) => {
    await withToken({ aud: 'https://other.example.com' }, 'GET', '/v1/tasks/some-task');
    await withToken({ scope: 'openid' }, 'DELETE', '/v1/tasks/some-task');
    expect(sender.dynamodb.count()).toBe(0);
  });
});

describe('strange requests', () => {
  test('H3 another method on a known path is 405 with its methods', async ({ tasks }) => {
    for (const [method, path, allow] of [
      ['HEAD', '/v1/tasks/t', 'GET, DELETE'],
      ['POST', '/v1/tasks/t', 'GET, DELETE'],
      ['PUT', '/v1/tasks/t/result', 'GET'],
      ['DELETE', '/v1/tasks', 'POST, GET'],
    ] as const) {
      const answer = await tasks.send({ method, path });
      expect(answer).toBeRefusedWith('method_not_allowed');
      expect(answer.headers.Allow).toBe(allow);
    }
  });

  test.for(['/v1/tasks/', '/v1/tasks/a%20b', '/v1/tasks/a/b', '/v1/tasks/a/result/', `/v1/tasks/${'a'.repeat(65)}`])(
    'there is nothing at %s',
    async (path, { tasks }) => {
      expect(await tasks.send({ method: 'GET', path })).toBeRefusedWith('not_found');
    },
  );

  test('unknown query parameters are 400 and named', async ({ tasks }) => {
    const answer = await tasks.send({ method: 'GET', path: '/v1/tasks/t', query: { verbose: ['1'] } });
    expect(answer).toBeRefusedWith('request_invalid');
    expect(answer.json).toMatchObject({ errors: [{ parameter: 'verbose' }] });
  });

  test('whatever path, method, header and query: a well-formed answer, and no 5xx', async ({ tasks }) => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('GET', 'DELETE', 'POST', 'HEAD', 'get', ''),
        fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', '..', '%00', 'a/result', 'a/__proto__')),
        fc.dictionary(fc.string(), fc.array(fc.string()), { maxKeys: 2 }),
        async (method, path, query) => {
          const answer = await tasks.send({ method, path: `/v1/tasks/${path}`, query });
          expect([400, 404, 405]).toContain(answer.status);
          expect(answer.json).toMatchObject({ status: answer.status });
        },
      ),
      { numRuns: 200 },
    );
  });

  test('O1 the log says who asked for what, and holds neither token nor payload', async ({
    aDelivered,
    cancel,
    get,
    sender,
    tasks,
  }) => {
    const { taskId } = await aDelivered('a secret payload', { contentType: 'text/plain' });
    await get(`${taskId}/result`);
    await cancel(taskId);
    expect(tasks.lines).toMatchObject([
      { status: 200, route: 'getTaskResult', taskId, client: 'local-sender' },
      { status: 409, route: 'cancelTask', taskId, code: 'task_closed' },
    ]);
    const text = JSON.stringify(tasks.lines);
    expect(text).not.toContain('secret');
    expect(text).not.toContain(sender.accessToken.split('.')[2]);
    expect(text).not.toContain('_aws');
  });
});
