import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import { test as base } from '../../../../support/fixtures.ts';
import '../../../../support/matchers.ts';
import { aReceiver, putCode, putTask, readTask, readUse } from '../../../../support/receiver.ts';
import { NOW } from '../../../../support/tokens.ts';

const test = base
  .extend('receiver', ({ key, proxy, store }) => aReceiver({ store, keys: [key], endpoint: proxy.endpoint }))
  .extend(
    'shortTask',
    ({ key, store }) =>
      (claims = {}) =>
        putTask(store, key, { processor: 'short-ocr' }, claims),
  )
  .extend(
    'post',
    ({ receiver }) =>
      (code: string, body = 'result', headers: Record<string, string> = {}) =>
        receiver.deliver({ path: `/c/${code}`, headers: { 'content-type': 'text/plain', ...headers }, body }),
  );

test('delivers the result by a short code with one look-up and one transaction', async ({
  post,
  proxy,
  shortTask,
  store,
}) => {
  const task = await shortTask();
  const answer = await post(await putCode(store, task, 'result'));
  expect(answer.json).toMatchObject({ taskId: task.taskId, status: 'succeeded' });
  expect(proxy.requests.map(({ operation }) => operation)).toEqual(['GetItem', 'TransactWriteItems']);
  expect(await readUse(store, task.jtis.result)).toMatchObject({ uses: 1 });
});

test('C6 treats a short code as the token that it stands for, in any place', async ({
  post,
  receiver,
  shortTask,
  store,
}) => {
  const task = await shortTask();
  const code = await putCode(store, task, 'result');
  await post(code);
  const authorization = `Bearer ${task.tokens.result}`;
  const byHeader = (body: string) =>
    receiver.deliver({ path: task.path('result'), headers: { 'content-type': 'text/plain', authorization }, body });
  expect((await byHeader('result')).headers['Idempotency-Replayed']).toBe('true');
  expect(await byHeader('other')).toBeRefusedWith('token_replayed');
  expect(await post(code, 'other')).toBeRefusedWith('token_replayed');
});

test('resolves a separate code for each capability', async ({ post, shortTask, store }) => {
  const task = await shortTask();
  const progress = await putCode(store, task, 'progress');
  expect(await post(progress, '{"percent":1}')).toBeRefusedWith('content_type_refused');
  expect((await post(progress, '{"percent":1}', { 'content-type': 'application/json' })).status).toBe(200);
  const failure = await post(await putCode(store, task, 'failure'));
  expect(failure.json).toMatchObject({ status: 'failed' });
});

test('refuses an unknown code after a look-up, and a malformed code without one', async ({ post, proxy, receiver }) => {
  for (const code of ['x', 'a'.repeat(21), 'a'.repeat(23), 'a'.repeat(65), 'a.b']) {
    expect(await post(code)).toBeRefusedWith('token_unknown');
  }
  expect(proxy.count()).toBe(0);
  expect(await post(randomBytes(16).toString('base64url'))).toBeRefusedWith('token_unknown');
  expect(proxy.count()).toBe(1);
  expect(receiver.counts()).toMatchObject({ 'TokenRefused/token_unknown': 6 });
});

test('refuses a percent sign, another segment and an empty code', async ({ post }) => {
  for (const code of ['%41'.padEnd(24, 'a'), `${'a'.repeat(22)}/x`, '']) {
    expect(await post(code)).toBeRefusedWith('not_found');
  }
});

test('P1 refuses a short code beside a token in a header', async ({ post, proxy, shortTask, store }) => {
  const task = await shortTask();
  const code = await putCode(store, task, 'result');
  const authorization = `Bearer ${task.tokens.result}`;
  expect(await post(code, 'x', { authorization })).toBeRefusedWith('token_ambiguous');
  expect(await post(code, 'x', { 'callback-token': task.tokens.result })).toBeRefusedWith('token_ambiguous');
  expect(proxy.count()).toBe(0);
});

test('refuses a code of a processor without the carrier short', async ({ key, post, store }) => {
  const task = await putTask(store, key, { processor: 'header-ocr' });
  expect(await post(await putCode(store, task, 'result'))).toBeRefusedWith('token_path_mismatch');
});

test('refuses a code whose token has expired or was revoked', async ({ key, post, receiver, shortTask, store }) => {
  const expired = await shortTask();
  const code = await putCode(store, expired, 'result');
  receiver.at(NOW + 3_605);
  expect(await post(code)).toBeRefusedWith('token_expired');
  receiver.at(NOW);
  const cancelled = await putTask(store, key, { processor: 'short-ocr', status: 'cancelled' });
  expect(await post(await putCode(store, cancelled, 'result'))).toBeRefusedWith('token_revoked');
});

test('O1 writes no code to the log', async ({ post, receiver, shortTask, store }) => {
  const task = await shortTask();
  const code = await putCode(store, task, 'result');
  await post(code);
  await post(code, 'other');
  await post('a'.repeat(21));
  const written = JSON.stringify(receiver.lines);
  expect(written).toContain(task.taskId);
  expect(written).not.toContain(code);
  expect(written).not.toContain('a'.repeat(21));
});

test('C7 answers 503 and uses nothing if the look-up does not answer', async ({ post, proxy, shortTask, store }) => {
  const task = await shortTask();
  const code = await putCode(store, task, 'result');
  proxy.inject(() => ({ kind: 'error', status: 500 }));
  expect(await post(code)).toBeRefusedWith('unavailable');
  proxy.clear();
  expect((await readTask(store, task.taskId))?.status).toBe('pending');
});
