import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect } from 'vitest';
import type { TaskView } from '../../../../lambda/contract/task.ts';
import { createPolicy } from '../../../../lambda/shared/policy/cedar.ts';
import { readPolicies } from '../../../../lib/config/policies.ts';
import { anApplication, applicationsOf } from '../../../support/applications.ts';
import { test as base } from '../../../support/fixtures.ts';
import '../../../support/matchers.ts';
import { readTask } from '../../../support/receiver.ts';
import type { SenderFunction } from '../../../support/sender-api.ts';
import { aTaskBody, type Opened } from '../../../support/sender-world.ts';
import { NOW } from '../../../support/tokens.ts';

const VALUE = 'arn:aws:states:eu-west-1:111122223333:execution:Invoices:77/Recognise';

const post = async (open: SenderFunction, body: object = {}, headers: Record<string, string> = {}) =>
  open.send({
    path: '/v1/tasks',
    body: JSON.stringify(aTaskBody({ processor: 'header-ocr', supersedes: VALUE, ...body })),
    headers: { 'content-type': 'application/json', ...headers },
  });

const test = base
  .extend('create', ({ open }) => async (body: object = {}, headers: Record<string, string> = {}) => {
    const answer = await post(open, body, headers);
    expect(answer.status, JSON.stringify(answer.json)).toBe(201);
    return answer.json as Opened;
  })
  .extend('view', ({ tasks }) => async (taskId: string) => {
    const { json } = await tasks.send({ method: 'GET', path: `/v1/tasks/${taskId}` });
    return json as TaskView;
  })
  /** A value of its own for each test: the tests share the tables. */
  .extend('supersedes', ({ task }) => `${VALUE} ${task.id}`);

describe('a task with supersedes', () => {
  test('R6 cancels the pending task with the same value, whose callbacks stop working', async ({
    create,
    receiver: _,
    sender,
    supersedes,
    view,
  }) => {
    const first = await create({ supersedes });
    const second = await create({ supersedes });
    expect(await view(first.taskId)).toMatchObject({ status: 'cancelled' });
    expect(await view(second.taskId)).toMatchObject({ status: 'pending' });
    const receiver = await sender.receiver();
    const delivery = (task: Opened) =>
      receiver.deliver({
        path: `/v1/results/${task.taskId}`,
        headers: { 'content-type': 'text/plain', authorization: `Bearer ${task.callbacks.result?.token}` },
        body: 'text',
      });
    expect(await delivery(first)).toBeRefusedWith('token_revoked');
    expect((await delivery(second)).status).toBe(200);
  });

  test('R6 cancels in the same transaction: one write of tables', async ({ create, sender, supersedes }) => {
    await create({ supersedes });
    sender.clear();
    await create({ supersedes });
    expect(sender.dynamodb.count('TransactWriteItems')).toBe(1);
    expect(sender.dynamodb.count()).toBe(sender.dynamodb.count('GetItem') + 1);
  });

  test('R6 leaves a task with another value, without a value, or of another application alone', async ({
    create,
    sender,
    supersedes,
    view,
  }) => {
    const other = await create({ supersedes: `${supersedes} other` });
    const none = await create({ supersedes: undefined });
    const stranger = sender.opener({ applications: applicationsOf(anApplication({ id: 'strangers' })) });
    const foreign = (await post(stranger, { supersedes })).json as Opened;
    await create({ supersedes });
    for (const { taskId } of [other, none]) expect((await view(taskId)).status).toBe('pending');
    expect((await readTask(sender.store, foreign.taskId))?.status).toBe('pending');
  });

  test('leaves a closed task as it is', async ({ create, supersedes, tasks, view }) => {
    const first = await create({ supersedes });
    await tasks.send({ method: 'DELETE', path: `/v1/tasks/${first.taskId}` });
    const before = await view(first.taskId);
    const second = await create({ supersedes });
    expect(await view(first.taskId)).toStrictEqual(before);
    const third = await create({ supersedes });
    expect((await view(second.taskId)).status).toBe('cancelled');
    expect((await view(third.taskId)).status).toBe('pending');
  });

  test('leaves an overdue task to its expiry', async ({ create, open, sender, supersedes }) => {
    const first = await create({ supersedes, expiresIn: 60 });
    open.at((NOW + 66) * 1000);
    await create({ supersedes });
    expect((await readTask(sender.store, first.taskId))?.status).toBe('pending');
  });

  test('R6 supersedes nothing if it is a repeat by Idempotency-Key', async ({ create, supersedes, view }) => {
    const key = { 'idempotency-key': supersedes.slice(-60) };
    const first = await create({ supersedes }, key);
    const repeated = await create({ supersedes }, key);
    expect(repeated.taskId).toBe(first.taskId);
    expect((await view(first.taskId)).status).toBe('pending');
    const second = await create({ supersedes });
    expect((await create({ supersedes }, key)).taskId).toBe(first.taskId);
    expect((await view(second.taskId)).status).toBe('pending');
  });

  test('R6 leaves exactly one of many simultaneous tasks pending', async ({ create, supersedes, view }) => {
    const all = await Promise.all(Array.from({ length: 8 }, () => create({ supersedes })));
    const statuses = await Promise.all(all.map(async ({ taskId }) => (await view(taskId)).status));
    expect(statuses.filter((status) => status === 'pending')).toHaveLength(1);
    expect(statuses.filter((status) => status === 'cancelled')).toHaveLength(7);
  });

  test('shows its value nowhere, and the timeline has a reason', async ({ create, open, sender, supersedes, view }) => {
    const first = await create({ supersedes });
    const second = await create({ supersedes });
    const stored = await readTask(sender.store, first.taskId);
    expect(stored?.journal?.at(-1)).toMatchObject({
      kind: 'cancelled',
      reason: `Superseded by the task ${second.taskId}.`,
    });
    expect(JSON.stringify([await view(first.taskId), stored, open.lines])).not.toContain(VALUE);
  });

  test('takes the place of a pending task at the limit of pending tasks', async ({ ownStore, sender }) => {
    const open = sender.opener({
      dynamodb: ownStore.createCall(sender.dynamodb.endpoint),
      tasksTable: ownStore.tasksTable,
      lookupsTable: ownStore.lookupsTable,
      applications: applicationsOf(anApplication({ pendingLimit: 1 })),
    });
    expect((await post(open)).status).toBe(201);
    expect((await post(open)).status).toBe(201);
    expect(await post(open, { supersedes: 'another' })).toBeRefusedWith('too_many_pending');
  });

  test('is refused if a policy forbids its sender to cancel the earlier task', async ({ sender, supersedes, view }) => {
    const policies = readPolicies(`
      permit (principal, action, resource);
      forbid (principal, action == Action::"cancel", resource);
    `);
    const open = sender.opener({ policy: () => createPolicy(policies) });
    const first = (await post(open, { supersedes })).json as Opened;
    expect(await post(open, { supersedes })).toBeRefusedWith('policy_denied');
    expect((await view(first.taskId)).status).toBe('pending');
  });

  test('is found for as long as its task lives, also after new callbacks', async ({
    create,
    open,
    sender,
    supersedes,
  }) => {
    const first = await create({ supersedes, expiresIn: 60 });
    const record = async () => {
      const task = await readTask(sender.store, first.taskId);
      const { Item } = await sender.store.client.send(
        new GetItemCommand({
          TableName: sender.store.lookupsTable,
          Key: { lookupKey: { S: task?.supersedesKey ?? '' } },
          ConsistentRead: true,
        }),
      );
      return { record: Number(Item?.expiresAt?.N), task: task?.purgeAt };
    };
    const before = await record();
    expect(before.record).toBe(before.task);
    const body = JSON.stringify({ expiresIn: 7_200 });
    const headers = { 'content-type': 'application/json' };
    await open.send({ path: `/v1/tasks/${first.taskId}/callbacks`, body, headers });
    const after = await record();
    expect(after.record).toBe(after.task);
    expect(after.task).toBeGreaterThan(before.task ?? 0);
  });
});

describe('the value of supersedes', () => {
  test.for([
    ['', false],
    ['x', true],
    ['é'.repeat(256), true],
    ['x'.repeat(257), false],
    [7, false],
  ] as const)('%s is accepted: %s', async ([supersedes, accepted], { open }) => {
    expect((await post(open, { supersedes })).status).toBe(accepted ? 201 : 400);
  });
});
