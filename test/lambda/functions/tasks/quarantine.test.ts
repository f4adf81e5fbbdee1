import { createHash } from 'node:crypto';
import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect } from 'vitest';
import { NEVER, SETTLED_QUARANTINE_LIMIT } from '../../../../lambda/contract/limits.ts';
import type { OutcomeCode } from '../../../../lambda/contract/outcomes.ts';
import type { QuarantinedView, TaskItem } from '../../../../lambda/contract/task.ts';
import type { PayloadStore } from '../../../../lambda/functions/receive/store/payload-store.ts';
import { createDynamoDBSenderTaskStore } from '../../../../lambda/functions/tasks/dynamodb-sender-task-store.ts';
import { test as base } from '../../../support/fixtures.ts';
import '../../../support/matchers.ts';
import { aReceiver, type OpenTask, putTask, readTask } from '../../../support/receiver.ts';
import { NOW } from '../../../support/tokens.ts';

const rfc3339 = (milliseconds: number) => new Date(milliseconds).toISOString();
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

const LATE = NOW + 1_000;
/** A bucket that takes everything; what is asked of it here is only that something lies there. */
const BUCKET = { put: async () => {} } as unknown as PayloadStore;

const asWritten = { status: 'expired', closedAt: rfc3339((NOW + 60) * 1000) } as const;

const test = base
  /** A task whose time was over when the deliveries came. */
  .extend(
    'anExpiredTask',
    ({ key, sender }) =>
      (overrides: Partial<TaskItem> = {}) =>
        putTask(sender.store, key, { heartbeat: 60, heartbeatDeadline: NOW + 60, ...overrides }),
  )
  .extend(
    'deliverLate',
    ({ key, sender }) =>
      async (
        task: Pick<OpenTask, 'path' | 'tokens'>,
        body: string,
        { at = LATE, capability = 'result' as 'result' | 'failure', inlineLimit = 4_096 } = {},
      ) => {
        const receiver = aReceiver({ store: sender.store, keys: [key], payloads: BUCKET, inlineLimit });
        receiver.at(at);
        const delivered = await receiver.deliver({
          path: task.path(capability),
          headers: { authorization: `Bearer ${task.tokens[capability]}`, 'content-type': 'text/plain' },
          body,
        });
        expect([401, 409]).toContain(delivered.status);
      },
  )
  .extend('send', ({ tasks }) => (method: string, taskId: string, below = '') => {
    tasks.at((LATE + 500) * 1000);
    return tasks.send({ method, path: `/v1/tasks/${taskId}/quarantine${below}` });
  })
  .extend('list', ({ send }) => async (taskId: string) => {
    const answer = await send('GET', taskId);
    expect(answer.status).toBe(200);
    return (answer.json as { quarantine: QuarantinedView[] }).quarantine;
  })
  .extend(
    'accept',
    ({ send }) =>
      (taskId: string, id: string) =>
        send('POST', taskId, `/${id}/accept`),
  )
  .extend(
    'discard',
    ({ send }) =>
      (taskId: string, id: string) =>
        send('DELETE', taskId, `/${id}`),
  )
  /** An expired task with one delivery in quarantine. */
  .extend(
    'aLateDelivery',
    ({ anExpiredTask, deliverLate, list }) =>
      async (body = 'late', options: Parameters<typeof deliverLate>[2] = {}, overrides = {}) => {
        const task = await anExpiredTask(overrides);
        await deliverLate(task, body, options);
        const [entry] = await list(task.taskId);
        return { ...task, id: entry?.id ?? '' };
      },
  );

test('does not accept a delivery of a task that was expired and now has a later deadline', async ({
  aLateDelivery,
  sender,
}) => {
  const { id, taskId } = await aLateDelivery();
  const store = createDynamoDBSenderTaskStore({
    client: sender.store.client,
    tasksTable: sender.store.tasksTable,
    layout: 'current',
    wait: async () => undefined,
    random: () => 0,
  });
  const read = await store.findWithQuarantine('default', taskId);
  if (read === undefined || 'kind' in read) throw new Error('The task is not there.');
  const entry = read.quarantine[id];
  if (entry === undefined) throw new Error('The delivery was not kept.');
  // Re-issued by an instance whose clock is behind: to it the task was not expired yet.
  await sender.store.client.send(
    new UpdateItemCommand({
      TableName: sender.store.tasksTable,
      Key: { taskId: { S: taskId } },
      UpdateExpression: 'SET deadline = :later, heartbeatDeadline = :later',
      ExpressionAttributeValues: { ':later': { N: `${LATE + 3_600}` } },
    }),
  );
  expect(await store.accept('default', read, { entry, why: 'late' }, LATE * 1000)).toBeUndefined();
  expect(await readTask(sender.store, taskId)).toMatchObject({ status: 'pending', quarantine: { [id]: {} } });
});

describe('listing late deliveries', () => {
  test('shows what each is, the oldest first, and never its bytes', async ({ anExpiredTask, deliverLate, list }) => {
    const task = await anExpiredTask();
    expect(await list(task.taskId)).toEqual([]);
    await deliverLate(task, 'second', { at: LATE + 5, capability: 'failure' });
    await deliverLate(task, 'first');
    const quarantine = await list(task.taskId);
    expect(quarantine).toEqual([
      {
        id: expect.stringMatching(/^[A-Za-z0-9_-]+$/),
        capability: 'result',
        receivedAt: rfc3339(LATE * 1000),
        contentType: 'text/plain',
        size: 5,
        sha256: sha256('first'),
        why: 'late',
      },
      expect.objectContaining({ capability: 'failure', sha256: sha256('second') }),
    ]);
  });

  test('gets 404 for a task that does not exist or is no longer kept', async ({ anExpiredTask, send }) => {
    expect(await send('GET', 'no-such-task')).toBeRefusedWith('task_unknown');
    const { taskId } = await anExpiredTask({ purgeAt: LATE });
    expect(await send('GET', taskId)).toBeRefusedWith('task_unknown');
  });
});

describe('accepting a late delivery', () => {
  test.for([
    ['text/plain', 'yes', 'content_type_refused'],
    ['application/json', '{"as":"result"}', 'request_invalid'],
    ['application/json', '[]', 'request_invalid'],
    ['application/json', 'x'.repeat(20_000), 'payload_too_large'],
  ] as const)('H3 has nothing to be told: %s of %#', async ([contentType, body, code], { aLateDelivery, tasks }) => {
    const { id, taskId } = await aLateDelivery('late result');
    tasks.at((LATE + 500) * 1000);
    const path = `/v1/tasks/${taskId}/quarantine/${id}/accept`;
    const told = (more: { headers: Record<string, string>; body: string }) => tasks.send({ path, ...more });
    expect(await told({ headers: { 'content-type': contentType }, body })).toBeRefusedWith(code);
    expect((await told({ headers: { 'content-type': 'application/json' }, body: '{}' })).status).toBe(200);
  });

  test.for<[string, Partial<TaskItem>]>([
    ['not written down yet', {}],
    ['written down', asWritten],
  ])(
    'makes it the result of the expired task (%s)',
    async ([_, overrides], { aLateDelivery, accept, sender, tasks }) => {
      const { id, taskId } = await aLateDelivery('late result', {}, overrides);
      const before = await readTask(sender.store, taskId);
      const answer = await accept(taskId, id);
      expect(answer.status).toBe(200);
      const at = rfc3339((LATE + 500) * 1000);
      const result = {
        contentType: 'text/plain',
        size: 11,
        sha256: sha256('late result'),
        receivedAt: rfc3339(LATE * 1000),
      };
      expect(answer.json).toMatchObject({ taskId, status: 'succeeded', closedAt: at, result });
      const stored = await readTask(sender.store, taskId);
      expect(stored).toMatchObject({
        status: 'succeeded',
        closedAt: at,
        result,
        change: 'succeeded',
        changedAt: at,
        sequence: (before?.sequence ?? 0) + 1,
        quarantine: {},
      });
      expect(Buffer.from(stored?.payload ?? []).toString()).toBe('late result');
      expect(stored).not.toHaveProperty('dueShard');
      expect(before).toHaveProperty([`kept#${id}`]);
      expect(stored).not.toHaveProperty([`kept#${id}`]);
      const bytes = await tasks.send({ method: 'GET', path: `/v1/tasks/${taskId}/result` });
      expect(bytes.body.toString()).toBe('late result');
    },
  );

  test('writes the expiry into the history that nobody has written yet', async ({ aLateDelivery, accept }) => {
    const { id, taskId } = await aLateDelivery();
    const answer = await accept(taskId, id);
    expect((answer.json as { history: unknown }).history).toEqual([
      { at: rfc3339(NOW * 1000), status: 'pending' },
      { at: rfc3339((NOW + 60) * 1000), status: 'expired' },
      { at: rfc3339((LATE + 500) * 1000), status: 'succeeded' },
    ]);
  });

  test('makes a delivery of the failure route the failure', async ({ aLateDelivery, accept, sender }) => {
    const { id, taskId } = await aLateDelivery('unreadable', { capability: 'failure' });
    const answer = await accept(taskId, id);
    expect(answer.json).toMatchObject({ status: 'failed', failure: { sha256: sha256('unreadable') } });
    expect(answer.json).not.toHaveProperty('result');
    expect(await readTask(sender.store, taskId)).toMatchObject({ change: 'failed', status: 'failed' });
  });

  test('leaves bytes in the bucket in their place', async ({ aLateDelivery, accept, sender }) => {
    const { id, taskId } = await aLateDelivery('more than a byte', { inlineLimit: 1 });
    const entry = (await readTask(sender.store, taskId))?.quarantine[id];
    expect(entry?.payloadKey).toMatch(/^quarantine\//);
    expect((await accept(taskId, id)).status).toBe(200);
    const stored = await readTask(sender.store, taskId);
    expect(stored?.payloadKey).toBe(entry?.payloadKey);
    expect(stored).not.toHaveProperty('payload');
  });

  test('is the end of it: sent again it is refused, and not kept', async ({
    aLateDelivery,
    accept,
    deliverLate,
    list,
  }) => {
    const late = await aLateDelivery('late result');
    await accept(late.taskId, late.id);
    await deliverLate(late, 'late result');
    expect(await list(late.taskId)).toEqual([]);
  });

  test('keeps the others', async ({ accept, anExpiredTask, deliverLate, list }) => {
    const task = await anExpiredTask();
    await deliverLate(task, 'a');
    await deliverLate(task, 'b', { at: LATE + 1, capability: 'failure' });
    const [first, second] = await list(task.taskId);
    await accept(task.taskId, first?.id ?? '');
    expect(await list(task.taskId)).toEqual([second]);
  });

  test('again, or another one of it, is 409: it is closed', async ({
    accept,
    anExpiredTask,
    deliverLate,
    list,
    sender,
  }) => {
    const task = await anExpiredTask();
    await deliverLate(task, 'a');
    await deliverLate(task, 'b', { at: LATE + 1, capability: 'failure' });
    const [first, second] = await list(task.taskId);
    expect((await accept(task.taskId, first?.id ?? '')).status).toBe(200);
    const before = await readTask(sender.store, task.taskId);
    expect(await accept(task.taskId, first?.id ?? '')).toBeRefusedWith('task_closed');
    expect(await accept(task.taskId, second?.id ?? '')).toBeRefusedWith('task_closed');
    expect(await readTask(sender.store, task.taskId)).toEqual(before);
  });

  test('two of it at the same time ends with exactly one', async ({ accept, anExpiredTask, deliverLate, list }) => {
    for (let round = 0; round < 5; round += 1) {
      const task = await anExpiredTask();
      await deliverLate(task, 'a');
      await deliverLate(task, 'b', { at: LATE + 1, capability: 'failure' });
      const [first, second] = await list(task.taskId);
      const answers = await Promise.all([first, second].map((entry) => accept(task.taskId, entry?.id ?? '')));
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
      expect(await list(task.taskId)).toHaveLength(1);
    }
  });

  test.for<[string, OutcomeCode, Partial<TaskItem>]>([
    ['pending', 'task_pending', { heartbeatDeadline: NEVER }],
    ['cancelled', 'task_closed', { status: 'cancelled' }],
    ['succeeded', 'task_closed', { status: 'succeeded' }],
    ['failed', 'task_closed', { status: 'failed' }],
  ])(
    'of a task that is %s is refused with %s and changes nothing',
    async ([_, code, overrides], { aLateDelivery, accept, anExpiredTask, sender }) => {
      const { id } = await aLateDelivery();
      const entry = {
        id,
        capability: 'result',
        jti: 'j',
        contentType: 'text/plain',
        size: 1,
        sha256: sha256('x'),
      } as const;
      const quarantine = { [id]: { ...entry, receivedAt: rfc3339(LATE * 1000), payload: Buffer.from('x') } };
      const { taskId } = await anExpiredTask({ quarantine, ...overrides });
      const before = await readTask(sender.store, taskId);
      expect(await accept(taskId, id)).toBeRefusedWith(code);
      expect(await readTask(sender.store, taskId)).toEqual(before);
    },
  );

  test.for(['no-such-id', '__proto__', 'constructor'])(
    'of the unknown id %s is 404',
    async (id, { aLateDelivery, accept }) => {
      const { taskId } = await aLateDelivery();
      expect(await accept(taskId, id)).toBeRefusedWith('quarantine_unknown');
    },
  );

  test('gets 404 for a task that does not exist', async ({ accept, sender }) => {
    expect(await accept('no-such-task', 'some-id')).toBeRefusedWith('task_unknown');
    expect(await readTask(sender.store, 'no-such-task')).toBeUndefined();
  });

  test('succeeds even if the answer of the store is lost', async ({ aLateDelivery, accept, sender }) => {
    const { id, taskId } = await aLateDelivery();
    sender.dynamodb.injectNext('UpdateItem', { kind: 'lostAnswer' });
    expect((await accept(taskId, id)).status).toBe(200);
    expect(sender.dynamodb.count('UpdateItem')).toBe(2);
  });

  test('meets the writing of its expiry: it is read again and accepted', async ({
    aLateDelivery,
    accept,
    key,
    sender,
  }) => {
    const { id, taskId } = await aLateDelivery();
    const before = await readTask(sender.store, taskId);
    // The expiry is written between the read and the update of the acceptance.
    sender.dynamodb.inject(({ number, operation }) =>
      operation === 'UpdateItem' && number === 1
        ? { kind: 'held', until: putTask(sender.store, key, { ...before, ...asWritten, history: [] }) }
        : undefined,
    );
    const answer = await accept(taskId, id);
    expect(answer.json).toMatchObject({
      status: 'succeeded',
      history: [{ status: 'pending' }, { status: 'expired' }, { status: 'succeeded' }],
    });
  });
});

describe('discarding a late delivery', () => {
  test('removes it for good, silently', async ({ aLateDelivery, accept, discard, sender }) => {
    const { id, taskId } = await aLateDelivery();
    const before = await readTask(sender.store, taskId);
    const answer = await discard(taskId, id);
    expect(answer.status).toBe(204);
    expect(answer.body).toHaveLength(0);
    expect(answer.headers).toMatchObject({ 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' });
    const { quarantinedKey: _key, quarantineShard: _shard, ...kept } = before ?? {};
    expect(Buffer.from(before?.[`kept#${id}`] ?? []).toString()).toBe('late');
    expect(await readTask(sender.store, taskId)).toEqual({
      ...kept,
      [`kept#${id}`]: undefined,
      quarantine: {},
      revision: (before?.revision ?? 0) + 1,
      journal: [
        {
          at: rfc3339((LATE + 500) * 1000),
          kind: 'discarded',
          capability: 'result',
          lateAt: before?.quarantine?.[id]?.receivedAt,
        },
      ],
      settled: new Set([id]),
      change: 'discarded',
      changedAt: rfc3339((LATE + 500) * 1000),
    });
    expect(await discard(taskId, id)).toBeRefusedWith('quarantine_unknown');
    expect(await accept(taskId, id)).toBeRefusedWith('quarantine_unknown');
  });

  test('stays discarded: sent again it is not kept again, another delivery still is', async ({
    aLateDelivery,
    deliverLate,
    discard,
    list,
  }) => {
    const late = await aLateDelivery('unwanted');
    await discard(late.taskId, late.id);
    await deliverLate(late, 'unwanted');
    expect(await list(late.taskId)).toEqual([]);
    await deliverLate(late, 'wanted');
    expect(await list(late.taskId)).toMatchObject([{ sha256: sha256('wanted') }]);
  });

  test('keeps no further delivery when the list of discarded ones is full', async ({
    aLateDelivery,
    deliverLate,
    discard,
    list,
    sender,
  }) => {
    const late = await aLateDelivery('last');
    await discard(late.taskId, late.id);
    const settle = (ids: readonly string[]) =>
      sender.store.client.send(
        new UpdateItemCommand({
          TableName: sender.store.tasksTable,
          Key: { taskId: { S: late.taskId } },
          UpdateExpression: 'ADD settled :ids',
          ExpressionAttributeValues: { ':ids': { SS: [...ids] } },
        }),
      );
    await settle(Array.from({ length: SETTLED_QUARANTINE_LIMIT - 2 }, (_, i) => `settled-${i}`));
    await deliverLate(late, 'one more');
    expect(await list(late.taskId)).toHaveLength(1);
    await settle(['settled-last']);
    await deliverLate(late, 'one too many');
    expect(await list(late.taskId)).toHaveLength(1);
  });

  test('gets 404 for an unknown id or task and writes nothing', async ({ aLateDelivery, discard, sender }) => {
    const { taskId } = await aLateDelivery();
    for (const id of ['no-such-id', '__proto__', 'constructor']) {
      expect(await discard(taskId, id)).toBeRefusedWith('quarantine_unknown');
    }
    expect(await discard('no-such-task', 'some-id')).toBeRefusedWith('task_unknown');
    expect(await readTask(sender.store, 'no-such-task')).toBeUndefined();
  });

  test('racing with its acceptance ends in one of the two', async ({ aLateDelivery, accept, discard, sender }) => {
    for (let round = 0; round < 5; round += 1) {
      const { id, taskId } = await aLateDelivery();
      const [accepted, discarded] = await Promise.all([accept(taskId, id), discard(taskId, id)]);
      const stored = await readTask(sender.store, taskId);
      expect([accepted.status, discarded.status]).toEqual(stored?.status === 'succeeded' ? [200, 404] : [404, 204]);
    }
  });

  test('discards the delivery even if the answer of the store is lost', async ({ aLateDelivery, discard, sender }) => {
    const { id, taskId } = await aLateDelivery();
    sender.dynamodb.injectNext('UpdateItem', { kind: 'lostAnswer' });
    expect((await discard(taskId, id)).status).toBe(204);
  });
});

describe('a delivery from before its bytes had an attribute', () => {
  const entry = {
    id: 'earlier',
    capability: 'result',
    jti: 'j',
    contentType: 'text/plain',
    size: 7,
    sha256: sha256('earlier'),
    receivedAt: rfc3339(LATE * 1000),
    payload: Buffer.from('earlier'),
  } as const;

  describe.for([
    ['quarantine', { quarantine: { earlier: entry } }],
    ['reopened', { reopened: { earlier: entry } }],
  ] as const)('in %s', ([attribute, overrides]) => {
    test('can be accepted', async ({ accept, anExpiredTask, sender, tasks }) => {
      const { taskId } = await anExpiredTask(overrides);
      expect((await accept(taskId, 'earlier')).status).toBe(200);
      const bytes = await tasks.send({ method: 'GET', path: `/v1/tasks/${taskId}/result` });
      expect(bytes.body.toString()).toBe('earlier');
      expect((await readTask(sender.store, taskId))?.[attribute]).toEqual({});
    });

    test('can be discarded', async ({ anExpiredTask, discard, sender }) => {
      const { taskId } = await anExpiredTask(overrides);
      expect((await discard(taskId, 'earlier')).status).toBe(204);
      expect((await readTask(sender.store, taskId))?.[attribute]).toEqual({});
    });
  });
});

describe('who may', () => {
  test.for([
    ['GET', '', 'task_read'],
    ['POST', '/some-id/accept', 'task_write'],
    ['DELETE', '/some-id', 'task_write'],
  ] as const)('C5 %s quarantine%s needs scope %s', async ([method, below, scope], { sender, tasks }) => {
    const other = scope === 'task_read' ? 'task_write' : 'task_read';
    const authorization = `Bearer ${await sender.idp.accessToken({ scope: other })}`;
    const path = `/v1/tasks/some-task/quarantine${below}`;
    const answer = await tasks.send({ method, path, headers: { authorization } });
    expect(answer).toBeRefusedWith('access_token_insufficient');
    expect(answer.headers['WWW-Authenticate']).toContain(`scope="${scope}"`);
    expect(sender.dynamodb.count()).toBe(0);
  });

  test('C7 a store that fails means 503, nothing half done, and a repeat works', async ({
    aLateDelivery,
    accept,
    discard,
    sender,
  }) => {
    const { id, taskId } = await aLateDelivery();
    const before = await readTask(sender.store, taskId);
    for (const operation of ['GetItem', 'UpdateItem']) {
      sender.dynamodb.inject((request) => (request.operation === operation ? { kind: 'reset' } : undefined));
      expect(await accept(taskId, id)).toBeRefusedWith('unavailable');
      expect(await discard(taskId, id)).toBeRefusedWith('unavailable');
      sender.clear();
      expect(await readTask(sender.store, taskId)).toEqual(before);
    }
    expect((await accept(taskId, id)).status).toBe(200);
  });
});
