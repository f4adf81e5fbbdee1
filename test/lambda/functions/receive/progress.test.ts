import { describe, expect } from 'vitest';
import { NEVER } from '../../../../lambda/contract/limits.ts';
import { test as base } from '../../../support/fixtures.ts';
import '../../../support/matchers.ts';
import { type OpenTask, putTask, readTask, readUse } from '../../../support/receiver.ts';
import { NOW } from '../../../support/tokens.ts';

const at = (seconds: number) => new Date(seconds * 1000).toISOString();

const test = base

  .extend(
    'report',
    ({ receiver }) =>
      (task: OpenTask, body: string, headers: Record<string, string> = {}) =>
        receiver.deliver({
          path: task.path('progress'),
          headers: { 'content-type': 'application/json', authorization: `Bearer ${task.tokens.progress}`, ...headers },
          body,
        }),
  )
  .extend(
    'alive',
    ({ key, store }) =>
      (overrides = {}) =>
        putTask(store, key, { heartbeat: 60, heartbeatDeadline: NOW + 60, ...overrides }),
  );

describe('a progress report', () => {
  test('is shown on the task, which stays open', async ({ key, receiver, report, store }) => {
    const task = await putTask(store, key);
    const answer = await report(task, '{"percent":40,"note":"page 2 of 5"}');
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({ taskId: task.taskId, status: 'pending', receivedAt: at(NOW) });
    expect(await readTask(store, task.taskId)).toMatchObject({
      status: 'pending',
      progress: { percent: 40, note: 'page 2 of 5', at: at(NOW) },
      sequence: 2,
      revision: 1,
      change: 'progressed',
      history: { length: 1 },
    });
    expect(receiver.counts()).toMatchObject({ 'CallbackAccepted/acme-ocr': 1 });
    // It stays among those that may expire.
    expect(await readTask(store, task.taskId)).toHaveProperty('due');
  });

  test.for(['{}', '{"percent":0}', '{"percent":100}', '{"percent":12.5}', `{"note":"${'ü'.repeat(256)}"}`])(
    'may be as short as %s',
    async (body, { key, report, store }) => {
      expect((await report(await putTask(store, key), body)).status).toBe(200);
    },
  );

  test('removes members of the report before that it omits', async ({ key, report, store }) => {
    const task = await putTask(store, key);
    await report(task, '{"percent":40,"note":"a"}');
    await report(task, '{"percent":50}');
    expect((await readTask(store, task.taskId))?.progress).toEqual({ percent: 50, at: at(NOW) });
  });

  test.for([
    ['', ''],
    ['[]', ''],
    ['null', ''],
    ['{"percent":-1}', '/percent'],
    ['{"percent":100.1}', '/percent'],
    ['{"percent":"40"}', '/percent'],
    ['{"percent":null}', '/percent'],
    [`{"note":"${'x'.repeat(257)}"}`, '/note'],
    ['{"note":1}', '/note'],
    ['{"note":"a\\ud800"}', '/note'],
    ['{"percent":1e-200}', '/percent'],
    ['{"percent":1,"status":"succeeded"}', '/status'],
    ['{"__proto__":{}}', '/__proto__'],
  ] as const)('H3 gets 422 for another form, and is not a use: %s', async ([body, pointer], { key, report, store }) => {
    const task = await putTask(store, key);
    const answer = await report(task, body);
    expect(answer).toBeRefusedWith('payload_invalid');
    expect((answer.json as { errors: unknown }).errors).toEqual([{ pointer, detail: expect.any(String) }]);
    expect(await readUse(store, task.jtis.progress)).toBeUndefined();
  });

  test('H3 must be JSON', async ({ key, report, store }) => {
    const answer = await report(await putTask(store, key), '{}', { 'content-type': 'text/plain' });
    expect(answer).toBeRefusedWith('content_type_refused');
  });

  test('C5 is refused with the token of another capability', async ({ key, report, store }) => {
    const task = await putTask(store, key);
    const answer = await report(task, '{}', { authorization: `Bearer ${task.tokens.result}` });
    expect(answer).toBeRefusedWith('token_audience_invalid');
  });
});

describe('C6 the count of uses', () => {
  test('acknowledges a repeat without counting it, and refuses after max_uses other reports', async ({
    key,
    receiver,
    report,
    store,
  }) => {
    const task = await putTask(store, key);
    for (let i = 1; i <= 5; i += 1) {
      receiver.at(NOW + i);
      expect((await report(task, `{"percent":${i}}`)).headers['Idempotency-Replayed']).toBeUndefined();
      receiver.at(NOW + i + 0.5);
      const again = await report(task, `{"percent":${i}}`);
      expect(again.headers['Idempotency-Replayed']).toBe('true');
      expect(again.json).toMatchObject({ receivedAt: at(NOW + i) });
    }
    expect(await report(task, '{"percent":6}')).toBeRefusedWith('token_exhausted');
    expect(await report(task, '{"percent":1}')).toBeRefusedWith('token_exhausted');
    expect((await report(task, '{"percent":5}')).status).toBe(200);
    expect(await readUse(store, task.jtis.progress)).toMatchObject({ uses: 5 });
    expect(await readTask(store, task.taskId)).toMatchObject({ progress: { percent: 5 }, sequence: 6 });
    expect(receiver.counts()).toMatchObject({ 'TokenRefused/token_exhausted': 2 });
    expect(receiver.counts().ReplayDetected).toBeUndefined();
  });

  test('records exactly max_uses of many reports at once', async ({ key, report, store }) => {
    const task = await putTask(store, key);
    const answers = await Promise.all(Array.from({ length: 24 }, (_, i) => report(task, `{"percent":${i}}`)));
    const recorded = answers.filter(({ status }) => status === 200);
    expect(recorded).toHaveLength(5);
    for (const answer of answers) if (answer.status !== 200) expect(answer).toBeRefusedWith('token_exhausted');
    expect(await readTask(store, task.taskId)).toMatchObject({ sequence: 6 });
  });

  test('does not depend on mode reject', async ({ key, receiver, report, store }) => {
    const task = await putTask(store, key, { processor: 'strict-ocr' });
    await report(task, '{"percent":1}');
    expect((await report(task, '{"percent":1}')).headers['Idempotency-Replayed']).toBe('true');
    receiver.at(NOW + 3_700);
    expect((await report(task, '{"percent":1}')).headers['Idempotency-Replayed']).toBe('true');
    expect(await report(task, '{"percent":2}')).toBeRefusedWith('token_expired');
  });
});

describe('heartbeat', () => {
  test('moves with each report', async ({ alive, receiver, report, store }) => {
    const task = await alive();
    receiver.at(NOW + 59);
    expect((await report(task, '{}')).status).toBe(200);
    expect(await readTask(store, task.taskId)).toMatchObject({ heartbeatDeadline: NOW + 119 });
    receiver.at(NOW + 118);
    expect((await report(task, '{"percent":1}')).status).toBe(200);
  });

  test('expires its task at once if it is missed, for reports and results', async ({ alive, receiver, report }) => {
    const task = await alive();
    receiver.at(NOW + 60);
    expect(await report(task, '{}')).toBeRefusedWith('token_expired');
    const result = { path: task.path('result'), headers: { authorization: `Bearer ${task.tokens.result}` } };
    expect(await receiver.deliver(result)).toBeRefusedWith('token_expired');
    expect(receiver.counts()).toMatchObject({ CallbackLate: 2 });
  });

  test('is optional: a task without one cannot miss it', async ({ key, report, store }) => {
    const task = await putTask(store, key);
    await report(task, '{}');
    expect((await readTask(store, task.taskId))?.heartbeatDeadline).toBeGreaterThanOrEqual(NEVER);
  });
});

test('refuses a report on a closed task as late, and never keeps it', async ({ key, receiver, report, store }) => {
  const task = await putTask(store, key, { status: 'succeeded' });
  expect(await report(task, '{}')).toBeRefusedWith('task_closed');
  expect(receiver.counts()).toMatchObject({ CallbackLate: 1 });
  expect((await readTask(store, task.taskId))?.quarantine).toEqual({});
});
