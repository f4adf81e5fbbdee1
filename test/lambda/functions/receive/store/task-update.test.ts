import { TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect } from 'vitest';
import { NEVER } from '../../../../../lambda/contract/limits.ts';
import type { TaskItem, TaskLayout } from '../../../../../lambda/contract/task.ts';
import type { TaskUpdate } from '../../../../../lambda/functions/receive/store/callback-store.ts';
import { updateTask } from '../../../../../lambda/functions/receive/store/task-update.ts';
import type { TokenUse } from '../../../../../lambda/functions/receive/store/token-use.ts';
import { offerDigest } from '../../../../../lambda/shared/tables/hashed-keys.ts';
import { test as base } from '../../../../support/fixtures.ts';
import { type OpenTask, putTask, readTask } from '../../../../support/receiver.ts';
import { NOW } from '../../../../support/tokens.ts';

const AT = new Date(NOW * 1000 + 60_000).toISOString();
const LATER = NOW + 60;

const useOf = (task: OpenTask, capability: TokenUse['capability'], more: Partial<TokenUse> = {}): TokenUse => ({
  jtiKey: `origin#${task.jtis[capability]}`,
  jti: task.jtis[capability],
  taskId: task.taskId,
  processor: 'acme-ocr',
  capability,
  maxUses: 1,
  digest: 'digest-1',
  exp: NOW + 3_600,
  now: LATER,
  receivedAt: AT,
  signatures: [],
  ...more,
});

const PAYLOAD = { contentType: 'text/plain', size: 1, sha256: '0'.repeat(64), receivedAt: AT };
const RESULT: TaskUpdate = {
  kind: 'close',
  capability: 'result',
  payload: PAYLOAD,
  stored: { payload: Buffer.from('x') },
};

const test = base.extend(
  'write',
  ({ store }) =>
    (use: TokenUse, update: TaskUpdate, layout: TaskLayout = 'current') =>
      store.client.send(
        new TransactWriteItemsCommand({ TransactItems: [updateTask(store.tasksTable, layout, use, update)] }),
      ),
);

describe('H4 the change of a task by', () => {
  test('a result closes it, and keeps a small payload on it', async ({ key, store, write }) => {
    const task = await putTask(store, key);
    await write(useOf(task, 'result'), RESULT);
    const item = await readTask(store, task.taskId);
    expect(item).toMatchObject({
      status: 'succeeded',
      closedAt: AT,
      result: { contentType: 'text/plain', size: 1, sha256: '0'.repeat(64) },
      payload: new Uint8Array(Buffer.from('x')),
      change: 'succeeded',
      changedAt: AT,
      sequence: 2,
      revision: 2,
    });
    expect(item).not.toHaveProperty('payloadKey');
    expect(item?.history?.at(-1)).toEqual({ at: AT, status: 'succeeded' });
  });

  test.for([
    ['current', true],
    ['former', false],
  ] as const)(
    'a result leaves it in the index of deadlines in the layout %s: %s',
    async ([layout, isDue], { key, store, write }) => {
      const task = await putTask(store, key, { dueShard: 1, due: NOW + 60 });
      await write(useOf(task, 'result'), RESULT, layout);
      const item = await readTask(store, task.taskId);
      expect(item).not.toHaveProperty('dueShard');
      expect(Object.hasOwn(item ?? {}, 'due')).toBe(isDue);
    },
  );

  test('a failure closes it, and names a large payload', async ({ key, store, write }) => {
    const task = await putTask(store, key);
    const stored = { payloadKey: 'results/x' };
    await write(useOf(task, 'failure'), { kind: 'close', capability: 'failure', payload: PAYLOAD, stored });
    const item = await readTask(store, task.taskId);
    expect(item).toMatchObject({ status: 'failed', change: 'failed', failure: { size: 1 }, payloadKey: 'results/x' });
    expect(item).not.toHaveProperty('payload');
    expect(item).not.toHaveProperty('result');
  });

  test.for([
    ['its percentage', { at: AT, percent: 41.5 }],
    ['its note', { at: AT, note: 'page 3' }],
    ['both', { at: AT, percent: 0, note: '' }],
  ] as const)(
    'a report keeps %s, and does not raise the revision',
    async ([_name, progress], { key, store, write }) => {
      const task = await putTask(store, key);
      await write(useOf(task, 'progress'), { kind: 'progress', progress });
      const item = await readTask(store, task.taskId);
      expect(item).toMatchObject({ status: 'pending', change: 'progressed', changedAt: AT, sequence: 2, revision: 1 });
      expect(item?.progress).toEqual(progress);
    },
  );

  test.for([
    ['moves the deadline of a task with heartbeat', { heartbeat: 90, heartbeatDeadline: NOW + 90 }, LATER + 90],
    ['leaves a task without heartbeat without a deadline', {}, NEVER + LATER],
  ] as const)('a report %s', async ([_name, overrides, deadline], { key, store, write }) => {
    const task = await putTask(store, key, overrides);
    await write(useOf(task, 'progress'), { kind: 'progress', progress: { at: AT } });
    expect(await readTask(store, task.taskId)).toMatchObject({ heartbeatDeadline: deadline });
  });

  test('an offer keeps it under its digest, and is not published', async ({ key, store, write }) => {
    const task = await putTask(store, key);
    const offer = { contentType: 'a/b', size: 7, sha256: '1'.repeat(64), jti: 'jti-1', key: 'uploads/x' };
    await write(useOf(task, 'upload'), { kind: 'offer', offer });
    const item = await readTask(store, task.taskId);
    expect(item?.uploads).toEqual({ [offerDigest(offer)]: offer });
    expect(item).toMatchObject({ status: 'pending', change: 'uploadOffered', sequence: 1, revision: 1 });
  });
});

describe('C6 the change of a task is refused', () => {
  test.for<[string, Partial<TaskItem>, Partial<TokenUse>]>([
    ['for another processor', {}, { processor: 'other-ocr' }],
    ['for a token that is not the current one', {}, { jti: 'jti-1' }],
    ['for a token of another capability', {}, { capability: 'failure' }],
    ['if the task is closed', { status: 'succeeded' }, {}],
    ['at the deadline', { deadline: LATER }, {}],
    ['at the deadline of the heartbeat', { heartbeat: 60, heartbeatDeadline: LATER }, {}],
  ])('%s, and returns the task as it is', async ([_name, overrides, more], { key, store, write }) => {
    const task = await putTask(store, key, overrides);
    const before = await readTask(store, task.taskId);
    await expect(write(useOf(task, 'result', more), RESULT)).rejects.toMatchObject({
      CancellationReasons: [{ Code: 'ConditionalCheckFailed', Item: { taskId: { S: task.taskId } } }],
    });
    expect(await readTask(store, task.taskId)).toEqual(before);
  });

  test('not one second earlier', async ({ key, store, write }) => {
    const task = await putTask(store, key, { deadline: LATER + 1, heartbeat: 60, heartbeatDeadline: LATER + 1 });
    await write(useOf(task, 'result'), RESULT);
    expect(await readTask(store, task.taskId)).toMatchObject({ status: 'succeeded' });
  });
});
