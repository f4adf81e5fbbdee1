import { createHash } from 'node:crypto';
import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { decodeJwt } from 'jose';
import { describe, expect } from 'vitest';
import type { QuarantinedView, TaskView } from '../../../../lambda/contract/task.ts';
import { toTaskEvents } from '../../../../lambda/functions/publish/task-event.ts';
import type { PayloadStore } from '../../../../lambda/functions/receive/store/payload-store.ts';
import type { CallDynamoDB } from '../../../../lambda/shared/aws/dynamodb.ts';
import { createPolicy } from '../../../../lambda/shared/policy/cedar.ts';
import { readPolicies } from '../../../../lib/config/policies.ts';
import type { EventOverrides } from '../../../support/alb-event.ts';
import type { Delivered } from '../../../support/delivered.ts';
import { test as base } from '../../../support/fixtures.ts';
import '../../../support/matchers.ts';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { readTask, readUse } from '../../../support/receiver.ts';
import { RETENTION, type SenderFunction } from '../../../support/sender-api.ts';
import { aTaskBody, type Opened } from '../../../support/sender-world.ts';
import { NOW, ORIGIN } from '../../../support/tokens.ts';

/** A bucket that takes everything; what is asked of it here is only that something lies there. */
const BUCKET = { put: async () => {} } as unknown as PayloadStore;

const JSON_TYPE = { 'content-type': 'application/json' };
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const rfc3339 = (seconds: number) => new Date(seconds * 1000).toISOString();

const REASON = 'It was the result of another invoice.';
const reopenBy =
  (open: SenderFunction) =>
  (taskId: string, body: object = {}, more: EventOverrides = {}): Promise<Delivered> =>
    open.send({
      path: `/v1/tasks/${taskId}/reopen`,
      body: JSON.stringify({ reason: REASON, ...body }),
      headers: JSON_TYPE,
      ...more,
    });
const reopened = (answer: Delivered): Opened => {
  expect(answer.status, JSON.stringify(answer.json)).toBe(201);
  return answer.json as Opened;
};

const test = base
  .extend('receiver', ({ sender }) => sender.receiver({ payloads: BUCKET }))
  .extend('reopen', ({ open }) => reopenBy(open))
  .extend('at', ({ open, receiver, tasks }) => (seconds: number) => {
    open.at(seconds * 1000);
    tasks.at(seconds * 1000);
    receiver.at(seconds);
  })
  .extend('openTask', ({ open }) => async (overrides: Record<string, unknown> = {}): Promise<Opened> => {
    const body = JSON.stringify(aTaskBody({ processor: 'header-ocr', ...overrides }));
    const answer = await open.send({ path: '/v1/tasks', body, headers: JSON_TYPE });
    expect(answer.status).toBe(201);
    return answer.json as Opened;
  })
  .extend(
    'deliver',
    ({ receiver }) =>
      (callback: Opened['callbacks'][string] | undefined, body: string) =>
        receiver.deliver({
          path: new URL(callback?.url ?? '').pathname,
          headers: {
            'content-type': 'text/plain',
            ...(callback?.token && { authorization: `Bearer ${callback.token}` }),
          },
          body,
        }),
  )
  /** A task that this delivery closed. */
  .extend(
    'aClosedTask',
    ({ deliver, openTask }) =>
      async (
        body: string,
        as: 'result' | 'failure' = 'result',
        overrides: Record<string, unknown> = {},
      ): Promise<Opened> => {
        const task = await openTask(overrides);
        expect((await deliver(task.callbacks[as], body)).status).toBe(200);
        return task;
      },
  )
  .extend(
    'view',
    ({ tasks }) =>
      async (taskId: string) =>
        (await tasks.send({ method: 'GET', path: `/v1/tasks/${taskId}` })).json as TaskView,
  )
  .extend(
    'list',
    ({ tasks }) =>
      async (taskId: string) =>
        (
          (await tasks.send({ method: 'GET', path: `/v1/tasks/${taskId}/quarantine` })).json as {
            quarantine: QuarantinedView[];
          }
        ).quarantine,
  )
  .extend(
    'accept',
    ({ tasks }) =>
      (taskId: string, id = '') =>
        tasks.send({ method: 'POST', path: `/v1/tasks/${taskId}/quarantine/${id}/accept` }),
  )
  .extend(
    'discard',
    ({ tasks }) =>
      (taskId: string, id = '') =>
        tasks.send({ method: 'DELETE', path: `/v1/tasks/${taskId}/quarantine/${id}` }),
  )
  .extend(
    'bytesOf',
    ({ tasks }) =>
      (taskId: string, what = 'result') =>
        tasks.send({ method: 'GET', path: `/v1/tasks/${taskId}/${what}` }),
  )
  .extend('eventOf', ({ sender }) => async (taskId: string) => {
    const key = { taskId: { S: taskId } };
    const { Item = {} } = await sender.store.client.send(
      new GetItemCommand({ TableName: sender.store.tasksTable, Key: key, ConsistentRead: true }),
    );
    return toTaskEvents(Item, ORIGIN)[0];
  });

describe('reopening a task', () => {
  test('O1 logs and stores the reason without a callback URL that was pasted into it', async ({
    aClosedTask,
    open,
    reopen,
    sender,
  }) => {
    const task = await aClosedTask('wrong');
    const { token = '' } = task.callbacks.result ?? {};
    const code = 'fb_xLEazrJFy_nQ0pRsTuV';
    const reason = `wrong file came to https://x.example/c/${code} with ${token}`.slice(0, 256);
    reopened(await reopen(task.taskId, { reason }));
    const line = JSON.stringify(open.lines.at(-1));
    const stored = JSON.stringify(await readTask(sender.store, task.taskId));
    for (const text of [line, stored]) {
      expect(text).toContain('wrong file came to');
      expect(text).not.toContain(code);
      expect(text).not.toContain(token.slice(0, 40));
    }
  });

  test('gives callbacks as at the last issue, for the same lifetime, if it has only a reason', async ({
    aClosedTask,
    at,
    open,
    reopen,
  }) => {
    const first = await aClosedTask('wrong', 'result', { owner: 'user-12', callbacks: ['result', 'progress'] });
    at(NOW + 600);
    const answer = await reopen(first.taskId);
    const again = reopened(answer);
    expect(again).toEqual({
      taskId: first.taskId,
      application: 'default',
      status: 'pending',
      createdAt: first.createdAt,
      expiresAt: rfc3339(NOW + 4_200),
      callbacks: {
        result: { ...first.callbacks.result, token: expect.any(String), expiresAt: rfc3339(NOW + 4_200) },
        progress: { ...first.callbacks.progress, token: expect.any(String), expiresAt: rfc3339(NOW + 4_200) },
      },
    });
    expect(answer.headers.Location).toBe(`${ORIGIN}/v1/tasks/${first.taskId}`);
    const [before, after] = [first, again].map(({ callbacks }) => decodeJwt(callbacks.result?.token ?? ''));
    expect(after).toEqual({ ...before, jti: after?.jti, iat: NOW + 600, nbf: NOW + 600, exp: NOW + 4_200 });
    expect(after?.jti).not.toBe(before?.jti);
    expect(open.lines.at(-1)).toMatchObject({ route: 'reopenTask', taskId: first.taskId, reason: REASON, status: 201 });
  });

  test.for([
    ['result', 'succeeded'],
    ['failure', 'failed'],
  ] as const)(
    'takes its %s out of the view, and the task is pending again',
    async ([as, status], { aClosedTask, at, bytesOf, reopen, view }) => {
      const { taskId } = await aClosedTask('wrong', as);
      expect(await view(taskId)).toMatchObject({ status, [as]: { sha256: sha256('wrong') } });
      at(NOW + 10);
      reopened(await reopen(taskId));
      const task = await view(taskId);
      expect(task).toMatchObject({ status: 'pending', expiresAt: rfc3339(NOW + 3_610) });
      for (const gone of ['result', 'failure', 'closedAt']) expect(task).not.toHaveProperty(gone);
      expect(task.history).toEqual([
        { at: rfc3339(NOW), status: 'pending' },
        { at: rfc3339(NOW), status },
        { at: rfc3339(NOW + 10), status: 'pending' },
      ]);
      expect(await bytesOf(taskId, as)).toBeRefusedWith('result_unavailable');
    },
  );

  test('moves every time of the task and schedules its deadline; the heartbeat starts anew', async ({
    aClosedTask,
    at,
    reopen,
    sender,
  }) => {
    const { taskId } = await aClosedTask('wrong', 'result', { heartbeat: 300 });
    const before = await readTask(sender.store, taskId);
    expect(before).toMatchObject({ status: 'succeeded', due: NOW + 300 });
    at(NOW + 2_000);
    reopened(await reopen(taskId, { expiresIn: 7_200 }));
    const { closedAt: _, payload, result: ___, ...rest } = before ?? {};
    const after = await readTask(sender.store, taskId);
    const [id] = Object.keys(after?.reopened ?? {});
    expect(Buffer.from(payload ?? []).toString()).toBe('wrong');
    expect(after).toEqual({
      ...rest,
      [`kept#${id}`]: payload,
      status: 'pending',
      callbacks: expect.any(Object),
      expiresAt: rfc3339(NOW + 9_200),
      expiresIn: 7_200,
      reissuedAt: NOW + 2_000,
      deadline: NOW + 9_205,
      heartbeatDeadline: NOW + 2_300,
      due: NOW + 2_300,
      dueShard: before?.shard,
      purgeAt: NOW + 9_200 + RETENTION,
      history: [...(before?.history ?? []), { at: rfc3339(NOW + 2_000), status: 'pending' }],
      reopened: expect.any(Object),
      reopenings: [{ at: rfc3339(NOW + 2_000), from: 'succeeded', reason: REASON }],
      quarantineShard: before?.shard,
      quarantinedKey: `${rfc3339(NOW + 2_000)}#${taskId}`,
      journal: [{ at: rfc3339(NOW + 2_000), kind: 'reopened', reason: REASON }],
      sequence: (before?.sequence ?? 0) + 1,
      revision: (before?.revision ?? 0) + 1,
      change: 'reopened',
      changedAt: rfc3339(NOW + 2_000),
    });
  });

  test('takes callbacks, lifetime and carrier from the body', async ({ aClosedTask, deliver, reopen }) => {
    const { taskId } = await aClosedTask('wrong', 'result', { processor: 'acme-ocr', carrier: 'header' });
    const again = reopened(await reopen(taskId, { callbacks: ['result'], expiresIn: 60, carrier: 'path' }));
    expect(Object.keys(again.callbacks)).toEqual(['result']);
    expect(again.expiresAt).toBe(rfc3339(NOW + 60));
    expect(again.callbacks.result).not.toHaveProperty('token');
    expect((await deliver(again.callbacks.result, 'right')).status).toBe(200);
  });

  test('replaces a short code: the new one works, the earlier one does not', async ({
    aClosedTask,
    deliver,
    reopen,
  }) => {
    const first = await aClosedTask('wrong', 'result', { processor: 'short-ocr' });
    const again = reopened(await reopen(first.taskId));
    expect(await deliver(first.callbacks.failure, 'why')).toBeRefusedWith('token_revoked');
    expect((await deliver(again.callbacks.result, 'right')).status).toBe(200);
  });

  test('lets the right delivery become the result', async ({ aClosedTask, bytesOf, deliver, reopen, view }) => {
    const { taskId } = await aClosedTask('wrong');
    const again = reopened(await reopen(taskId));
    expect((await deliver(again.callbacks.result, 'right')).json).toMatchObject({ status: 'succeeded' });
    expect(await view(taskId)).toMatchObject({ status: 'succeeded', result: { sha256: sha256('right') } });
    expect((await bytesOf(taskId)).body.toString()).toBe('right');
  });

  test('is published as Task Reopened, without the reason and without the payload', async ({
    aClosedTask,
    eventOf,
    reopen,
  }) => {
    const { taskId } = await aClosedTask('wrong');
    const closed = await eventOf(taskId);
    reopened(await reopen(taskId));
    const event = await eventOf(taskId);
    expect(event).toMatchObject({ detailType: 'Task Reopened', detail: { taskId, status: 'pending' } });
    expect(event?.detail.sequence).toBe((closed?.detail.sequence ?? 0) + 1);
    expect(event?.detail).not.toHaveProperty('result');
    expect(JSON.stringify(event)).not.toContain(REASON);
  });

  test('leaves no offer of an upload of the earlier issue on the task', async ({ aClosedTask, reopen, sender }) => {
    const { taskId } = await aClosedTask('wrong');
    await sender.store.client.send(
      new UpdateItemCommand({
        TableName: sender.store.tasksTable,
        Key: { taskId: { S: taskId } },
        UpdateExpression: 'SET uploads = :uploads',
        ExpressionAttributeValues: { ':uploads': { M: { offer: { M: {} } } } },
      }),
    );
    reopened(await reopen(taskId));
    expect((await readTask(sender.store, taskId))?.uploads).toEqual({});
  });

  test('expires at its new deadline, and can then not be reopened', async ({ aClosedTask, at, reopen, view }) => {
    const { taskId } = await aClosedTask('wrong');
    at(NOW + 100);
    reopened(await reopen(taskId, { expiresIn: 60 }));
    at(NOW + 165);
    expect(await view(taskId)).toMatchObject({ status: 'expired', closedAt: rfc3339(NOW + 165) });
    expect(await reopen(taskId)).toBeRefusedWith('task_closed');
  });

  test('gives the current callbacks to an idempotent repeat of the creation', async ({ deliver, open, reopen }) => {
    const headers = { ...JSON_TYPE, 'Idempotency-Key': 'reopened' };
    const request = { path: '/v1/tasks', body: JSON.stringify(aTaskBody({ processor: 'header-ocr' })), headers };
    const first = (await open.send(request)).json as Opened;
    await deliver(first.callbacks.result, 'wrong');
    const again = reopened(await reopen(first.taskId));
    const repeat = (await open.send(request)).json as Opened;
    const jtiOf = ({ callbacks }: Opened) => decodeJwt(callbacks.result?.token ?? '').jti;
    expect(repeat.status).toBe('pending');
    expect(jtiOf(repeat)).toBe(jtiOf(again));
  });
});

describe('earlier tokens of a reopened task', () => {
  test('C6 acknowledge the same delivery with its first answer, and change nothing', async ({
    at,
    deliver,
    openTask,
    reopen,
    sender,
  }) => {
    const first = await openTask();
    const answer = await deliver(first.callbacks.result, 'wrong');
    at(NOW + 60);
    reopened(await reopen(first.taskId));
    const before = await readTask(sender.store, first.taskId);
    at(NOW + 90);
    const repeat = await deliver(first.callbacks.result, 'wrong');
    expect(repeat).toMatchObject({ status: 200, json: answer.json });
    expect(repeat.headers['Idempotency-Replayed']).toBe('true');
    expect(await readTask(sender.store, first.taskId)).toEqual(before);
  });

  test('C6 make another payload a replay, and the task stays pending', async ({
    aClosedTask,
    deliver,
    eventOf,
    reopen,
    sender,
  }) => {
    const first = await aClosedTask('wrong');
    reopened(await reopen(first.taskId));
    expect(await deliver(first.callbacks.result, 'other')).toBeRefusedWith('token_replayed');
    expect(await readTask(sender.store, first.taskId)).toMatchObject({ status: 'pending', replays: 1 });
    expect(await eventOf(first.taskId)).toMatchObject({ detailType: 'Replay Detected', detail: { status: 'pending' } });
  });

  test('are revoked if they are first used now, and their payload is not kept', async ({
    aClosedTask,
    deliver,
    list,
    reopen,
    sender,
  }) => {
    const first = await aClosedTask('wrong');
    reopened(await reopen(first.taskId));
    expect(await deliver(first.callbacks.failure, 'why')).toBeRefusedWith('token_revoked');
    expect(await list(first.taskId)).toMatchObject([{ why: 'reopened' }]);
    const jti = decodeJwt(first.callbacks.failure?.token ?? '').jti ?? '';
    expect(await readUse(sender.store, jti)).toBeUndefined();
  });
});

describe('a delivery before the task was reopened', () => {
  /** Kept on the task, or in the bucket. */
  const SIZES = [
    ['inline', 'wrong'],
    ['in the bucket', 'wrong'.repeat(1_000)],
  ] as const;

  test.for(SIZES)('is in the quarantine (%s), and says why', async ([_, body], { aClosedTask, list, reopen }) => {
    const { taskId } = await aClosedTask(body);
    reopened(await reopen(taskId));
    expect(await list(taskId)).toEqual([
      {
        id: expect.stringMatching(/^[A-Za-z0-9_-]{22}$/),
        capability: 'result',
        receivedAt: rfc3339(NOW),
        contentType: 'text/plain',
        size: body.length,
        sha256: sha256(body),
        why: 'reopened',
      },
    ]);
  });

  test.for(SIZES.flatMap(([where, body]) => (['result', 'failure'] as const).map((as) => [as, where, body] as const)))(
    'as %s (%s) can be accepted once the task has expired, and is read again',
    async ([as, where, body], { aClosedTask, accept, at, bytesOf, list, reopen, sender }) => {
      const { taskId } = await aClosedTask(body, as);
      reopened(await reopen(taskId, { expiresIn: 60 }));
      const [entry] = await list(taskId);
      expect(await accept(taskId, entry?.id)).toBeRefusedWith('task_pending');
      at(NOW + 65);
      const answer = await accept(taskId, entry?.id);
      const status = as === 'result' ? 'succeeded' : 'failed';
      expect(answer).toMatchObject({ status: 200, json: { status, [as]: { sha256: sha256(body) } } });
      expect(await list(taskId)).toEqual([]);
      const stored = await readTask(sender.store, taskId);
      expect(stored).not.toHaveProperty('settled');
      expect(stored?.reopened).toEqual({});
      if (where === 'inline') expect((await bytesOf(taskId, as)).body.toString()).toBe(body);
      else expect(stored?.payloadKey).toMatch(/^results\//);
      expect(Object.keys(stored ?? {}).join(' ')).not.toContain('kept#');
    },
  );

  test('is neither listed nor accepted after the lifecycle rule deleted it from the bucket', async ({
    aClosedTask,
    accept,
    at,
    list,
    reopen,
  }) => {
    const DAYS = 86_400;
    const { taskId } = await aClosedTask('wrong'.repeat(1_000));
    at(NOW + DAYS);
    reopened(await reopen(taskId, { expiresIn: 7 * DAYS }));
    // The retention of this environment is one day.
    at(NOW + 8 * DAYS - 1);
    const [entry] = await list(taskId);
    expect(entry).toMatchObject({ why: 'reopened' });
    at(NOW + 8 * DAYS + 5);
    expect(await list(taskId)).toEqual([]);
    expect(await accept(taskId, entry?.id)).toBeRefusedWith('quarantine_unknown');
  });

  test('cannot be accepted after the task is closed again', async ({ aClosedTask, accept, deliver, list, reopen }) => {
    const { taskId } = await aClosedTask('wrong');
    const { callbacks } = reopened(await reopen(taskId));
    const [entry] = await list(taskId);
    await deliver(callbacks.result, 'right');
    expect(await accept(taskId, entry?.id)).toBeRefusedWith('task_closed');
  });

  test('can be discarded in any status of the task, without an event', async ({
    aClosedTask,
    discard,
    list,
    reopen,
    sender,
  }) => {
    const { taskId } = await aClosedTask('wrong');
    reopened(await reopen(taskId));
    const before = await readTask(sender.store, taskId);
    const [entry] = await list(taskId);
    expect((await discard(taskId, entry?.id)).status).toBe(204);
    expect(await list(taskId)).toEqual([]);
    const { quarantinedKey: _key, quarantineShard: _shard, ...kept } = before ?? {};
    expect(Buffer.from(before?.[`kept#${entry?.id}`] ?? []).toString()).toBe('wrong');
    expect(await readTask(sender.store, taskId)).toEqual({
      ...kept,
      [`kept#${entry?.id}`]: undefined,
      reopened: {},
      revision: (before?.revision ?? 0) + 1,
      journal: [
        { at: rfc3339(NOW), kind: 'reopened', reason: REASON },
        { at: rfc3339(NOW), kind: 'discarded', capability: 'result' },
      ],
      change: 'discarded',
      changedAt: rfc3339(NOW),
    });
    expect(await discard(taskId, entry?.id)).toBeRefusedWith('quarantine_unknown');
  });

  test('leaves the places of the quarantine to late deliveries', async ({ aClosedTask, list, reopen, sender }) => {
    const narrow = await sender.receiver({ quarantineLimit: 1 });
    const { taskId } = await aClosedTask('wrong');
    const { callbacks } = reopened(await reopen(taskId, { expiresIn: 60 }));
    narrow.at(NOW + 65);
    const late = await narrow.deliver({
      path: new URL(callbacks.result?.url ?? '').pathname,
      headers: { 'content-type': 'text/plain', authorization: `Bearer ${callbacks.result?.token}` },
      body: 'late',
    });
    expect(late).toBeRefusedWith('token_expired');
    expect((await list(taskId)).map(({ why }) => why)).toEqual(['reopened', 'late']);
  });

  test('can return to quarantine after it was accepted from there', async ({
    accept,
    at,
    deliver,
    list,
    openTask,
    reopen,
    view,
  }) => {
    const { callbacks, taskId } = await openTask({ expiresIn: 60 });
    at(NOW + 65);
    expect(await deliver(callbacks.result, 'late')).toBeRefusedWith('token_expired');
    const [late] = await list(taskId);
    expect((await accept(taskId, late?.id)).status).toBe(200);
    reopened(await reopen(taskId));
    const [entry, ...others] = await list(taskId);
    expect(entry).toMatchObject({ sha256: sha256('late'), why: 'reopened' });
    expect(others).toEqual([]);
    expect((await view(taskId)).history.map(({ status }) => status)).toEqual([
      'pending',
      'expired',
      'succeeded',
      'pending',
    ]);
  });
});

describe('a request to reopen a task', () => {
  test('is refused while the task is pending', async ({ openTask, reopen, sender }) => {
    const { taskId } = await openTask();
    const before = await readTask(sender.store, taskId);
    expect(await reopen(taskId)).toBeRefusedWith('task_pending');
    expect(await readTask(sender.store, taskId)).toEqual(before);
  });

  test('is refused after the task was cancelled', async ({ openTask, reopen, tasks }) => {
    const { taskId } = await openTask();
    await tasks.send({ method: 'DELETE', path: `/v1/tasks/${taskId}` });
    expect(await reopen(taskId)).toBeRefusedWith('task_closed');
  });

  test('is refused after the task has expired, even if the expiry is not written yet', async ({
    at,
    openTask,
    reopen,
  }) => {
    const { taskId } = await openTask({ expiresIn: 60 });
    at(NOW + 65);
    expect(await reopen(taskId)).toBeRefusedWith('task_closed');
  });

  test('is refused for the sixth time', async ({ deliver, list, open, openTask, reopen, sender }) => {
    const { taskId } = await openTask();
    const current = async () => (await readTask(sender.store, taskId))?.callbacks.result?.jti;
    let callbacks = reopened(await open.send({ path: `/v1/tasks/${taskId}/callbacks` })).callbacks;
    for (let time = 1; time <= 5; time += 1) {
      expect((await deliver(callbacks.result, `wrong ${time}`)).status).toBe(200);
      ({ callbacks } = reopened(await reopen(taskId, { reason: `time ${time}` })));
      expect(decodeJwt(callbacks.result?.token ?? '').jti).toBe(await current());
    }
    expect((await list(taskId)).map(({ why }) => why)).toEqual(Array.from({ length: 5 }, () => 'reopened'));
    expect(await reopen(taskId)).toBeRefusedWith('task_pending');
    await deliver(callbacks.result, 'right');
    const before = await readTask(sender.store, taskId);
    expect(before?.reopenings?.map(({ reason }) => reason)).toEqual(
      Array.from({ length: 5 }, (_, i) => `time ${i + 1}`),
    );
    expect(await reopen(taskId)).toBeRefusedWith('reopen_limit');
    expect(await readTask(sender.store, taskId)).toEqual(before);
  });

  test('is refused if the task does not exist or was deleted', async ({ aClosedTask, reopen, sender }) => {
    expect(await reopen('no-such-task')).toBeRefusedWith('task_unknown');
    const { taskId } = await aClosedTask('wrong');
    const later = sender.opener({ verifier: { verify: async () => ({ clientId: 'local-sender' }) } });
    later.at((NOW + 3_600 + RETENTION) * 1000);
    expect(await reopenBy(later)(taskId)).toBeRefusedWith('task_unknown');
  });

  test.for<[string, object]>([
    ['/reason', { reason: undefined }],
    ['/reason', { reason: '' }],
    ['/reason', { reason: 'x'.repeat(257) }],
    ['/reason', { reason: '\ud800' }],
    ['/reason', { reason: 7 }],
    ['/colour', { colour: 'red' }],
    ['/callbacks', { callbacks: [] }],
    ['/expiresIn', { expiresIn: 59 }],
    ['/carrier', { carrier: 'short' }],
  ])('is refused for a fault at %s', async ([pointer, body], { aClosedTask, reopen, sender }) => {
    const { taskId } = await aClosedTask('wrong');
    const before = await readTask(sender.store, taskId);
    const answer = await reopen(taskId, body);
    expect(answer).toBeRefusedWith('request_invalid');
    expect(answer.json).toMatchObject({ errors: [{ pointer }] });
    expect(await readTask(sender.store, taskId)).toEqual(before);
  });

  test.for(['x', '𝒳'.repeat(256)])(
    'is refused unless it has a reason of 1 to 256 characters: %#',
    async (reason, { aClosedTask, reopen }) => {
      const { taskId } = await aClosedTask('wrong');
      reopened(await reopen(taskId, { reason }));
    },
  );

  test('H3 is refused without a body, or for one of another type', async ({ aClosedTask, open }) => {
    const { taskId } = await aClosedTask('wrong');
    const path = `/v1/tasks/${taskId}/reopen`;
    expect(await open.send({ method: 'POST', path, headers: JSON_TYPE, body: '' })).toBeRefusedWith('request_invalid');
    const text = { method: 'POST', path, headers: { 'content-type': 'text/plain' }, body: '{"reason":"x"}' };
    expect(await open.send(text)).toBeRefusedWith('content_type_refused');
  });

  test('C5 is refused without scope task_write', async ({ reopen, sender }) => {
    const authorization = `Bearer ${await sender.idp.accessToken({ scope: 'task_read' })}`;
    const answer = await reopen('some-task', {}, { headers: { ...JSON_TYPE, authorization } });
    expect(answer).toBeRefusedWith('access_token_insufficient');
    expect(sender.dynamodb.count()).toBe(0);
  });

  test('is refused if no policy permits the sender: nothing is signed, and nothing changes', async ({
    aClosedTask,
    reopen,
    sender,
  }) => {
    const { taskId } = await aClosedTask('wrong');
    const before = await readTask(sender.store, taskId);
    const signed = sender.keyService.count('Sign');
    for (const policies of [
      'permit (principal is Processor, action, resource);',
      'permit (principal, action, resource); forbid (principal, action == Action::"reopen", resource) when { context.expiresIn > 60 };',
    ]) {
      const policy = () => createPolicy(readPolicies(policies));
      const open = sender.opener({ ...sender.signBy('kms'), policy });
      expect(await reopenBy(open)(taskId)).toBeRefusedWith('policy_denied');
      expect(open.lines.at(-1)).toMatchObject({
        taskId,
        client: 'local-sender',
        policy: expect.stringMatching(/^deny/),
      });
      expect(open.lines.at(-1)?.reason).not.toBe(REASON);
    }
    expect(await readTask(sender.store, taskId)).toEqual(before);
    expect(sender.keyService.count('Sign')).toBe(signed);
    reopened(await reopen(taskId, { expiresIn: 60 }));
  });
});

describe('simultaneous requests', () => {
  test.override('tasks', ({ sender }) => sender.tasks({ dynamodb: sender.store.connect() }));

  test('reopen a task once; the other 31 get the answer that it is pending', async ({
    aClosedTask,
    deliver,
    reopen,
    sender,
  }) => {
    const { taskId } = await aClosedTask('wrong');
    const answers = await Promise.all(Array.from({ length: 32 }, () => reopen(taskId)));
    const [done, ...others] = answers.filter(({ status }) => status === 201);
    expect(others).toEqual([]);
    for (const answer of answers) if (answer !== done) expect(answer).toBeRefusedWith('task_pending');
    expect(Object.keys((await readTask(sender.store, taskId))?.reopened ?? {})).toHaveLength(1);
    expect((await deliver((done ? reopened(done) : undefined)?.callbacks.result, 'right')).status).toBe(200);
  });

  test('reopen a task twice with a delivery in between: the last delivery is rolled back', async ({
    aClosedTask,
    deliver,
    reopen,
    sender,
  }) => {
    const { taskId } = await aClosedTask('first');
    const { callbacks } = reopened(await reopen(taskId));
    await deliver(callbacks.result, 'second');
    const call = sender.store.createCall();
    let writes = 0;
    const dynamodb: CallDynamoDB = async (operation, input) => {
      if (operation === 'UpdateItem') writes += 1;
      if (operation === 'UpdateItem' && writes === 1) {
        const body = JSON.stringify({ reason: REASON });
        const others = await sender.opener().send({ path: `/v1/tasks/${taskId}/reopen`, headers: JSON_TYPE, body });
        expect((await deliver(reopened(others).callbacks.result, 'third')).status).toBe(200);
      }
      return call(operation, input);
    };
    reopened(await reopenBy(sender.opener({ dynamodb }))(taskId));
    expect(writes).toBe(2);
    const kept = Object.values((await readTask(sender.store, taskId))?.reopened ?? {}).map((entry) => entry.sha256);
    expect(kept.sort()).toEqual(['first', 'second', 'third'].map(sha256).sort());
  });

  test('leave one consistent task together with any other change', async ({
    aClosedTask,
    accept,
    deliver,
    discard,
    list,
    open,
    reopen,
    sender,
    tasks,
  }) => {
    for (let round = 0; round < 3; round += 1) {
      const first = await aClosedTask(`wrong ${round}`);
      const { taskId } = first;
      const path = `/v1/tasks/${taskId}`;
      const acts: Record<string, () => Promise<Delivered>> = {
        reopen: () => reopen(taskId),
        repeat: () => deliver(first.callbacks.result, `wrong ${round}`),
        late: () => deliver(first.callbacks.failure, 'why'),
        accept: async () => accept(taskId, (await list(taskId))[0]?.id ?? 'none'),
        discard: async () => discard(taskId, (await list(taskId))[0]?.id ?? 'none'),
        reissue: () => open.send({ path: `${path}/callbacks` }),
        cancel: () => tasks.send({ method: 'DELETE', path }),
        read: () => tasks.send({ method: 'GET', path }),
      };
      const happened = await Promise.all(
        Array.from({ length: 32 }, async (_, i) => {
          const act = Object.keys(acts)[i % Object.keys(acts).length] ?? '';
          return { act, answer: await (acts[act] as () => Promise<Delivered>)() };
        }),
      );
      const of = (name: string) => happened.filter(({ act }) => act === name).map(({ answer }) => answer);
      for (const { answer } of happened) expect(answer.status).toBeLessThan(500);
      for (const { status } of of('repeat')) expect(status).toBe(200);
      for (const answer of of('late')) {
        expect(['task_closed', 'token_revoked']).toContain((answer.json as { code: string }).code);
      }
      const task = await readTask(sender.store, taskId);
      const times = of('reopen').filter(({ status }) => status === 201).length;
      expect(times).toBe(1);
      expect(task?.reopenings).toHaveLength(1);
      const cancelled = of('cancel').some(({ status }) => status === 200);
      expect(task?.status).toBe(cancelled ? 'cancelled' : 'pending');
      expect(task?.history.map(({ status }) => status)).toEqual([
        'pending',
        'succeeded',
        'pending',
        ...(cancelled ? ['cancelled'] : []),
      ]);
      expect(task).not.toHaveProperty('result');
      expect(task).not.toHaveProperty('payload');
      // A delivery that was rolled back is in quarantine, unless it was discarded.
      const kept = Object.values(task?.reopened ?? {}).map((entry) => entry.sha256);
      if (of('discard').every(({ status }) => status !== 204)) expect(kept).toEqual([sha256(`wrong ${round}`)]);
    }
  });
});

describe('C7 a dependency that fails', () => {
  test.for([
    ['GetItem', 'header-ocr'],
    ['UpdateItem', 'header-ocr'],
    ['PutItem', 'short-ocr'],
  ] as const)(
    'leads to 503 and a closed task if DynamoDB fails at %s',
    async ([operation, processor], { aClosedTask, reopen, sender }) => {
      const { taskId } = await aClosedTask('wrong', 'result', { processor });
      const before = await readTask(sender.store, taskId);
      sender.dynamodb.inject((request) => (request.operation === operation ? { kind: 'reset' } : undefined));
      expect(await reopen(taskId)).toBeRefusedWith('unavailable');
      sender.clear();
      expect(await readTask(sender.store, taskId)).toEqual(before);
      reopened(await reopen(taskId));
    },
  );

  test('returns the current callbacks after a lost response, and reopens the task once', async ({
    aClosedTask,
    deliver,
    reopen,
    sender,
  }) => {
    const { taskId } = await aClosedTask('wrong');
    sender.dynamodb.injectNext('UpdateItem', { kind: 'lostAnswer' });
    const { callbacks } = reopened(await reopen(taskId));
    expect(sender.dynamodb.count('UpdateItem')).toBe(2);
    expect((await readTask(sender.store, taskId))?.reopenings).toHaveLength(1);
    expect((await deliver(callbacks.result, 'right')).status).toBe(200);
  });
});
