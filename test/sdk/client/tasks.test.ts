import { inspect } from 'node:util';
import { describe, expect } from 'vitest';
import { Postern, PosternError, TaskCancelled, TaskExpired, TaskFailed } from '../../../sdk/client/index.ts';
import { aRefusal, aTaskView, test } from '../../support/client-of-stand-in.ts';
import type { StandInAnswer } from '../../support/web-stand-in.ts';

const task = (status: string, more: object = {}): StandInAnswer => ({
  status: 200,
  body: aTaskView({ status, ...more }),
});
const pending = task('pending');

describe('a list', () => {
  const page = (tasks: readonly string[], cursor?: string): StandInAnswer => ({
    status: 200,
    body: { tasks: tasks.map((taskId) => aTaskView({ taskId })), ...(cursor !== undefined && { cursor }) },
  });

  test('goes from cursor to cursor, also over an empty page', async ({ postern, server }) => {
    server.answerWith(page(['a', 'b'], 'c-1'), page([], 'c 2'), page(['c']));
    const ids: string[] = [];
    for await (const { taskId } of postern.tasks.list({ status: 'pending', resource: 'a b+c' })) ids.push(taskId);
    expect(ids).toEqual(['a', 'b', 'c']);
    expect(server.requests.map(({ path }) => path)).toEqual([
      '/v1/tasks?status=pending&resource=a+b%2Bc',
      '/v1/tasks?status=pending&resource=a+b%2Bc&cursor=c-1',
      '/v1/tasks?status=pending&resource=a+b%2Bc&cursor=c+2',
    ]);
  });

  test('reads no page that is not asked for', async ({ postern, server }) => {
    server.answerWith(page(['a', 'b'], 'c-1'));
    const list = postern.tasks.list();
    expect(server.requests).toHaveLength(0);
    for await (const { taskId } of list) if (taskId === 'b') break;
    expect(server.requests.map(({ path }) => path)).toEqual(['/v1/tasks']);
  });

  test('gives whole pages too, from a cursor on', async ({ postern, server }) => {
    server.answerWith(page(['c'], 'c-2'));
    const { value } = await postern.tasks.list({ cursor: 'c-1', limit: 1 }).pages().next();
    expect(value).toMatchObject({ tasks: [{ taskId: 'c' }], cursor: 'c-2' });
    expect(server.requests.map(({ path }) => path)).toEqual(['/v1/tasks?cursor=c-1&limit=1']);
  });

  test('ends with the reason of the signal', async ({ postern, server }) => {
    server.answerWith(page(['a'], 'c-1'));
    const controller = new AbortController();
    const list = async () => {
      for await (const _ of postern.tasks.list({}, { signal: controller.signal }))
        controller.abort(new Error('enough'));
    };
    await expect(list()).rejects.toThrow('enough');
    expect(server.requests).toHaveLength(1);
  });
});

describe('a wait', () => {
  test('reads after 1, 2, 4, 8, 16 and then every 30 seconds', async ({ platform, postern, server }) => {
    server.answerWith(...Array<StandInAnswer>(8).fill(pending), task('succeeded'));
    const done = await postern.tasks.wait('task-1');
    expect(done).toMatchObject({ taskId: 'task-1', status: 'succeeded', task: { resource: 'invoice-77' } });
    expect(platform.waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  });

  test('does not wait for a task that has ended', async ({ platform, postern, server }) => {
    server.answerWith(task('cancelled'));
    expect((await postern.tasks.wait('task-1')).status).toBe('cancelled');
    expect(platform.waits).toEqual([]);
  });

  test('lasts until the caller says so', async ({ postern, server }) => {
    server.answerWith(pending, task('pending', { progress: { percent: 40, at: '2026-11-30T08:00:00.000Z' } }));
    const { task: seen } = await postern.tasks.wait('task-1', { until: ({ progress }) => progress?.percent === 40 });
    expect(seen.status).toBe('pending');
  });

  test('ends with the reason of the signal', async ({ postern, server }) => {
    const controller = new AbortController();
    server.answerWith(pending, () => {
      controller.abort(new Error('enough'));
      return pending;
    });
    await expect(postern.tasks.wait('task-1', { signal: controller.signal })).rejects.toThrow('enough');
    expect(server.requests).toHaveLength(2);
  });

  test('outlasts a gateway that cannot answer for a while', async ({ postern, server }) => {
    server.answerWith(pending, ...Array<StandInAnswer>(20).fill(aRefusal(503, 'unavailable')), task('succeeded'));
    expect((await postern.tasks.wait('task-1')).status).toBe('succeeded');
  });

  test('fails at once if the first read fails', async ({ postern, server }) => {
    server.answerWith(aRefusal(503, 'unavailable'));
    await expect(postern.tasks.wait('task-1')).rejects.toMatchObject({ code: 'unavailable', retryable: true });
    expect(server.requests).toHaveLength(8);
  });

  test('does not outlast the expiry of the task, or a refusal', async ({ platform, postern, server }) => {
    const soon = new Date(platform.now() + 60_000).toISOString();
    server.answerWith(task('pending', { expiresAt: soon }), aRefusal(503, 'unavailable'));
    await expect(postern.tasks.wait('task-1')).rejects.toMatchObject({ code: 'unavailable' });
    server.answerWith(pending, aRefusal(404, 'task_unknown'));
    await expect(postern.tasks.wait('task-1')).rejects.toMatchObject({ code: 'task_unknown' });
  });
});

describe('the result of a waited task', () => {
  test('is bytes', async ({ postern, server }) => {
    server.answerWith(task('succeeded'), {
      status: 200,
      headers: { 'content-type': 'text/plain' },
      body: 'Total 42.00',
    });
    const bytes = await (await postern.tasks.wait('task-1')).result();
    expect(bytes).toBeInstanceOf(Uint8Array);
    expect(new TextDecoder().decode(bytes)).toBe('Total 42.00');
    expect(server.requests.at(-1)?.path).toBe('/v1/tasks/task-1/result');
  });

  test('of a task that could not be sent is an error that says why', async ({ postern, server }) => {
    const dispatch = { state: 'failed', attempts: 7, reason: 'AttemptsUsed' };
    server.answerWith(task('failed', { dispatch }));
    const error = await (await postern.tasks.wait('task-1')).result().catch((caught) => caught);
    expect(error).toBeInstanceOf(TaskFailed);
    expect(error.message).toMatch(/^Task task-1 failed: its work could not be sent to .+ \(AttemptsUsed, 7 attempts\)/);
  });

  test.for([
    ['failed', TaskFailed, /Task task-1 failed.*20 bytes \(text\/plain\)/],
    ['expired', TaskExpired, /Task task-1 expired/],
    ['cancelled', TaskCancelled, /Task task-1 was cancelled/],
  ] as const)(
    'of a task that %s is an error of its own, with the task',
    async ([status, Type, message], { postern, server }) => {
      server.answerWith(task(status, status === 'failed' ? { failure: { contentType: 'text/plain', size: 20 } } : {}));
      const error = await (await postern.tasks.wait('task-1')).result().catch((caught) => caught);
      expect(error).toBeInstanceOf(Type);
      expect(error).not.toBeInstanceOf(PosternError);
      expect(error).toMatchObject({ name: Type.name, message: expect.stringMatching(message), task: { status } });
    },
  );

  test('may be a failure, which can be read', async ({ postern, server }) => {
    server.answerWith(task('failed'), { status: 200, body: 'page 3' });
    const done = await postern.tasks.wait('task-1');
    expect(new TextDecoder().decode(await done.failure())).toBe('page 3');
    expect(server.requests.at(-1)?.path).toBe('/v1/tasks/task-1/failure');
  });

  test('can be read as a stream with its content type', async ({ postern, server }) => {
    server.answerWith({ status: 200, headers: { 'content-type': 'application/pdf' }, body: '%PDF' });
    const response = await postern.tasks.result('task-1', { as: 'response' });
    expect([response.headers.get('content-type'), await response.text()]).toEqual(['application/pdf', '%PDF']);
  });

  test('is read again if the connection ends inside it', async ({ postern, server }) => {
    server.answerWith('half an answer', { status: 200, body: 'whole' });
    expect(new TextDecoder().decode(await postern.tasks.result('task-1'))).toBe('whole');
  });
});

describe('a payload in the bucket', () => {
  test('is read by its URL, without the access token', async ({ postern, server }) => {
    const location = `${server.origin}/bucket/key?X-Amz-Signature=SECRET`;
    server.answerWith({ status: 303, headers: { location } }, { status: 200, body: 'large' });
    expect(new TextDecoder().decode(await postern.tasks.result('task-1'))).toBe('large');
    const [, second] = server.requests;
    expect(second?.path).toBe('/bucket/key?X-Amz-Signature=SECRET');
    expect(second?.headers).not.toHaveProperty('authorization');
  });

  test.for([
    ['503', { status: 503 }, 'unavailable', 16],
    ['403', { status: 403, body: '<Code>AccessDenied SECRET</Code>' }, 'answer_invalid', 2],
    ['another redirect', { status: 303, headers: { location: 'https://example.com/SECRET' } }, 'answer_invalid', 2],
    ['no answer', 'no answer', 'network_error', 16],
  ] as const)('that gives %s is an error without its URL', async ([, answer, code, requests], { postern, server }) => {
    const location = `${server.origin}/bucket/key?X-Amz-Signature=SECRET`;
    const redirect = { status: 303, headers: { location } };
    server.answerWith(...Array(8).fill([redirect, answer]).flat());
    const error = await postern.tasks.result('task-1').catch((caught) => caught);
    expect(error).toMatchObject({ name: 'PosternError', code });
    expect(inspect(error, { depth: 9 })).not.toContain('SECRET');
    expect(server.requests).toHaveLength(requests);
  });

  test.for(['http://bucket.example.com/a', 'ftp://127.0.0.1/a', '/relative', ''])(
    'at %j is not asked for, because the bytes would come in clear',
    async (location, { postern, server }) => {
      server.answerWith({ status: 303, headers: { location } });
      await expect(postern.tasks.result('task-1')).rejects.toMatchObject({ code: 'answer_invalid', status: 303 });
      expect(server.requests).toHaveLength(1);
    },
  );

  test('on this machine is not asked for by the client of another gateway', async ({ credentials }) => {
    const urls: string[] = [];
    const fetch = async (url: string) => {
      urls.push(url);
      return new Response(null, { status: 303, headers: { location: 'http://127.0.0.1:9000/a' } });
    };
    const postern = new Postern({ origin: 'https://callbacks.example.com', credentials, fetch });
    await expect(postern.tasks.result('task-1')).rejects.toMatchObject({ code: 'answer_invalid' });
    expect(urls).toEqual(['https://callbacks.example.com/v1/tasks/task-1/result']);
  });
});
