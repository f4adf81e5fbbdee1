import { DeleteItemCommand, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { describe, expect } from 'vitest';
import { INDEX_SHARDS, NEVER } from '../../../../../lambda/contract/limits.ts';
import { createDynamoDBCallbackStore } from '../../../../../lambda/functions/receive/store/dynamodb-callback-store.ts';
import type { TokenUse } from '../../../../../lambda/functions/receive/store/token-use.ts';
import { createDynamoDBClient } from '../../../../../lambda/shared/aws/dynamodb.ts';
import { shardOf } from '../../../../../lambda/shared/tables/hashed-keys.ts';
import { LOCAL_ENVIRONMENT } from '../../../../support/engine.ts';
import { test as base } from '../../../../support/fixtures.ts';
import { PATIENT_CALLS } from '../../../../support/patience.ts';
import { type OpenTask, putTask, readTask } from '../../../../support/receiver.ts';
import { aJti, NOW } from '../../../../support/tokens.ts';

const AT = new Date(NOW * 1000).toISOString();
const LATER = new Date((NOW + 60) * 1000).toISOString();
const EXP = NOW + 3_600;
const REPORT = { kind: 'progress', progress: { at: AT, note: 'page 3' } } as const;

const useOf = (task: OpenTask, more: Partial<TokenUse> = {}): TokenUse => ({
  jtiKey: `origin#${task.jtis.progress}`,
  jti: task.jtis.progress,
  taskId: task.taskId,
  processor: 'acme-ocr',
  capability: 'progress',
  maxUses: 5,
  digest: 'digest-1',
  exp: EXP,
  now: NOW,
  receivedAt: AT,
  signatures: [],
  ...more,
});

const aSignature = () => ({ key: `signature#${aJti()}`, expiresAt: NOW + 300 });

const test = base
  .extend('callbacks', ({ proxy, store }) =>
    createDynamoDBCallbackStore({
      dynamodb: createDynamoDBClient({
        environment: { ...LOCAL_ENVIRONMENT, AWS_ENDPOINT_URL_DYNAMODB: proxy.endpoint },
        limits: PATIENT_CALLS,
      }),
      tasksTable: store.tasksTable,
      jtiTable: store.jtiTable,
      lookupsTable: store.lookupsTable,
      layout: 'current',
      wait: async () => {},
      random: () => 0,
      clock: () => 0,
    }),
  )
  .extend('task', ({ key, store }) => putTask(store, key))
  .extend('record', ({ store }) => async (task: OpenTask) => {
    const jti = { S: `origin#${task.jtis.progress}` };
    const { Item } = await store.client.send(new GetItemCommand({ TableName: store.jtiTable, Key: { jti } }));
    return Item && unmarshall(Item);
  })
  .extend(
    'put',
    ({ store }) =>
      (table: 'jtiTable' | 'tasksTable' | 'lookupsTable', item: Record<string, unknown>) =>
        store.client.send(new PutItemCommand({ TableName: store[table], Item: marshall(item) })),
  );

describe('C6 the transaction of a use', () => {
  test('returns only the signatures that came before', async ({ callbacks, task }) => {
    const [before, now] = [aSignature(), aSignature()];
    const use = useOf(task, { signatures: [before] });
    await callbacks.consume(use, REPORT);
    expect(await callbacks.consume({ ...use, digest: 'digest-2', signatures: [now, before] }, REPORT)).toEqual({
      recorded: false,
      signatures: [{ key: before.key, jtiKey: use.jtiKey, payloadSha256: 'digest-1', usedAt: AT }],
    });
  });

  test('returns the items whose conditions failed, as stored', async ({ callbacks, task }) => {
    const signatures = [aSignature(), aSignature()];
    const use = useOf(task, { signatures, maxUses: 1 });
    expect(await callbacks.consume(use, REPORT)).toEqual({ recorded: true });
    expect(await callbacks.consume(use, REPORT)).toEqual({
      recorded: false,
      record: { payloadSha256: 'digest-1', uses: 1, usedAt: AT },
      signatures: signatures.map(({ key }) => ({
        key,
        jtiKey: use.jtiKey,
        payloadSha256: 'digest-1',
        usedAt: AT,
      })),
    });
  });

  test('returns the task without a record if only the task refuses the use', async ({ callbacks, key, store }) => {
    const task = await putTask(store, key, {
      status: 'failed',
      deadline: NOW + 90,
      heartbeatDeadline: NOW + 60,
    });
    expect(await callbacks.consume(useOf(task), REPORT)).toEqual({
      recorded: false,
      task: {
        status: 'failed',
        processor: 'acme-ocr',
        deadline: NOW + 90,
        heartbeatDeadline: NOW + 60,
        callbacks: {
          result: { jti: task.jtis.result, maxUses: 1 },
          failure: { jti: task.jtis.failure, maxUses: 1 },
          progress: { jti: task.jtis.progress, maxUses: 5 },
          upload: { jti: task.jtis.upload, maxUses: 3 },
        },
      },
      signatures: [],
    });
  });

  test('reads a record without attributes as one that fits no delivery', async ({ callbacks, put, task }) => {
    const signature = aSignature();
    const use = useOf(task, { signatures: [signature] });
    await put('jtiTable', { jti: use.jtiKey });
    await put('jtiTable', { jti: signature.key });
    expect(await callbacks.consume(use, REPORT)).toMatchObject({
      recorded: false,
      record: { payloadSha256: '', uses: 0, usedAt: '' },
      signatures: [{ key: signature.key, jtiKey: '', payloadSha256: '' }],
    });
    expect(await callbacks.findUse(use.jtiKey)).toEqual({ payloadSha256: '', uses: 0, usedAt: '' });
  });

  test('reads a task without attributes as one that no token may change', async ({ callbacks, put, task }) => {
    const bare = { ...task, taskId: `task-${aJti()}` };
    await put('tasksTable', { taskId: bare.taskId });
    expect(await callbacks.consume(useOf(bare), REPORT)).toMatchObject({
      task: { status: 'pending', processor: '', deadline: 0, heartbeatDeadline: NEVER, callbacks: {} },
    });
    await put('tasksTable', { taskId: bare.taskId, callbacks: { result: {}, failure: 'x' } });
    expect(await callbacks.consume(useOf(bare), REPORT)).toMatchObject({
      task: { callbacks: { result: { jti: '', maxUses: 1 }, failure: { jti: '', maxUses: 1 } } },
    });
  });

  test('is decided by the record of the token, even if the task is busy at the same moment', async ({
    callbacks,
    proxy,
    task,
  }) => {
    proxy.injectNext('TransactWriteItems', {
      kind: 'cancelled',
      codes: ['ConditionalCheckFailed', 'TransactionConflict'],
    });
    expect(await callbacks.consume(useOf(task), REPORT)).toMatchObject({ recorded: false });
    expect(proxy.count()).toBe(1);
  });

  test('is repeated if the task is busy and the token unused', async ({ callbacks, proxy, task }) => {
    proxy.injectNext('TransactWriteItems', { kind: 'cancelled', codes: ['None', 'TransactionConflict'] });
    expect(await callbacks.consume(useOf(task), REPORT)).toEqual({ recorded: true });
    expect(proxy.count()).toBe(2);
  });

  test('counts further uses by other deliveries up to the limit', async ({ callbacks, task }) => {
    const use = (digest: string) => callbacks.consume(useOf(task, { maxUses: 2, digest }), REPORT);
    expect(await use('digest-1')).toEqual({ recorded: true });
    expect(await use('digest-1')).toMatchObject({ record: { uses: 1 } });
    expect(await use('digest-2')).toEqual({ recorded: true });
    expect(await use('digest-3')).toMatchObject({ record: { uses: 2, payloadSha256: 'digest-2' } });
  });
});

describe('P3 a signature', () => {
  test('that a delivery in quarantine has may be used by the same delivery later, and by no other', async ({
    callbacks,
    task,
  }) => {
    const signatures = [aSignature()];
    const use = useOf(task, { signatures });
    expect(await callbacks.bindSignatures(use)).toBe(true);
    expect(await callbacks.bindSignatures(use)).toBe(true);
    expect(await callbacks.bindSignatures({ ...use, digest: 'digest-2' })).toBe(false);
    expect(await callbacks.bindSignatures({ ...use, jtiKey: 'origin#other' })).toBe(false);
    expect(await callbacks.consume({ ...use, digest: 'digest-2' }, REPORT)).toMatchObject({
      signatures: [{ payloadSha256: 'digest-1' }],
    });
    expect(await callbacks.consume({ ...use, jtiKey: 'origin#other' }, REPORT)).toMatchObject({ recorded: false });
    expect(await callbacks.consume(use, REPORT)).toEqual({ recorded: true });
  });

  test('keeps the time of the first delivery, and the time from which no copy is accepted', async ({
    callbacks,
    store,
    task,
  }) => {
    const signature = aSignature();
    const use = useOf(task, { signatures: [signature] });
    await callbacks.bindSignatures(use, AT);
    await callbacks.bindSignatures(use, LATER);
    expect(await callbacks.consume(use, REPORT)).toMatchObject({ recorded: false, signatures: [{ usedAt: AT }] });
    const { Item } = await store.client.send(
      new GetItemCommand({ TableName: store.jtiTable, Key: { jti: { S: signature.key } } }),
    );
    expect(Item).toMatchObject({ expiresAt: { N: `${NOW + 300}` } });
  });

  test('makes no request for a delivery without signatures', async ({ callbacks, proxy, task }) => {
    expect(await callbacks.bindSignatures(useOf(task), AT)).toBe(true);
    expect(proxy.count()).toBe(0);
  });
});

describe('C6 a look-up', () => {
  test('is strongly consistent, because a use may be a moment old', async ({ callbacks, proxy, store }) => {
    expect(await callbacks.findUse('origin#none')).toBeUndefined();
    expect(await callbacks.findCode('code#none')).toBeUndefined();
    expect(proxy.requests.map(({ input }) => input)).toEqual([
      { TableName: store.jtiTable, Key: { jti: { S: 'origin#none' } }, ConsistentRead: true },
      { TableName: store.lookupsTable, Key: { lookupKey: { S: 'code#none' } }, ConsistentRead: true },
    ]);
  });

  test('of an entry without claims finds nothing', async ({ callbacks, put }) => {
    const lookupKey = `code#${aJti()}`;
    await put('lookupsTable', { lookupKey });
    expect(await callbacks.findCode(lookupKey)).toBeUndefined();
    await put('lookupsTable', { lookupKey, claims: '{"jti":"x"}' });
    expect(await callbacks.findCode(lookupKey)).toEqual({ jti: 'x' });
  });
});

describe('C6 the evidence of a replay', () => {
  const replayOf = (task: OpenTask) => ({
    jtiKey: `origin#${task.jtis.progress}`,
    taskId: task.taskId,
    digest: 'digest-2',
    from: '203.0.113.7',
    at: LATER,
    first: { at: AT, sha256: 'digest-1' },
  });

  test('is on the record and on the task, whose change is published', async ({
    callbacks,
    proxy,
    record,
    store,
    task,
  }) => {
    await callbacks.consume(useOf(task), REPORT);
    proxy.clear();
    await callbacks.recordReplay(replayOf(task));
    await callbacks.recordReplay(replayOf(task));
    expect(await record(task)).toEqual({
      jti: `origin#${task.jtis.progress}`,
      taskId: task.taskId,
      processor: 'acme-ocr',
      usedAt: AT,
      payloadSha256: 'digest-1',
      uses: 1,
      expiresAt: EXP + 86_400,
      lastReplayAt: LATER,
      lastReplayFrom: '203.0.113.7',
      lastReplaySha256: 'digest-2',
      replays: 2,
    });
    expect(await readTask(store, task.taskId)).toMatchObject({
      lastReplay: { at: LATER, from: '203.0.113.7', sha256: 'digest-2', first: { at: AT, sha256: 'digest-1' } },
      replays: 2,
      change: 'replayed',
      changedAt: LATER,
      replayShard: shardOf(task.taskId, INDEX_SHARDS.default),
      replayedKey: `${LATER}#${task.taskId}`,
      sequence: 4,
    });
    expect(proxy.requests.map(({ operation }) => operation)).toEqual(['TransactWriteItems', 'TransactWriteItems']);
  });

  test('is on the record alone if the task is deleted, and does not create the task again', async ({
    callbacks,
    proxy,
    record,
    store,
    task,
  }) => {
    await callbacks.consume(useOf(task), REPORT);
    await store.client.send(
      new DeleteItemCommand({ TableName: store.tasksTable, Key: { taskId: { S: task.taskId } } }),
    );
    proxy.clear();
    await callbacks.recordReplay(replayOf(task));
    expect(await record(task)).toMatchObject({ replays: 1, lastReplayAt: LATER });
    expect(await readTask(store, task.taskId)).toBeUndefined();
    expect(proxy.count()).toBe(2);
  });

  test('creates no record if the record is deleted', async ({ callbacks, proxy, record, task }) => {
    await callbacks.recordReplay(replayOf(task));
    expect(await record(task)).toBeUndefined();
    expect(proxy.requests.map(({ operation }) => operation)).toEqual(['TransactWriteItems']);
  });
});

describe('a late delivery', () => {
  const lateOf = (task: OpenTask) =>
    ({
      taskId: task.taskId,
      processor: 'acme-ocr',
      limit: 10,
      tokenOf: 'result',
      entry: {
        id: 'A'.repeat(22),
        capability: 'result',
        jti: task.jtis.result,
        contentType: 'text/plain',
        size: 1,
        sha256: '0'.repeat(64),
        receivedAt: AT,
        payload: Buffer.from('x'),
      },
    }) as const;

  test('is kept once', async ({ callbacks, task }) => {
    expect(await callbacks.quarantine(lateOf(task))).toBe(true);
    expect(await callbacks.quarantine(lateOf(task))).toBe(false);
  });

  test('is kept after a conflict with another write of the task', async ({ callbacks, proxy, task }) => {
    proxy.injectNext('UpdateItem', { kind: 'conflict' });
    expect(await callbacks.quarantine(lateOf(task))).toBe(true);
    expect(proxy.count()).toBe(2);
  });

  test('H4 is not lost silently if the store does not answer', async ({ callbacks, proxy, task }) => {
    proxy.inject(() => ({ kind: 'error', status: 500 }));
    await expect(callbacks.quarantine(lateOf(task))).rejects.toThrow();
  });
});
