import { GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { type JWTPayload, jwtVerify } from 'jose';
import { describe, expect } from 'vitest';
import { dispatchShardKey } from '../../../../lambda/contract/tables.ts';
import type { TaskItem } from '../../../../lambda/contract/task.ts';
import { toTaskEvents } from '../../../../lambda/functions/publish/task-event.ts';
import { ACCESS_TOKEN, accept, answerWith, reset, SECRET } from '../../../support/dispatching.ts';
import { type Dispatching, test } from '../../../support/dispatching-test.ts';
import type { TestStore } from '../../../support/engine.ts';
import { ORIGIN } from '../../../support/tokens.ts';

/** Closes a task as the receiver does. */
const closeTask = async ({ client, tasksTable }: TestStore, { taskId }: TaskItem, status: string) => {
  await client.send(
    new UpdateItemCommand({
      TableName: tasksTable,
      Key: { taskId: { S: taskId } },
      UpdateExpression: 'SET #status = :status, closedAt = :at ADD revision :one',
      ExpressionAttributeNames: { '#status': 'status' },
      ExpressionAttributeValues: {
        ':status': { S: status },
        ':at': { S: '2026-01-01T00:00:00.000Z' },
        ':one': { N: '1' },
      },
    }),
  );
};

const readItem = ({ tasksTable }: TestStore, { taskId }: TaskItem) =>
  new GetItemCommand({ TableName: tasksTable, Key: { taskId: { S: taskId } } });

const at = (seconds: number): string => new Date(seconds * 1000).toISOString();

describe('a task that is to be sent', () => {
  test('is sent with its input, its callback and the secret, and is accepted', async ({ dispatching, key, server }) => {
    const one = dispatching();
    const opened = await one.open();
    one.pass(2);
    const task = await one.attempt(opened);
    expect(task.dispatch).toMatchObject({
      state: 'accepted',
      attempts: 1,
      lastStatus: 202,
      remoteId: 'job-1',
      acceptedAt: at(one.seconds()),
      kid: key.publicKey.kid,
    });
    expect(task).toMatchObject({ status: 'pending', revision: opened.revision, sequence: opened.sequence + 1 });
    for (const gone of ['dispatchShard', 'dispatchAt'] as const) expect(task[gone]).toBeUndefined();
    expect(task.dispatch).not.toHaveProperty('lease');

    const [job] = server.jobs;
    const { input, task: id, webhook } = JSON.parse(job?.body ?? '') as Record<string, string>;
    expect([input, id]).toEqual([{ document: 'a' }, opened.taskId]);
    expect(job?.headers).toMatchObject({ 'x-key': `Key ${SECRET}`, 'idempotency-key': opened.taskId });
    const [, path, token = ''] = /^(.+)\/([^/]+)$/.exec(webhook ?? '') ?? [];
    expect(path).toBe(`${ORIGIN}/v1/results/${opened.taskId}`);
    const { payload }: { payload: JWTPayload } = await jwtVerify(token, key.publicKey.key, {
      currentDate: new Date(one.seconds() * 1000),
    });
    expect(payload).toMatchObject({ jti: opened.callbacks.result?.jti, exp: Date.parse(opened.expiresAt) / 1000 });
  });

  test('is the event Task Dispatched, and the line has the metrics', async ({ dispatching }) => {
    const one = dispatching();
    const opened = await one.open();
    one.pass(2);
    const task = await one.attempt(opened);
    expect(task).toMatchObject({ change: 'dispatched', changedAt: at(one.seconds()) });
    expect(one.lines.at(-1)).toMatchObject({
      message: 'work accepted',
      Processor: 'sent-ocr',
      DispatchAccepted: 1,
      DispatchDelay: 2_000,
    });
    expect(one.reports).toEqual(['answered']);
  });

  test('begins its heartbeat when it is accepted', async ({ dispatching }) => {
    const one = dispatching();
    const opened = await one.open({}, { heartbeat: 60 });
    one.pass(30);
    const task = await one.attempt(opened);
    expect(task).toMatchObject({ heartbeatDeadline: one.seconds() + 60, due: one.seconds() + 60 });
  });

  test('has an access token if the processor asks for one', async ({ dispatching, server }) => {
    const auth = {
      kind: 'client_credentials',
      tokenEndpoint: 'https://id.example/token',
      clientId: 'a',
      secretName: 'b',
    };
    const one = dispatching({ settings: { auth: { ...auth, kind: 'client_credentials' } } });
    await one.attempt(await one.open());
    expect(server.jobs[0]?.headers.authorization).toBe(`Bearer ${ACCESS_TOKEN}`);
  });

  test('has the code of a short URL, whose record is stored before', async ({ dispatching, server }) => {
    const one = dispatching({ processor: { carriers: ['short'] } });
    const opened = await one.open({}, { carrier: 'short' });
    const task = await one.attempt(opened);
    expect(task.dispatch).not.toHaveProperty('kid');
    expect(JSON.parse(server.jobs[0]?.body ?? '{}').webhook).toMatch(/\/c\/code-of-/);
  });
});

describe('an attempt that fails', () => {
  test.for([
    ['500', answerWith(500), 500],
    ['503', answerWith(503), 503],
    ['408', answerWith(408), 408],
    ['425', answerWith(425), 425],
    ['429', answerWith(429), 429],
    ['403', answerWith(403), 403],
    ['407', answerWith(407), 407],
  ] as const)('with %s is repeated after the delay', async ([, answer, status], { dispatching, server }) => {
    const one = dispatching();
    server.answer(answer);
    const task = await one.attempt(await one.open());
    expect(task.dispatch).toMatchObject({ state: 'queued', attempts: 1, used: 1, lastStatus: status });
    expect(task.dispatch).not.toHaveProperty('isUncertain');
    expect(task).toMatchObject({ dispatchAt: one.seconds() + 5, sequence: 1, revision: 1, change: 'dispatchRetried' });
    expect(one.messages).toEqual([{ taskId: task.taskId, issue: 1, attempt: 2, delay: 5 }]);
    expect(task.journal).toEqual([{ at: at(one.seconds()), kind: 'dispatchRetried', reason: `Answer ${status}.` }]);
    expect(one.lines.at(-1)).toMatchObject({ message: 'attempt failed', DispatchRetried: 1, Processor: 'sent-ocr' });
    expect(one.reports).toEqual([[408, 425, 429].includes(status) ? 'answered' : 'unreachable']);
  });

  test('without an answer may have reached the processor', async ({ dispatching, server }) => {
    const one = dispatching();
    server.answer(reset);
    const task = await one.attempt(await one.open());
    expect(task.dispatch).toMatchObject({ state: 'queued', isUncertain: true });
    expect(task.dispatch).not.toHaveProperty('lastStatus');
    expect(one.reports).toEqual(['unreachable']);
  });

  test('because nobody listens has not reached the processor', async ({ dispatching }) => {
    const one = dispatching({ settings: { url: 'http://127.0.0.1:9/jobs' } });
    const task = await one.attempt(await one.open());
    expect(task.dispatch).toMatchObject({ state: 'queued', used: 1 });
    expect(task.dispatch).not.toHaveProperty('isUncertain');
  });

  test('ends with its time-out, also if bytes still come', async ({ dispatching, server }) => {
    const one = dispatching();
    server.answer(() => undefined);
    const silent = await one.attempt(await one.open());
    expect(silent.dispatch).toMatchObject({ state: 'queued', isUncertain: true });
    server.answer((response) => response.writeHead(202).write('{'));
    const slow = await one.attempt(await one.open());
    expect(slow.dispatch).toMatchObject({ state: 'accepted', lastStatus: 202 });
    expect(slow.dispatch).not.toHaveProperty('remoteId');
  });

  test('is repeated until its waits are used up, and then the task fails', async ({ dispatching, server }) => {
    const one = dispatching();
    server.answer(answerWith(503));
    const opened = await one.open();
    for (const delay of [5, 30, 120]) {
      expect(await one.attempt(opened)).toMatchObject({ dispatchAt: one.seconds() + delay });
      one.pass(delay);
    }
    const task = await one.attempt(opened);
    expect(task).toMatchObject({
      status: 'failed',
      closedAt: at(one.seconds()),
      change: 'dispatchFailed',
      sequence: opened.sequence + 2,
      revision: 2,
      dispatchShard: dispatchShardKey('failed', 'sent-ocr', task.shard),
      dispatchAt: one.seconds(),
      dispatch: { state: 'failed', reason: 'AttemptsUsed', attempts: 4, lastStatus: 503 },
      callbacks: opened.callbacks,
    });
    expect(task).not.toHaveProperty('failure');
    expect(server.jobs.map(({ headers }) => headers['idempotency-key'])).toEqual(Array(4).fill(opened.taskId));
    expect(one.lines.at(-1)).toMatchObject({ message: 'dispatch failed', reason: 'AttemptsUsed', DispatchFailed: 1 });
  });

  test('for good leaves the task pending if the processor is set so', async ({ dispatching, server }) => {
    const one = dispatching({ settings: { onFailure: 'keep' } });
    server.answer(answerWith(404));
    const opened = await one.open();
    const task = await one.attempt(opened);
    expect(task).toMatchObject({
      status: 'pending',
      sequence: 2,
      revision: 1,
      dispatch: { state: 'failed', reason: 'Refused' },
    });
    expect(task).not.toHaveProperty('closedAt');
  });

  test.for([200, 300, 302, 307, 400, 404, 409, 410, 418, 422] as const)(
    'with %i ends the attempts',
    async (status, { dispatching, server }) => {
      const one = dispatching({ settings: { accept: [202] } });
      server.answer(answerWith(status, { location: `${server.origin}/other` }));
      const task = await one.attempt(await one.open());
      expect(task.dispatch).toMatchObject({ state: 'failed', reason: 'Refused', lastStatus: status });
      expect(server.jobs).toHaveLength(1);
      expect(one.reports).toEqual([status === 410 ? 'gone' : 'answered']);
    },
  );

  test('with 401 is repeated at once with fresh credentials, and counts then', async ({ dispatching, server }) => {
    const one = dispatching();
    server.answer((response, number, job) =>
      number === 1 ? answerWith(401)(response, number, job) : accept(response, number, job),
    );
    const accepted = await one.attempt(await one.open());
    expect([accepted.dispatch?.state, accepted.dispatch?.attempts, one.drops()]).toEqual(['accepted', 1, 1]);
    server.answer(answerWith(401));
    const refused = await one.attempt(await one.open());
    expect(refused.dispatch).toMatchObject({ state: 'queued', attempts: 1, used: 1, lastStatus: 401 });
    expect(server.jobs).toHaveLength(4);
    expect(one.reports).toEqual(['answered', 'unreachable']);
  });

  test('waits as long as the processor asks, and 429 with a time counts not', async ({ dispatching, server }) => {
    const one = dispatching();
    server.answer(answerWith(503, { 'retry-after': '77' }));
    expect(await one.attempt(await one.open())).toMatchObject({
      dispatchAt: one.seconds() + 77,
      dispatch: { used: 1 },
    });
    server.answer(answerWith(429, { 'retry-after': '66' }));
    const limited = await one.attempt(await one.open());
    expect(limited).toMatchObject({ dispatchAt: one.seconds() + 66, dispatch: { used: 0, uncounted: 1 } });
  });

  test('waits its delay at least, also if the processor asks for less', async ({ dispatching, server }) => {
    const one = dispatching();
    server.answer(answerWith(429, { 'retry-after': '0' }));
    expect(await one.attempt(await one.open({ used: 1 }))).toMatchObject({
      dispatchAt: one.seconds() + 30,
      dispatch: { used: 1, uncounted: 1 },
    });
  });

  test('with a status above 599 ends the attempts', async ({ dispatching, server }) => {
    const one = dispatching();
    server.answer(answerWith(600));
    expect((await one.attempt(await one.open())).dispatch).toMatchObject({ state: 'failed', reason: 'Refused' });
    expect(one.reports).toEqual(['answered']);
  });

  test('shows no status of an earlier answer while it is under way', async ({ dispatching, server }) => {
    const one = dispatching();
    const opened = await one.open({ attempts: 1, used: 1, lastStatus: 503 });
    let during: TaskItem | undefined;
    server.answer(async (...job) => {
      during = await one.read(opened);
      await accept(...job);
    });
    await one.attempt(opened);
    expect(during?.dispatch).toMatchObject({ attempts: 2, lastAttemptAt: at(one.seconds()) });
    expect(during?.dispatch).not.toHaveProperty('lastStatus');
  });

  test('with 401 is not repeated if the fresh credentials come too late', async ({ dispatching, server }) => {
    let milliseconds = 0;
    let resolved = 0;
    const one = dispatching({
      wrap: (parts) => ({
        ...parts,
        clock: () => milliseconds,
        credentials: {
          ...parts.credentials,
          resolve: async (...all) => {
            resolved += 1;
            if (resolved > 1) milliseconds = 1_000;
            return parts.credentials.resolve(...all);
          },
        },
      }),
    });
    server.answer(answerWith(401));
    expect((await one.attempt(await one.open())).dispatch).toMatchObject({ state: 'queued', used: 1, lastStatus: 401 });
    expect([resolved, server.jobs.length]).toEqual([2, 1]);
  });

  test.for(['rejects', 'has no key'] as const)(
    'with 401 is recorded if the request cannot be made again: the signer %s',
    async (how, { dispatching, server }) => {
      let calls = 0;
      const one = dispatching({
        settings: { sign: { kind: 'http_signature' } },
        wrap: (parts) => ({
          ...parts,
          getSigner: () => {
            calls += 1;
            if (calls === 1) return parts.getSigner();
            if (how === 'rejects') return Promise.reject(new Error('unavailable'));
            throw new Error('no key');
          },
        }),
      });
      server.answer(answerWith(401));
      const task = await one.attempt(await one.open());
      expect(task.dispatch).toMatchObject({ state: 'queued', used: 1, lastStatus: 401 });
      expect(task.dispatch).not.toHaveProperty('lease');
      expect(calls).toBe(2);
    },
  );

  test('is left to the sweep if the next one is more than 15 minutes away', async ({ dispatching, server }) => {
    const one = dispatching({ settings: { retry: { delays: [901], leastTime: 1 } } });
    server.answer(answerWith(503));
    expect(await one.attempt(await one.open())).toMatchObject({ dispatchAt: one.seconds() + 901 });
    expect(one.messages).toEqual([]);
  });
});

describe('after an attempt without an answer', () => {
  test.for([
    ['no answer', reset, 'first-key'],
    ['503', answerWith(503), 'second-key'],
  ] as const)(
    'the key of the callbacks stays, after another one it does not: %s',
    async ([, answer, kid], { dispatching, server }) => {
      const kids = ['first-key', 'second-key'];
      const one = dispatching({
        wrap: (parts) => ({
          ...parts,
          signCallbacks: async (...all) => ({ ...(await parts.signCallbacks(...all)), kid: kids.shift() }),
        }),
      });
      const opened = await one.open();
      server.answer(answer);
      expect((await one.attempt(opened)).dispatch).toMatchObject({ state: 'queued', kid: 'first-key' });
      one.pass(5);
      server.answer(accept);
      expect((await one.attempt(opened)).dispatch).toMatchObject({ state: 'accepted', kid });
    },
  );

  test.for([409, 422] as const)('%i means that the processor has the work', async (status, { dispatching, server }) => {
    const one = dispatching();
    const opened = await one.open();
    server.answer(reset);
    await one.attempt(opened);
    one.pass(5);
    server.answer(answerWith(status));
    const task = await one.attempt(opened);
    expect(task.dispatch).toMatchObject({
      state: 'accepted',
      reason: 'AnswerUnknown',
      lastStatus: status,
      attempts: 2,
    });
    expect(task.dispatch).not.toHaveProperty('remoteId');
  });

  test('another refusal still ends the attempts', async ({ dispatching, server }) => {
    const one = dispatching();
    const opened = await one.open();
    server.answer(reset);
    await one.attempt(opened);
    one.pass(5);
    server.answer(answerWith(404));
    expect((await one.attempt(opened)).dispatch).toMatchObject({ state: 'failed', reason: 'Refused' });
  });
});

describe('the answer of a processor', () => {
  test.for([
    ['is larger than 64 KB', 'x'.repeat(65_537)],
    ['is no JSON', 'accepted'],
    ['has no id', '{"job":1}'],
    ['has an id that is too long', JSON.stringify({ id: 'x'.repeat(257) })],
    ['has an id with a line end', '{"id":"a\\nb"}'],
    ['has an object as id', '{"id":{"a":1}}'],
    ['has the secret as id', JSON.stringify({ id: SECRET })],
  ] as const)('is accepted without an id if it %s', async ([, body], { dispatching, server }) => {
    const one = dispatching();
    server.answer((response) => response.writeHead(202).end(body));
    const task = await one.attempt(await one.open());
    expect(task.dispatch).toMatchObject({ state: 'accepted', lastStatus: 202 });
    expect(task.dispatch).not.toHaveProperty('remoteId');
  });

  test('is accepted without an id if it repeats the callback', async ({ dispatching, server }) => {
    const one = dispatching();
    server.answer((response, _number, { body }) => {
      response
        .writeHead(202)
        .end(JSON.stringify({ id: (JSON.parse(body) as { webhook: string }).webhook.slice(-200) }));
    });
    expect((await one.attempt(await one.open())).dispatch).not.toHaveProperty('remoteId');
  });

  test('may have an integer as id', async ({ dispatching, server }) => {
    const one = dispatching();
    server.answer((response) => response.writeHead(202).end('{"id":4711}'));
    expect((await one.attempt(await one.open())).dispatch?.remoteId).toBe('4711');
  });

  test('that comes after the callback changes only the dispatch', async ({ dispatching, server, store }) => {
    const one = dispatching();
    const opened = await one.open();
    server.answer(async (response, number, job) => {
      await closeTask(store, opened, 'succeeded');
      accept(response, number, job);
    });
    const task = await one.attempt(opened);
    expect(task).toMatchObject({ status: 'succeeded', dispatch: { state: 'accepted', remoteId: 'job-1' } });
  });

  test('that is lost never changes a task that succeeded', async ({ dispatching, server, store }) => {
    const one = dispatching();
    const opened = await one.open();
    server.answer(async (response, number, job) => {
      await closeTask(store, opened, 'succeeded');
      await reset(response, number, job);
    });
    expect((await one.attempt(opened)).status).toBe('succeeded');
    one.pass(5);
    const task = await one.attempt(opened);
    expect(task).toMatchObject({ status: 'succeeded', dispatch: { state: 'accepted', attempts: 1 } });
    expect(server.jobs).toHaveLength(1);
  });
});

describe('no attempt is made', () => {
  const untouched = async (one: Dispatching, task: TaskItem, jobs: readonly unknown[]) => {
    expect((await one.attempt(task)).dispatch).toMatchObject({ attempts: task.dispatch?.attempts ?? 0 });
    expect(jobs).toEqual([]);
  };

  test.for([
    ['cancelled', { status: 'cancelled' }, 'Cancelled'],
    ['expired', { status: 'expired' }, 'Expired'],
    ['overdue', { deadline: 1 }, 'Expired'],
    ['closed otherwise', { status: 'succeeded' }, 'Settled'],
    ['revoked', { callbacks: {}, revokedAt: at(1) }, 'Revoked'],
  ] as const)('for a task that is %s', async ([, overrides, reason], { dispatching, server }) => {
    const one = dispatching();
    const opened = await one.open({}, overrides);
    await untouched(one, opened, server.jobs);
    const task = await one.read(opened);
    expect(task).toMatchObject({ change: 'dispatchStopped', dispatch: { state: 'stopped', reason } });
    expect([task.dispatchShard, task.sequence]).toEqual([undefined, opened.sequence]);
  });

  test('for a message that is old, early or about no task', async ({ dispatching, server }) => {
    const one = dispatching();
    const opened = await one.open({ attempts: 2, issue: 2 }, { dispatchAt: one.seconds() + 2 });
    const { taskId } = opened;
    for (const message of [
      { taskId, issue: 1, attempt: 3 },
      { taskId, issue: 2, attempt: 2 },
      { taskId, issue: 2, attempt: 3 },
      { taskId: 'unknown', issue: 1, attempt: 1 },
    ]) {
      await one.work(message);
    }
    expect(server.jobs).toEqual([]);
    // The early one comes back in time.
    expect(one.messages).toEqual([{ taskId, issue: 2, attempt: 3, delay: 2 }]);
    one.pass(1);
    await one.work({ taskId, issue: 2, attempt: 3 });
    expect(server.jobs).toHaveLength(1);
    expect(server.jobs[0]?.headers['idempotency-key']).toBe(`${taskId}-2`);
  });

  test('again by a message that came again, until the lease has ended', async ({ dispatching, server }) => {
    const one = dispatching();
    const { taskId } = await one.open({ attempts: 1, lease: one.seconds() + 31 });
    const message = { taskId, issue: 1, attempt: 1 };
    await one.work(message);
    one.pass(30);
    await one.work(message);
    expect(server.jobs).toEqual([]);
    one.pass(1);
    await one.work(message);
    expect((await one.read({ taskId })).dispatch).toMatchObject({ state: 'accepted', attempts: 2, used: 1 });
    await one.work(message);
    await one.work({ ...message, attempt: 2 });
    expect(server.jobs).toHaveLength(1);
  });

  test('while another one is under way', async ({ dispatching, server }) => {
    const one = dispatching();
    const opened = await one.open({ attempts: 1, lease: one.seconds() + 1 });
    await untouched(one, opened, server.jobs);
  });

  test('that would leave the processor less than its least time', async ({ dispatching, server }) => {
    const one = dispatching({ settings: { retry: { delays: [5], leastTime: 300 } } });
    const opened = await one.open({}, { expiresAt: at(one.seconds() + 301) });
    one.pass(1);
    await untouched(one, opened, server.jobs);
    expect(await one.read(opened)).toMatchObject({ status: 'failed', dispatch: { reason: 'NoTimeLeft' } });
  });

  test('for a processor that the environment does not send to any more', async ({ dispatching, server }) => {
    const one = dispatching();
    for (const processor of ['gone', 'constructor']) {
      const opened = await one.open({}, { processor });
      await untouched(one, opened, server.jobs);
      expect((await one.read(opened)).dispatch).toMatchObject({ state: 'failed', reason: 'ProcessorUnknown' });
    }
  });

  test('if the template does not fit, or its input is gone', async ({ dispatching, server }) => {
    const one = dispatching({ settings: { body: { owner: '{{owner}}' } } });
    const opened = await one.open();
    await untouched(one, opened, server.jobs);
    expect((await one.read(opened)).dispatch).toMatchObject({ state: 'failed', reason: 'TemplateInvalid' });
  });

  test('to an address that must not be called', async ({ dispatching, server }) => {
    const one = dispatching({ settings: { url: 'http://10.0.0.1/jobs' } });
    const task = await one.attempt(await one.open());
    expect(task.dispatch).toMatchObject({ state: 'failed', reason: 'AddressRefused' });
    expect([server.jobs, one.reports]).toEqual([[], ['unused']]);
  });

  test('while the processor is paused, and the task is not written', async ({ dispatching, server }) => {
    const one = dispatching();
    const opened = await one.open();
    one.refuse({ isAdmitted: false, kind: 'paused' });
    await untouched(one, opened, server.jobs);
    expect(await one.read(opened)).toEqual(opened);
    expect(one.messages).toEqual([]);
  });

  test.for(['open', 'rate'] as const)(
    'while its breaker or rate says so: %s',
    async (kind, { dispatching, server }) => {
      const one = dispatching();
      const opened = await one.open();
      one.refuse({ isAdmitted: false, kind, until: (one.seconds() + 120) * 1000 });
      await untouched(one, opened, server.jobs);
      expect(await one.read(opened)).toMatchObject({
        dispatchAt: one.seconds() + 120,
        change: 'dispatchWaiting',
        revision: 1,
      });
      expect(one.messages).toEqual([{ taskId: opened.taskId, issue: 1, attempt: 1, delay: 120 }]);
    },
  );

  test.for([
    [900, [900]],
    [901, []],
  ] as const)('comes back if it is early by %i seconds: %j', async ([early, delays], { dispatching }) => {
    const one = dispatching();
    const { taskId } = await one.open({}, { dispatchAt: one.seconds() + early });
    await one.work({ taskId, issue: 1, attempt: 1 });
    expect(one.messages.map(({ delay }) => delay)).toEqual(delays);
  });

  test('at a random time after the breaker is open, and without a message, if many wait', async ({ dispatching }) => {
    const one = dispatching({ wrap: (parts) => ({ ...parts, random: () => 0.25 }) });
    const opened = await one.open();
    one.refuse({ isAdmitted: false, kind: 'open', until: (one.seconds() + 120) * 1000, spread: 120_000 });
    expect(await one.attempt(opened)).toMatchObject({ dispatchAt: one.seconds() + 150 });
    expect(one.messages).toEqual([]);
  });

  test('waits no longer than an attempt can be made, and then fails', async ({ dispatching }) => {
    const one = dispatching({ settings: { retry: { delays: [5], leastTime: 300 } } });
    const opened = await one.open({}, { expiresAt: at(one.seconds() + 400) });
    one.refuse({ isAdmitted: false, kind: 'open', until: (one.seconds() + 3_600) * 1000 });
    expect(await one.attempt(opened)).toMatchObject({ dispatchAt: one.seconds() + 100 });
    one.pass(100);
    expect((await one.attempt(opened)).dispatch).toMatchObject({ state: 'failed', reason: 'NoTimeLeft' });
  });

  test.for([
    ['a header', {}],
    ['a signature', { headers: {}, sign: { kind: 'standard_webhooks', secretName: 'key' } }],
  ] as const)('with a secret that does not fit into %s', async ([, settings], { dispatching, server }) => {
    const one = dispatching({
      settings,
      wrap: (parts) => ({
        ...parts,
        credentials: {
          ...parts.credentials,
          resolve: async () => ({ secrets: new Map([['key', `${SECRET}\r\nX-Admin: 1`]]) }),
        },
      }),
    });
    const opened = await one.open();
    await untouched(one, opened, server.jobs);
    expect(await one.read(opened)).toMatchObject({ dispatchAt: one.seconds() + 30, dispatch: { used: 0 } });
    expect(one.lines).toContainEqual(expect.objectContaining({ processor: 'sent-ocr', error: 'SecretFormInvalid' }));
    expect(JSON.stringify(one.lines)).not.toContain(SECRET);
    // The next attempt reads the secret again.
    expect(one.drops()).toBe(1);
  });

  test.for([
    ['with an access token', { kind: 'client_credentials', tokenEndpoint: 'a', clientId: 'b', secretName: 'c' }, 30],
    ['without one', undefined, undefined],
  ] as const)('if the token endpoint took all the time, and only then: %s', async ([, auth, wait], { dispatching }) => {
    let milliseconds = 0;
    const one = dispatching({
      settings: { ...(auth !== undefined && { auth }) },
      wrap: (parts) => ({
        ...parts,
        clock: () => milliseconds,
        credentials: {
          ...parts.credentials,
          resolve: (...all) => {
            milliseconds += 1_000;
            return parts.credentials.resolve(...all);
          },
        },
      }),
    });
    const task = await one.attempt(await one.open());
    // Secrets Manager is no part of the processor's time-out, and the token endpoint is.
    expect(task.dispatch?.state).toBe(wait === undefined ? 'accepted' : 'queued');
    expect(task.dispatchAt).toBe(wait === undefined ? undefined : one.seconds() + wait);
  });

  test('without credentials, and that counts as none', async ({ dispatching, server }) => {
    const one = dispatching({
      wrap: (parts) => ({
        ...parts,
        credentials: { ...parts.credentials, resolve: () => Promise.reject(new Error(`no ${SECRET}`)) },
      }),
    });
    const opened = await one.open();
    await untouched(one, opened, server.jobs);
    expect(await one.read(opened)).toMatchObject({ dispatchAt: one.seconds() + 30, dispatch: { used: 0 } });
    expect(one.reports).toEqual(['unused']);
    expect(JSON.stringify(one.lines)).not.toContain(SECRET);
  });
});

test('two events tell of a task that failed by its dispatch', async ({ dispatching, server, store }) => {
  const one = dispatching();
  server.answer(answerWith(404));
  const opened = await one.open();
  await one.attempt(opened);
  const events = toTaskEvents(await store.client.send(readItem(store, opened)).then(({ Item = {} }) => Item), ORIGIN);
  expect(events.map(({ detail, detailType }) => [detailType, detail.sequence])).toEqual([
    ['Dispatch Failed', 2],
    ['Task Failed', 3],
  ]);
});
