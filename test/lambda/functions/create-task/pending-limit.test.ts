import { describe, expect } from 'vitest';
import { createPendingLimit } from '../../../../lambda/functions/create-task/pending-limit.ts';
import { anApplication, applicationsOf } from '../../../support/applications.ts';
import { test as base } from '../../../support/fixtures.ts';
import '../../../support/matchers.ts';
import { putTask, readTask } from '../../../support/receiver.ts';
import type { SenderFunction } from '../../../support/sender-api.ts';
import { aTaskBody, type Opened } from '../../../support/sender-world.ts';
import { NOW } from '../../../support/tokens.ts';

const SMALL = applicationsOf(
  anApplication({ id: 'small', clients: ['local-sender'], pendingLimit: 3 }),
  anApplication({ id: 'large', clients: ['large'] }),
);

const postTo =
  (open: SenderFunction) =>
  (headers: Record<string, string> = {}) =>
    open.send({
      path: '/v1/tasks',
      body: JSON.stringify(aTaskBody()),
      headers: { 'content-type': 'application/json', ...headers },
    });

const test = base
  .extend('own', ({ ownStore, sender }) => ({
    dynamodb: ownStore.createCall(sender.dynamodb.endpoint),
    tasksTable: ownStore.tasksTable,
    lookupsTable: ownStore.lookupsTable,
    applications: SMALL,
  }))
  .extend('open', ({ own, sender }) => sender.opener(own))
  .extend('tasks', ({ own, ownStore, sender }) =>
    sender.tasks({ ...own, dynamodb: ownStore.connect({ endpoint: sender.dynamodb.endpoint }) }),
  )
  .extend('post', ({ open }) => postTo(open));

describe('a pendingLimit of 3', () => {
  test('lets three tasks be pending, refuses the fourth, and makes room when one is closed', async ({
    post,
    tasks,
  }) => {
    const { taskId } = (await post()).json as Opened;
    expect((await post()).status).toBe(201);
    expect((await post()).status).toBe(201);
    const refused = await post();
    expect(refused).toBeRefusedWith('too_many_pending');
    expect(refused.status).toBe(429);
    expect(refused.headers['Retry-After']).toBe('2');
    expect((await tasks.send({ method: 'DELETE', path: `/v1/tasks/${taskId}` })).status).toBe(200);
    expect((await post()).status).toBe(201);
    expect(await post()).toBeRefusedWith('too_many_pending');
  });

  test('signs and stores nothing for a refused request', async ({ own, post, sender }) => {
    for (let i = 0; i < 3; i += 1) await post();
    const open = sender.opener({ ...own, ...sender.signBy('kms') });
    sender.clear();
    await postTo(open)();
    expect(sender.keyService.count('Sign')).toBe(0);
    expect(sender.dynamodb.count()).toBe(sender.dynamodb.count('Query'));
    expect(open.lines.at(-1)).toMatchObject({ code: 'too_many_pending', application: 'small' });
  });

  test('lets an idempotent repeat pass', async ({ post }) => {
    const key = { 'idempotency-key': 'the-same' };
    const first = await post(key);
    await post();
    await post();
    const repeated = await post(key);
    expect(repeated.status).toBe(201);
    expect(repeated.headers['Idempotency-Replayed']).toBe('true');
    expect((repeated.json as Opened).taskId).toBe((first.json as Opened).taskId);
    expect(await post({ 'idempotency-key': 'another' })).toBeRefusedWith('too_many_pending');
  });

  test('does not count tasks of other applications', async ({ key, ownStore, post }) => {
    for (let i = 0; i < 5; i += 1) await putTask(ownStore, key, { application: 'large', dueShard: 3 });
    for (let i = 0; i < 3; i += 1) expect((await post()).status).toBe(201);
    expect(await post()).toBeRefusedWith('too_many_pending');
  });

  test('of `default` counts tasks from before applications', async ({ key, own, ownStore, sender }) => {
    await putTask(ownStore, key, { application: undefined as never, dueShard: 3 });
    const applications = applicationsOf(anApplication({ pendingLimit: 1 }));
    const event = {
      path: '/v1/tasks',
      body: JSON.stringify(aTaskBody()),
      headers: { 'content-type': 'application/json' },
    };
    expect(await sender.opener({ ...own, applications }).send(event)).toBeRefusedWith('too_many_pending');
  });

  test('without a limit counts nothing', async ({ own, sender }) => {
    const open = sender.opener({ ...own, applications: applicationsOf(anApplication()) });
    sender.clear();
    const event = {
      path: '/v1/tasks',
      body: JSON.stringify(aTaskBody()),
      headers: { 'content-type': 'application/json' },
    };
    expect((await open.send(event)).status).toBe(201);
    expect(sender.dynamodb.count('Query')).toBe(0);
  });

  test.for([
    ['of an application with a limit', 3, 'current', true],
    ['of an application without one', null, 'current', false],
    ['of any application while a table gets its indexes', null, 'former', true],
  ] as const)(
    'puts tasks %s into the index: %s, %s: %s',
    async ([, pendingLimit, layout, isCounted], { own, ownStore, sender }) => {
      const applications = applicationsOf(anApplication({ pendingLimit }));
      const event = {
        path: '/v1/tasks',
        body: JSON.stringify(aTaskBody()),
        headers: { 'content-type': 'application/json' },
      };
      const { taskId } = (await sender.opener({ ...own, applications, layout }).send(event)).json as Opened;
      const task = await readTask(ownStore, taskId);
      expect(task?.dueShard).toBe(isCounted ? task?.shard : undefined);
    },
  );

  test('C7 does not open a task that cannot be counted', async ({ post, sender }) => {
    sender.dynamodb.inject(({ operation }) => (operation === 'Query' ? { kind: 'throttled' } : undefined));
    expect(await post()).toBeRefusedWith('unavailable');
  });
});

/** A limit over a number of pending tasks that the test sets. */
const aLimit = (limit: number) => {
  const state = { pending: 0, counted: 0, now: NOW * 1000 };
  const { check, noteCreated } = createPendingLimit({
    store: {
      countPending: async (_application, enough) => {
        state.counted += 1;
        return Math.min(state.pending, enough);
      },
    },
    now: () => state.now,
  });
  const application = anApplication({ pendingLimit: limit });
  return {
    state,
    /** Creates a task, if the limit allows it. */
    create: async (): Promise<boolean> => {
      if ((await check(application)) !== undefined) return false;
      noteCreated(application);
      return true;
    },
  };
};

describe('counting', () => {
  test('is for each task up to a limit of 100', async () => {
    const { create, state } = aLimit(100);
    state.pending = 99;
    expect(await create()).toBe(true);
    // Another process has created one meanwhile.
    state.pending = 100;
    expect(await create()).toBe(false);
    state.pending = 99;
    expect(await create()).toBe(true);
    expect(state.counted).toBe(3);
  });

  test('serves for 5 seconds from a limit of 101, with the tasks that this process creates', async () => {
    const { create, state } = aLimit(101);
    for (let i = 0; i < 101; i += 1) expect(await create()).toBe(true);
    expect(state.counted).toBe(1);
    state.now += 4_999;
    state.pending = 101;
    // It counts again before it refuses.
    expect(await create()).toBe(false);
    expect(state.counted).toBe(2);
    state.pending = 100;
    expect(await create()).toBe(true);
    expect(state.counted).toBe(3);
  });

  test('is done again after 5 seconds', async () => {
    const { create, state } = aLimit(1_000);
    await create();
    state.now += 4_999;
    await create();
    expect(state.counted).toBe(1);
    state.now += 1;
    state.pending = 1_000;
    expect(await create()).toBe(false);
    expect(state.counted).toBe(2);
  });

  test('that failed serves nobody', async () => {
    let failures = 1;
    const { check } = createPendingLimit({
      store: {
        countPending: async () => {
          failures -= 1;
          if (failures >= 0) throw new Error('no answer');
          return 0;
        },
      },
      now: () => NOW * 1000,
    });
    const application = anApplication({ pendingLimit: 1_000 });
    await expect(check(application)).rejects.toMatchObject({ refusal: { code: 'unavailable' } });
    expect(await check(application)).toBeUndefined();
  });
});
