import { createHash } from 'node:crypto';
import { describe, expect } from 'vitest';
import { INDEX_SHARDS, QUARANTINE_LIMIT } from '../../../../lambda/contract/limits.ts';
import type { TaskItem } from '../../../../lambda/contract/task.ts';
import { createS3PayloadStore } from '../../../../lambda/functions/receive/store/s3-payload-store.ts';
import { shardOf } from '../../../../lambda/shared/tables/hashed-keys.ts';
import { LOCAL_CLIENT } from '../../../support/engine.ts';
import { test as base } from '../../../support/fixtures.ts';
import '../../../support/matchers.ts';
import {
  aReceiver,
  type OpenTask,
  putTask,
  type ReceiverFixture,
  readTask,
  readUse,
} from '../../../support/receiver.ts';
import { aJti, aToken, claimsOf, NOW } from '../../../support/tokens.ts';

const deliverTo =
  (receiver: ReceiverFixture) =>
  (task: OpenTask, body: string | Uint8Array = 'late', token = task.tokens.result) =>
    receiver.deliver({
      path: task.path('result'),
      headers: { 'content-type': 'text/plain', authorization: `Bearer ${token}` },
      body,
    });

const sha256 = (body: string | Uint8Array) => createHash('sha256').update(body).digest('hex');

const test = base
  .extend(
    'receiverWith',
    ({ key, proxy, s3, store }) =>
      (quarantineLimit: number) =>
        aReceiver({
          store,
          keys: [key],
          endpoint: proxy.endpoint,
          quarantineLimit,
          payloads: createS3PayloadStore(s3.bucket, { ...LOCAL_CLIENT, endpoint: s3.endpoint }),
        }),
  )
  .extend('receiver', ({ receiverWith }) => receiverWith(QUARANTINE_LIMIT.default))
  .extend('deliver', ({ receiver }) => deliverTo(receiver))
  .extend(
    'quarantineOf',
    ({ store }) =>
      async (task: OpenTask) =>
        Object.values((await readTask(store, task.taskId))?.quarantine ?? {}),
  );

test('keeps nothing a day after exp, because the record of an earlier use may be deleted', async ({
  deliver,
  key,
  quarantineOf,
  receiver,
  store,
}) => {
  const EXP = NOW + 3_600;
  const task = await putTask(store, key, {});
  receiver.at(EXP + 86_400);
  expect(await deliver(task)).toBeRefusedWith('token_expired');
  expect(await quarantineOf(task)).toEqual([]);
  receiver.at(EXP + 86_399);
  expect(await deliver(task)).toBeRefusedWith('token_expired');
  expect(await quarantineOf(task)).toHaveLength(1);
});

describe('a genuine delivery that comes too late', () => {
  const cases: readonly [string, string, Partial<TaskItem>, number][] = [
    ['token expired', 'token_expired', {}, NOW + 3_605],
    ['task expired', 'token_expired', { status: 'expired' }, NOW],
    ['task past its heartbeat', 'token_expired', { heartbeat: 60, heartbeatDeadline: NOW - 1 }, NOW],
    ['task cancelled', 'token_revoked', { status: 'cancelled' }, NOW],
    ['task closed by another callback', 'task_closed', { status: 'failed' }, NOW],
  ];
  test.for(cases)(
    'is refused and kept: %s',
    async ([_name, code, overrides, now], { deliver, key, quarantineOf, receiver, store }) => {
      const task = await putTask(store, key, overrides);
      receiver.at(now);
      expect(await deliver(task)).toBeRefusedWith(code as 'token_expired');
      expect(await quarantineOf(task)).toEqual([
        {
          id: expect.stringMatching(/^[A-Za-z0-9_-]{22}$/),
          capability: 'result',
          jti: task.jtis.result,
          contentType: 'text/plain',
          size: 4,
          sha256: sha256('late'),
          receivedAt: new Date(now * 1000).toISOString(),
        },
      ]);
      const [entry] = await quarantineOf(task);
      expect(await readTask(store, task.taskId)).toMatchObject({
        [`kept#${entry?.id}`]: new Uint8Array(Buffer.from('late')),
        status: overrides.status ?? 'pending',
        change: 'quarantined',
        sequence: 2,
        revision: 2,
        quarantineShard: shardOf(task.taskId, INDEX_SHARDS.default),
        quarantinedKey: `${new Date(now * 1000).toISOString()}#${task.taskId}`,
      });
      expect(await readUse(store, task.jtis.result)).toBeUndefined();
      expect(receiver.counts()).toMatchObject({ CallbackLate: 1, TaskQuarantined: 1 });
    },
  );

  test('goes to the bucket first if it is large', async ({ deliver, key, quarantineOf, store }) => {
    const task = await putTask(store, key, { status: 'expired' });
    const body = new Uint8Array(10_000).fill(3);
    await deliver(task, body);
    expect(await quarantineOf(task)).toMatchObject([
      { payloadKey: `quarantine/${task.taskId}/${task.jtis.result}/${sha256(body)}`, size: 10_000 },
    ]);
    expect(Object.keys((await readTask(store, task.taskId)) ?? {}).join(' ')).not.toContain('kept#');
  });

  test('needs one request more than its refusal', async ({ deliver, key, proxy, store }) => {
    const task = await putTask(store, key, { status: 'expired' });
    await deliver(task);
    expect(proxy.requests.map(({ operation }) => operation)).toEqual(['TransactWriteItems', 'UpdateItem']);
  });
});

describe('the quarantine', () => {
  test('keeps neither the same delivery again nor more than the limit of a task', async ({
    deliver,
    key,
    quarantineOf,
    receiver,
    store,
  }) => {
    const task = await putTask(store, key, { status: 'expired' });
    await deliver(task, 'one');
    await deliver(task, 'one');
    expect(await quarantineOf(task)).toHaveLength(1);
    for (let i = 0; i < QUARANTINE_LIMIT.default + 2; i += 1) await deliver(task, `other ${i}`);
    expect(await quarantineOf(task)).toHaveLength(QUARANTINE_LIMIT.default);
    expect(receiver.counts()).toMatchObject({ TaskQuarantined: QUARANTINE_LIMIT.default });
  });

  test('stays within its limit if many deliveries come at once', async ({ deliver, key, quarantineOf, store }) => {
    const task = await putTask(store, key, { status: 'expired' });
    await Promise.all(Array.from({ length: 20 }, (_, i) => deliver(task, `at once ${i}`)));
    expect(await quarantineOf(task)).toHaveLength(QUARANTINE_LIMIT.default);
  });

  test('C6 does not keep a replay', async ({ deliver, key, quarantineOf, receiver, store }) => {
    const task = await putTask(store, key);
    await deliver(task, 'first');
    await deliver(task, 'replay');
    receiver.at(NOW + 3_700);
    expect(await deliver(task, 'replay after exp')).toBeRefusedWith('token_expired');
    expect(await quarantineOf(task)).toEqual([]);
  });

  test('does not keep a delivery by a token of an earlier issue, or of none', async ({
    deliver,
    key,
    quarantineOf,
    receiver,
    store,
  }) => {
    const task = await putTask(store, key, { status: 'expired' });
    const token = await aToken(key, claimsOf({ jti: aJti() }, 'result', task.taskId));
    expect(await deliver(task, 'x', token)).toBeRefusedWith('token_revoked');
    // Past its own exp it is merely expired, and takes no place all the same.
    receiver.at(NOW + 3_700);
    expect(await deliver(task, 'x', token)).toBeRefusedWith('token_expired');
    expect(await quarantineOf(task)).toEqual([]);
  });

  test('does not keep a delivery by a token of another processor, expired or not', async ({
    deliver,
    key,
    quarantineOf,
    receiver,
    store,
  }) => {
    const task = await putTask(store, key, { processor: 'header-ocr' });
    const token = await aToken(key, claimsOf({ jti: task.jtis.result }, 'result', task.taskId));
    receiver.at(NOW + 3_700);
    expect(await deliver(task, 'x', token)).toBeRefusedWith('token_expired');
    expect(await quarantineOf(task)).toEqual([]);
  });

  test('does not keep a payload that would have been refused in time', async ({
    deliver,
    key,
    proxy,
    receiver,
    store,
  }) => {
    const task = await putTask(store, key, { processor: 'schema-ocr' });
    receiver.at(NOW + 3_700);
    expect(await deliver(task, 'not JSON')).toBeRefusedWith('token_expired');
    expect(proxy.count()).toBe(0);
  });

  test('does not keep a delivery for a deleted task', async ({ key, quarantineOf, receiver, store }) => {
    const task = await putTask(store, key);
    const token = await aToken(key, claimsOf({}, 'result', 'no-such-task'));
    receiver.at(NOW + 3_700);
    const path = '/v1/results/no-such-task';
    const answer = await receiver.deliver({ path, headers: { authorization: `Bearer ${token}` } });
    expect(answer).toBeRefusedWith('token_expired');
    expect(await readTask(store, 'no-such-task')).toBeUndefined();
    expect(await quarantineOf(task)).toEqual([]);
  });

  test('keeps nothing if the environment switched it off', async ({
    key,
    proxy,
    quarantineOf,
    receiverWith,
    store,
  }) => {
    const task = await putTask(store, key, { status: 'expired' });
    expect(await deliverTo(receiverWith(0))(task)).toBeRefusedWith('token_expired');
    expect(await quarantineOf(task)).toEqual([]);
    expect(proxy.count()).toBe(1);
  });
});

test('H4 answers 503 to a late delivery if the store does not answer, so that it is sent again', async ({
  deliver,
  key,
  proxy,
  quarantineOf,
  store,
}) => {
  const task = await putTask(store, key, { status: 'expired' });
  proxy.inject(({ operation }) => (operation === 'UpdateItem' ? { kind: 'error', status: 500 } : undefined));
  expect(await deliver(task)).toBeRefusedWith('unavailable');
  proxy.clear();
  expect(await deliver(task)).toBeRefusedWith('token_expired');
  expect(await quarantineOf(task)).toHaveLength(1);
});
