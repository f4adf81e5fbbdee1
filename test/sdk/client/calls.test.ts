import { inspect } from 'node:util';
import { describe, expect } from 'vitest';
import { Postern, PosternError } from '../../../sdk/client/index.ts';
import { PosternOperator } from '../../../sdk/client/operator/index.ts';
import { aRefusal, aTaskView, test } from '../../support/client-of-stand-in.ts';

const TASK = { processor: 'acme-ocr', resource: 'invoice-77', expiresIn: 3_600 };
const opened = { status: 201, body: { ...aTaskView(), callbacks: {} } };
const read = { status: 200, body: aTaskView() };
const html = (status: number) => ({ status, headers: { 'content-type': 'text/html' }, body: '<html></html>' });

describe('a call', () => {
  test('has the access token, the path, and the body as JSON', async ({ postern, server }) => {
    server.answerWith(opened);
    expect(await postern.tasks.open(TASK)).toEqual(opened.body);
    const [request] = server.requests;
    expect(request).toMatchObject({
      method: 'POST',
      path: '/v1/tasks',
      headers: { authorization: 'Bearer TOKEN-1', 'content-type': 'application/json' },
      body: JSON.stringify(TASK),
    });
  });

  test('without a body has no content type', async ({ postern, server }) => {
    server.answerWith(read);
    await postern.tasks.quarantine.accept('task-1', 'late-1');
    expect(server.requests[0]).toMatchObject({ method: 'POST', body: '' });
    expect(server.requests[0]?.headers).not.toHaveProperty('content-type');
  });

  test.for(['', '.', '..', 'a/b', 'a?b', 'a'.repeat(65), 'https://callbacks.example.com/SECRET'])(
    'refuses the id %j before any request, and does not quote it',
    async (id, { operator, postern, server }) => {
      server.answerWith(read);
      for (const call of [() => postern.tasks.get(id), () => operator.processors.get(id)]) {
        await expect(call()).rejects.toThrow(/is not an id; expected 1 to 64 characters of A-Z, a-z, 0-9, _ and -\.$/);
      }
      expect(server.requests).toEqual([]);
    },
  );

  test('takes an id of 64 characters', async ({ postern, server }) => {
    server.answerWith(read);
    await postern.tasks.get('a'.repeat(64));
    expect(server.requests[0]?.path).toBe(`/v1/tasks/${'a'.repeat(64)}`);
  });

  test('goes by the fetch of the caller', async ({ credentials }) => {
    const urls: string[] = [];
    const fetch = async (url: string) => {
      urls.push(url);
      return Response.json(read.body);
    };
    const postern = new Postern({ origin: 'https://callbacks.example.com', credentials, fetch });
    expect(await postern.tasks.get('task-1')).toEqual(read.body);
    expect(urls).toEqual(['https://callbacks.example.com/v1/tasks/task-1']);
  });

  test.for(['http://callbacks.example.com', 'https://callbacks.example.com/v1', 'callbacks'])(
    'needs an origin, and no credentials go in clear to %s',
    (origin, { credentials }) => {
      expect(() => new Postern({ origin, credentials })).toThrow(TypeError);
      expect(() => new PosternOperator({ origin, credentials })).toThrow(TypeError);
    },
  );
});

describe('an idempotency key', () => {
  test('is random for each call, and the same at every attempt', async ({ postern, server }) => {
    server.answerWith({ status: 503 }, 'no answer', opened, opened);
    await postern.tasks.open(TASK);
    await postern.tasks.open(TASK);
    const keys = server.requests.map(({ headers }) => headers['idempotency-key']);
    expect(keys.slice(0, 3)).toEqual([keys[0], keys[0], keys[0]]);
    expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(keys[3]).not.toBe(keys[0]);
  });

  test('may be chosen, beside the body or apart, and is no part of the body', async ({ postern, server }) => {
    server.answerWith(opened);
    await postern.tasks.open(TASK, { idempotencyKey: 'key-1' });
    await postern.tasks.open({ ...TASK, idempotencyKey: 'key-1' });
    for (const { body, headers } of server.requests) {
      expect([headers['idempotency-key'], JSON.parse(body)]).toEqual(['key-1', TASK]);
    }
  });

  test('goes with every POST', async ({ operator, postern, server }) => {
    server.answerWith(opened);
    const options = { idempotencyKey: 'key-1' };
    const act = { reason: 'a test', revision: 1 };
    await postern.tasks.reissue('task-1', {}, options);
    await postern.tasks.reopen('task-1', { reason: 'a test' }, options);
    await postern.tasks.dispatch('task-1', options);
    await postern.tasks.quarantine.accept('task-1', 'late-1', options);
    await operator.tasks.cancel('task-1', act, options);
    await operator.tasks.revoke('task-1', act, options);
    await operator.tasks.reopen('task-1', act, options);
    await operator.tasks.payload('task-1', { of: 'result', reason: 'a test' }, options);
    await operator.quarantine.accept('task-1', 'late-1', act, options);
    await operator.quarantine.discard('task-1', 'late-1', act, options);
    await operator.processors.revoke('acme-ocr', { plan: true }, options);
    await operator.jobs.abort('job-1', { reason: 'a test' }, options);
    await operator.deadLetters.redrive('publish', { reason: 'a test' }, options);
    await operator.keys.retire('key-1', { reason: 'a test' }, options);
    expect(server.requests).toHaveLength(14);
    for (const { headers, method, path } of server.requests) {
      expect([method, headers['idempotency-key']], path).toEqual(['POST', 'key-1']);
    }
  });

  test.for(['', 'a'.repeat(129), 'a\nb', 'ä'])(
    '%j is refused before any request',
    async (idempotencyKey, { postern, server }) => {
      server.answerWith(opened);
      await expect(postern.tasks.open(TASK, { idempotencyKey })).rejects.toThrow(
        `idempotencyKey has ${idempotencyKey.length} characters; expected 1 to 128 printable ASCII characters.`,
      );
      expect(server.requests).toEqual([]);
    },
  );

  test('may have 128 characters', async ({ postern, server }) => {
    server.answerWith(opened);
    await postern.tasks.open(TASK, { idempotencyKey: 'a'.repeat(128) });
    expect(server.requests[0]?.headers['idempotency-key']).toHaveLength(128);
  });
});

describe('a call that fails', () => {
  test.for([408, 429, 500, 502, 503, 504])('is repeated after %d', async (status, { platform, postern, server }) => {
    server.answerWith(html(status), read);
    expect(await postern.tasks.get('task-1')).toEqual(read.body);
    expect(platform.waits).toEqual([500]);
  });

  test.for(['no answer', 'half an answer'] as const)('is repeated after %s', async (answer, { postern, server }) => {
    server.answerWith(answer, read);
    expect(await postern.tasks.get('task-1')).toEqual(read.body);
  });

  test('waits as long as Retry-After says', async ({ platform, postern, server }) => {
    server.answerWith({ ...aRefusal(429, 'too_many_pending'), headers: { 'retry-after': '2' } }, opened);
    await postern.tasks.open(TASK);
    expect(platform.waits).toEqual([2_500]);
  });

  test('gives up after 8 attempts with an error that may be tried again', async ({ postern, server }) => {
    server.answerWith(aRefusal(503, 'unavailable'));
    await expect(postern.tasks.get('task-1')).rejects.toMatchObject({
      name: 'PosternError',
      code: 'unavailable',
      status: 503,
      retryable: true,
      requestId: 'r-1',
    });
    expect(server.requests).toHaveLength(8);
  });

  test('is not repeated after a refusal', async ({ postern, server }) => {
    const refusal = aRefusal(422, 'idempotency_conflict');
    server.answerWith(refusal);
    const error = await postern.tasks.open(TASK).catch((caught) => caught);
    expect(error).toBeInstanceOf(PosternError);
    expect(error).toMatchObject({ code: 'idempotency_conflict', status: 422, retryable: false, problem: refusal.body });
    expect(server.requests).toHaveLength(1);
  });

  test('ends with the reason of the signal: between attempts, during one, and before the token', async ({
    postern,
    server,
  }) => {
    const controller = new AbortController();
    server.answerWith(() => {
      controller.abort(new Error('enough'));
      return { status: 503 };
    });
    await expect(postern.tasks.get('task-1', { signal: controller.signal })).rejects.toThrow('enough');
    expect(server.requests).toHaveLength(1);

    server.answerWith('silence');
    await expect(postern.tasks.get('task-1', { signal: AbortSignal.timeout(50) })).rejects.toThrow(
      expect.objectContaining({ name: 'TimeoutError' }),
    );

    const endless = new Postern({ origin: server.origin, credentials: () => new Promise(() => {}) });
    await expect(endless.tasks.get('task-1', { signal: AbortSignal.timeout(50) })).rejects.toThrow(
      expect.objectContaining({ name: 'TimeoutError' }),
    );
  });

  test('has a time limit for each attempt', async ({ credentials, platform, server }) => {
    const postern = new Postern({ origin: server.origin, credentials, platform, attemptTimeout: 50 });
    server.answerWith('silence', read);
    expect(await postern.tasks.get('task-1')).toEqual(read.body);
  });

  test.for([
    ['text', { status: 200, body: 'hello' }],
    ['an array', { status: 200, body: '[]' }],
    ['nothing', { status: 204 }],
  ] as const)('is answer_invalid after a 2xx with %s', async ([, answer], { postern, server }) => {
    server.answerWith(answer);
    await expect(postern.tasks.get('task-1')).rejects.toMatchObject({ code: 'answer_invalid', retryable: false });
    expect(server.requests).toHaveLength(1);
  });

  test('is answer_invalid after a redirect, which is not followed', async ({ postern, server }) => {
    for (const status of [302, 303, 307]) {
      server.answerWith({ status, headers: { location: `${server.origin}/elsewhere` } });
      await expect(postern.tasks.get('task-1')).rejects.toMatchObject({ code: 'answer_invalid', status });
      expect(server.requests).toHaveLength(1);
    }
  });

  test('has the code that an answer of the load balancer stands for', async ({ postern, server }) => {
    for (const [status, code] of [
      [401, 'access_token_invalid'],
      [404, 'not_found'],
      [413, 'payload_too_large'],
    ] as const) {
      server.answerWith(html(status));
      await expect(postern.tasks.get('task-1')).rejects.toMatchObject({ code, status, retryable: false });
    }
  });
});

describe('a refused access token', () => {
  test('is replaced once, and the call is repeated at once', async ({ platform, postern, refused, server }) => {
    server.answerWith(html(401), read);
    expect(await postern.tasks.get('task-1')).toEqual(read.body);
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer TOKEN-1', 'Bearer TOKEN-2']);
    expect(refused).toEqual([undefined, 'TOKEN-1']);
    expect(platform.waits).toEqual([]);
  });

  test('is not replaced a second time', async ({ postern, server }) => {
    server.answerWith(aRefusal(401, 'access_token_invalid'));
    await expect(postern.tasks.get('task-1')).rejects.toMatchObject({ code: 'access_token_invalid', status: 401 });
    expect(server.requests).toHaveLength(2);
  });

  test('ends the call if the function of the caller has no other', async ({ server }) => {
    server.answerWith(html(401), read);
    const postern = new Postern({ origin: server.origin, credentials: async () => 'TOKEN-1' });
    await expect(postern.tasks.get('task-1')).rejects.toMatchObject({ code: 'access_token_invalid' });
    expect(server.requests).toHaveLength(1);
  });

  test.for(['', 'SECRET\nx', 'SECRET x', undefined as unknown as string])(
    'is access_token_refused if the function gives %j',
    async (token, { server }) => {
      server.answerWith(read);
      const postern = new Postern({ origin: server.origin, credentials: async () => token });
      const error = await postern.tasks.get('task-1').catch((caught) => caught);
      expect(error).toMatchObject({ code: 'access_token_refused', retryable: false });
      expect(inspect(error, { depth: 9 })).not.toContain('SECRET');
      expect(server.requests).toEqual([]);
    },
  );
});

describe('a call whose answer was lost', () => {
  test('says so when its repeat is refused, because the first attempt may be the reason', async ({
    postern,
    server,
  }) => {
    server.answerWith('no answer', aRefusal(409, 'task_pending'));
    await expect(postern.tasks.reopen('task-1', { reason: 'a test' })).rejects.toMatchObject({
      code: 'task_pending',
      message: expect.stringMatching(
        /An earlier attempt got no answer and may have been carried out: read the task\.$/,
      ),
    });
  });

  test('remembers it over further attempts', async ({ postern, server }) => {
    server.answerWith('no answer', aRefusal(503, 'unavailable'), aRefusal(409, 'task_pending'));
    await expect(postern.tasks.reopen('task-1', { reason: 'a test' })).rejects.toMatchObject({
      message: expect.stringContaining('An earlier attempt got no answer'),
    });
  });

  test.for([
    ['opening, which has its key', (postern: Postern) => postern.tasks.open(TASK)],
    ['reading', (postern: Postern) => postern.tasks.get('task-1')],
    ['cancelling, which may be repeated', (postern: Postern) => postern.tasks.cancel('task-1')],
    ['issuing again, which may be repeated', (postern: Postern) => postern.tasks.reissue('task-1')],
  ] as const)('does not say so for %s', async ([, call], { postern, server }) => {
    server.answerWith('no answer', aRefusal(404, 'task_unknown'));
    await expect(call(postern)).rejects.toMatchObject({ message: expect.not.stringContaining('An earlier attempt') });
  });

  test('does not say so after a 503 of the gateway, which did nothing', async ({ postern, server }) => {
    server.answerWith(aRefusal(503, 'unavailable'), aRefusal(409, 'task_pending'));
    await expect(postern.tasks.reopen('task-1', { reason: 'a test' })).rejects.toMatchObject({
      message: expect.not.stringContaining('An earlier attempt'),
    });
  });
});

describe('secrets', () => {
  test('are in no error, as text, JSON or as a debugger shows it', async ({ postern, server }) => {
    const echo = aRefusal(400, 'request_invalid', {
      detail: 'Bearer TOKEN-1',
      errors: [{ pointer: '/TOKEN-1', detail: 'TOKEN-1' }],
    });
    for (const answer of [echo, { ...html(401), body: 'TOKEN-1' }, 'no answer'] as const) {
      server.answerWith(answer);
      const error = await postern.tasks
        .open({ ...TASK, resume: { kind: 'stepFunctions', taskToken: 'TASK-SECRET' } })
        .catch((caught) => caught);
      expect(error).toBeInstanceOf(PosternError);
      for (const text of [
        String(error),
        error.stack,
        JSON.stringify(error),
        inspect(error, { depth: 9, showHidden: true }),
      ]) {
        expect(text).not.toMatch(/TOKEN-\d|SECRET/);
        expect(text).not.toContain(server.origin);
      }
    }
  });

  test('are not in a client as JSON or as a debugger shows it', ({ operator, postern }) => {
    for (const client of [postern, operator]) {
      const text = `${JSON.stringify(client)} ${inspect(client, { depth: 9, showHidden: true })}`;
      expect(text).not.toMatch(/TOKEN|credentials|authorization/i);
    }
  });

  test('leave the members of an error that help', async ({ postern, server }) => {
    server.answerWith(aRefusal(404, 'task_unknown'));
    const error = await postern.tasks.get('task-1').catch((caught) => caught);
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      name: 'PosternError',
      message:
        'GET /v1/tasks/task-1 was refused (404 task_unknown): Refused. The page at problem.type says what to do.',
      code: 'task_unknown',
      status: 404,
      retryable: false,
      requestId: 'r-1',
      problem: aRefusal(404, 'task_unknown').body,
    });
  });
});
