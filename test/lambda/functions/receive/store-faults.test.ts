import { describe, expect } from 'vitest';
import { INLINE_LIMIT_BYTES } from '../../../../lambda/contract/limits.ts';
import { createS3PayloadStore } from '../../../../lambda/functions/receive/store/s3-payload-store.ts';
import { CLIENT_CONFIGURATION } from '../../../../lambda/shared/aws/client-configuration.ts';
import { LOCAL_CLIENT } from '../../../support/engine.ts';
import { test as base } from '../../../support/fixtures.ts';
import '../../../support/matchers.ts';
import { aReceiver, type OpenTask, putTask, readTask, readUse } from '../../../support/receiver.ts';
import { NOW } from '../../../support/tokens.ts';

const test = base
  .extend('receiver', ({ key, proxy, store }) =>
    aReceiver({ store, keys: [key], endpoint: proxy.endpoint, timeLimited: true }),
  )
  .extend(
    'deliver',
    ({ receiver }) =>
      (task: OpenTask, body = 'result', token = task.tokens.result) =>
        receiver.deliver({ path: task.path('result'), headers: { authorization: `Bearer ${token}` }, body }),
  );

describe('C7 H4 the receiver without a store', () => {
  test.for([
    ['500', { kind: 'error', status: 500 }],
    ['throttling', { kind: 'throttled' }],
    ['a reset connection', { kind: 'reset' }],
    ['no answer at all', { kind: 'silence' }],
    ['an answer that comes too late', { kind: 'delay', milliseconds: 20_000 }],
    ['conflicts without end', { kind: 'conflict' }],
  ] as const)(
    'answers 503 and leaves the token unused: %s',
    async ([_name, fault], { deliver, key, proxy, receiver, store }) => {
      const task = await putTask(store, key);
      proxy.inject(() => fault);
      const answer = await deliver(task);
      expect(answer).toBeRefusedWith('unavailable');
      expect(answer.headers['Retry-After']).toMatch(/^\d+$/);
      expect(receiver.counts()).toMatchObject({ CallbackUnavailable: 1 });
      proxy.clear();
      expect(await readUse(store, task.jtis.result)).toBeUndefined();
      expect((await deliver(task)).headers['Idempotency-Replayed']).toBeUndefined();
    },
  );

  test('hides a fault that passes', async ({ deliver, key, proxy, store }) => {
    const task = await putTask(store, key);
    proxy.injectNext('TransactWriteItems', { kind: 'reset' }, { kind: 'conflict' }, { kind: 'throttled' });
    expect((await deliver(task)).status).toBe(200);
  });

  test('records the delivery once if an answer is lost after the commit', async ({ deliver, key, proxy, store }) => {
    const task = await putTask(store, key);
    proxy.injectNext('TransactWriteItems', { kind: 'lostAnswer' });
    expect((await deliver(task)).status).toBe(200);
    expect(await readTask(store, task.taskId)).toMatchObject({ status: 'succeeded', sequence: 2 });
  });

  test('C6 retries a conflict on the jti record, even if the condition of the task has failed', async ({
    deliver,
    key,
    proxy,
    store,
  }) => {
    const task = await putTask(store, key);
    await deliver(task);
    const undecided = { kind: 'cancelled', codes: ['TransactionConflict', 'ConditionalCheckFailed'] } as const;
    proxy.injectNext('TransactWriteItems', undecided);
    expect((await deliver(task)).headers['Idempotency-Replayed']).toBe('true');
    proxy.inject(() => undecided);
    expect(await deliver(task)).toBeRefusedWith('unavailable');
  });

  test('refuses and counts a replay even if its evidence cannot be kept', async ({
    deliver,
    key,
    proxy,
    receiver,
    store,
  }) => {
    const task = await putTask(store, key);
    await deliver(task);
    proxy.inject(({ number }) => (number > 2 ? { kind: 'error', status: 500 } : undefined));
    expect(await deliver(task, 'another')).toBeRefusedWith('token_replayed');
    expect(receiver.counts()).toMatchObject({ ReplayDetected: 1 });
    const line = receiver.lines.find(({ message }) => message === 'replay evidence not kept');
    expect(line).toMatchObject({ level: 'ERROR', taskId: task.taskId, error: expect.any(String) });
  });

  test('answers 503 to an expired token', async ({ deliver, key, proxy, receiver, store }) => {
    const task = await putTask(store, key);
    receiver.at(NOW + 4_000);
    proxy.inject(() => ({ kind: 'reset' }));
    expect(await deliver(task)).toBeRefusedWith('unavailable');
  });
});

describe('C7 H4 the receiver without a payload bucket', () => {
  const LARGE = 'x'.repeat(INLINE_LIMIT_BYTES.default + 1);
  test.override('receiver', ({ key, proxy, s3, s3Proxy, store }) =>
    aReceiver({
      store,
      keys: [key],
      endpoint: proxy.endpoint,
      payloads: createS3PayloadStore(s3.bucket, {
        ...LOCAL_CLIENT,
        ...CLIENT_CONFIGURATION,
        endpoint: s3Proxy.endpoint,
      }),
    }),
  );

  test.for([
    ['500', { kind: 'error', status: 500 }],
    ['throttling', { kind: 'throttled' }],
    ['a reset connection', { kind: 'reset' }],
    ['no answer at all', { kind: 'silence' }],
    ['conflicts without end', { kind: 'conflict' }],
  ] as const)(
    'answers 503 and leaves the token unused: %s',
    async ([_name, fault], { deliver, key, proxy, s3Proxy, store }) => {
      const task = await putTask(store, key);
      s3Proxy.inject(() => fault);
      expect(await deliver(task, LARGE)).toBeRefusedWith('unavailable');
      expect(proxy.count()).toBe(0);
      s3Proxy.clear();
      expect(await readTask(store, task.taskId)).toMatchObject({ status: 'pending', sequence: 1 });
      expect((await deliver(task, LARGE)).headers['Idempotency-Replayed']).toBeUndefined();
    },
  );

  test.for([
    ['a reset connection', { kind: 'reset' }],
    ['an answer that is lost', { kind: 'lostAnswer' }],
    ['the same object on its way twice', { kind: 'conflict' }],
  ] as const)('hides a fault that passes: %s', async ([_name, fault], { deliver, key, s3Proxy, store }) => {
    const task = await putTask(store, key);
    s3Proxy.injectNext('PutObject', fault);
    expect((await deliver(task, LARGE)).status).toBe(200);
    expect((await readTask(store, task.taskId))?.payloadKey).toMatch(/^results\//);
  });
});
