import { DeleteItemCommand, type DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect } from 'vitest';
import { INDEX_SHARDS, NEVER } from '../../../../lambda/contract/limits.ts';
import { RESERVE_MILLISECONDS } from '../../../../lambda/functions/expire/expire-tasks.ts';
import { showTask } from '../../../../lambda/shared/tables/task-view.ts';
import type { Delivered } from '../../../support/delivered.ts';
import { at, test as base, type Client, DEADLINE, EXP, HEARTBEAT, QUIET } from '../../../support/expire-fixtures.ts';
import { aReceiver, type OpenTask, putTask, type ReceiverFixture, readTask } from '../../../support/receiver.ts';
import '../../../support/matchers.ts';
import { NOW } from '../../../support/tokens.ts';

const deliver = (receiver: ReceiverFixture, task: OpenTask, capability: 'result' | 'progress', body: string) =>
  receiver.deliver({
    path: task.path(capability),
    headers: {
      authorization: `Bearer ${task.tokens[capability]}`,
      'content-type': capability === 'progress' ? 'application/json' : 'text/plain',
    },
    body,
  });

const isFor = (task: OpenTask, input: object) => JSON.stringify(input).includes(task.taskId);

const test = base
  /** A client that lets something happen right before the first write of a kind. */
  .extend(
    'interruptedBy',
    ({ ownStore }) =>
      (meanwhile: () => Promise<unknown>, isIt: (input: object) => boolean = () => true): Client => {
        let done = false;
        const send = async (command: Parameters<DynamoDBClient['send']>[0]) => {
          if (!done && command instanceof UpdateItemCommand && isIt(command.input)) {
            done = true;
            await meanwhile();
          }
          return ownStore.client.send(command as UpdateItemCommand);
        };
        return { send } as Client;
      },
  );

describe('a task past its time', () => {
  test('is expired as of its deadline: what readers have shown since, now written down', async ({
    key,
    ownStore,
    runAt,
    taskNow,
  }) => {
    const task = await putTask(ownStore, key);
    const shown = showTask(await taskNow(task), DEADLINE + 90);
    const { error, sum, counts } = await runAt(DEADLINE + 90);
    expect(error).toBeUndefined();
    expect(sum).toEqual({ ...QUIET, expired: 1 });
    expect(counts).toEqual({ TaskExpired: 1 });
    const item = await taskNow(task);
    expect(item).toMatchObject({
      status: 'expired',
      change: 'expired',
      sequence: 2,
      closedAt: at(DEADLINE),
      changedAt: at(DEADLINE),
      history: [
        { at: at(NOW), status: 'pending' },
        { at: at(DEADLINE), status: 'expired' },
      ],
    });
    // It leaves the index of counted pending tasks, and stays in that of deadlines.
    expect(item).not.toHaveProperty('dueShard');
    expect(item.due).toBe(DEADLINE);
    expect(shown.status).toBe('expired');
    expect(showTask(item, DEADLINE + 90)).toEqual(shown);
  });

  test('is expired as of its heartbeat, where that failed to come', async ({ runAt, taskNow, withHeartbeat }) => {
    const task = await withHeartbeat();
    const shown = showTask(await taskNow(task), NOW + HEARTBEAT + 30);
    await runAt(NOW + HEARTBEAT + 30);
    expect(await taskNow(task)).toMatchObject({ status: 'expired', closedAt: at(NOW + HEARTBEAT) });
    expect(showTask(await taskNow(task), NOW + HEARTBEAT + 30)).toEqual(shown);
  });

  test('is one from the very second of its deadline on, not a second earlier', async ({
    key,
    ownStore,
    runAt,
    taskNow,
  }) => {
    const task = await putTask(ownStore, key);
    expect((await runAt(DEADLINE - 1)).sum).toEqual(QUIET);
    expect((await taskNow(task)).status).toBe('pending');
    expect((await runAt(DEADLINE)).sum).toEqual({ ...QUIET, expired: 1 });
  });

  test('is expired once, however often and by however many runs at a time', async ({
    key,
    ownStore,
    runAt,
    taskNow,
  }) => {
    const tasks = await Promise.all(Array.from({ length: 20 }, () => putTask(ownStore, key)));
    const runs = await Promise.all([runAt(DEADLINE), runAt(DEADLINE), runAt(DEADLINE + 60)]);
    expect(runs.map(({ sum }) => Number(sum.expired)).reduce((all, one) => all + one)).toBe(20);
    expect((await runAt(DEADLINE + 120)).sum).toEqual(QUIET);
    const expired = { status: 'expired', sequence: 2, revision: 2 };
    for (const task of tasks) expect(await taskNow(task)).toMatchObject(expired);
  });

  test('is found among any number, in every shard, without a scan', async ({
    key,
    ownProxy,
    ownStore,
    runAt,
    taskNow,
  }) => {
    const tasks = await Promise.all(Array.from({ length: 120 }, () => putTask(ownStore, key)));
    const alive = await putTask(ownStore, key, { deadline: DEADLINE + 3_600, due: DEADLINE + 3_600 });
    const untouched = await taskNow(alive);
    const { sum, counts, lines } = await runAt(DEADLINE, { pageSize: 3 });
    expect(sum).toEqual({ ...QUIET, expired: 120 });
    expect(counts).toEqual({ TaskExpired: 120 });
    expect(lines).toHaveLength(1);
    for (const task of tasks) expect((await taskNow(task)).status).toBe('expired');
    expect(await taskNow(alive)).toEqual(untouched);
    expect(ownProxy.count('Scan')).toBe(0);
    expect(ownProxy.count('UpdateItem')).toBe(120);
    const queried = ownProxy.requests
      .filter(({ operation }) => operation === 'Query')
      .map(({ input }) => JSON.stringify(input));
    for (let shard = 0; shard < INDEX_SHARDS.default; shard += 1) {
      expect(queried.some((input) => input.includes(`":shard":{"N":"${shard}"}`))).toBe(true);
    }
  });

  test('is found in every shard, also if the task was created when there were fewer shards', async ({
    key,
    ownProxy,
    ownStore,
    runAt,
    taskNow,
  }) => {
    const shardsAt = [0, INDEX_SHARDS.default - 1, INDEX_SHARDS.default, 39];
    const tasks = await Promise.all(shardsAt.map((shard) => putTask(ownStore, key, { shard })));
    expect((await runAt(DEADLINE, { indexShards: 40 })).sum).toEqual({ ...QUIET, expired: shardsAt.length });
    for (const task of tasks) expect((await taskNow(task)).status).toBe('expired');
    expect(ownProxy.count('Query')).toBe(40);
  });

  test('is not created again if it is deleted', async ({ interruptedBy, key, ownStore, runAt }) => {
    // The index still has the task, and its item was just deleted.
    const task = await putTask(ownStore, key);
    const { sum } = await runAt(DEADLINE, {
      client: interruptedBy(async () => {
        await ownStore.client.send(
          new DeleteItemCommand({ TableName: ownStore.tasksTable, Key: { taskId: { S: task.taskId } } }),
        );
      }),
    });
    expect(sum).toEqual({ ...QUIET, missing: 1 });
    expect(await readTask(ownStore, task.taskId)).toBeUndefined();
  });
});

describe('a heartbeat', () => {
  test('moves the task in the index without an event', async ({ runAt, taskNow, withHeartbeat }) => {
    const moved = NOW + 200 + HEARTBEAT;
    const task = await withHeartbeat({ heartbeatDeadline: moved, sequence: 2, change: 'progressed' });
    const { error, sum, counts } = await runAt(NOW + HEARTBEAT + 60);
    expect(error).toBeUndefined();
    expect(sum).toEqual({ ...QUIET, rescheduled: 1 });
    expect(counts).toEqual({ TaskExpired: 0 });
    expect(await taskNow(task)).toMatchObject({ status: 'pending', due: moved, change: 'rescheduled', sequence: 2 });
    // And there it is found when it is over.
    await runAt(moved - 1);
    expect((await taskNow(task)).status).toBe('pending');
    await runAt(moved);
    expect(await taskNow(task)).toMatchObject({ status: 'expired', closedAt: at(moved), sequence: 3 });
  });

  test('ends the task at its new second if no further heartbeat comes', async ({ runAt, taskNow, withHeartbeat }) => {
    const moved = NOW + 100 + HEARTBEAT;
    const task = await withHeartbeat({ heartbeatDeadline: moved });
    expect((await runAt(moved)).sum).toEqual({ ...QUIET, expired: 1 });
    expect(await taskNow(task)).toMatchObject({ status: 'expired', closedAt: at(moved), sequence: 2 });
  });

  test('never outlives the deadline', async ({ runAt, taskNow, withHeartbeat }) => {
    const task = await withHeartbeat({ heartbeatDeadline: DEADLINE + 100 });
    await runAt(DEADLINE - 1);
    expect(await taskNow(task)).toMatchObject({ status: 'pending', due: DEADLINE });
    await runAt(DEADLINE);
    expect(await taskNow(task)).toMatchObject({ status: 'expired', closedAt: at(DEADLINE) });
  });

  test('keeps the task pending if it comes while the task is being expired', async ({
    interruptedBy,
    key,
    ownStore,
    runAt,
    taskNow,
    withHeartbeat,
  }) => {
    const task = await withHeartbeat();
    const receiver = aReceiver({ store: ownStore, keys: [key] });
    // The receiver's clock is a little behind.
    receiver.at(NOW + HEARTBEAT - 1);
    const { sum } = await runAt(NOW + HEARTBEAT, {
      client: interruptedBy(async () =>
        expect((await deliver(receiver, task, 'progress', '{"percent":40}')).status).toBe(200),
      ),
    });
    expect(sum).toEqual({ ...QUIET, rescheduled: 1 });
    const due = NOW + HEARTBEAT - 1 + HEARTBEAT;
    expect(await taskNow(task)).toMatchObject({ status: 'pending', due, heartbeatDeadline: due, sequence: 2 });
  });

  test('is found later if it comes while the task is being moved', async ({
    interruptedBy,
    key,
    ownStore,
    runAt,
    taskNow,
    withHeartbeat,
  }) => {
    const task = await withHeartbeat({ heartbeatDeadline: NOW + 100 + HEARTBEAT });
    const receiver = aReceiver({ store: ownStore, keys: [key] });
    receiver.at(NOW + 350);
    const isMove = (input: { readonly UpdateExpression?: string }) =>
      input.UpdateExpression?.includes('due = ') ?? false;
    const { error, sum } = await runAt(NOW + 350, {
      client: interruptedBy(() => deliver(receiver, task, 'progress', '{}'), isMove),
    });
    expect(error).toBeUndefined();
    expect(sum).toEqual({ ...QUIET, rescheduled: 1 });
    // Too early in the index is right; too late would not be.
    expect(await taskNow(task)).toMatchObject({ due: NOW + 400, heartbeatDeadline: NOW + 650 });
    await runAt(NOW + 400);
    expect(await taskNow(task)).toMatchObject({ status: 'pending', due: NOW + 650 });
  });
});

describe('a result that races with expiry', () => {
  test('and comes first is the result', async ({ interruptedBy, key, ownStore, runAt, taskNow }) => {
    const task = await putTask(ownStore, key);
    const receiver = aReceiver({ store: ownStore, keys: [key] });
    receiver.at(EXP);
    const { error, sum, counts } = await runAt(DEADLINE, {
      client: interruptedBy(() => deliver(receiver, task, 'result', 'in time')),
    });
    expect(error).toBeUndefined();
    expect(sum).toEqual({ ...QUIET, missing: 1 });
    expect(counts).toEqual({ TaskExpired: 0 });
    expect(await taskNow(task)).toMatchObject({ status: 'succeeded', sequence: 2 });
  });

  test('ends in exactly one of the two, whichever it is', async ({ key, ownStore, runAt, taskNow }) => {
    const tasks = await Promise.all(Array.from({ length: 45 }, () => putTask(ownStore, key)));
    const receiver = aReceiver({ store: ownStore, keys: [key] });
    // Clocks that disagree: for the receiver the tasks still have a few seconds.
    receiver.at(EXP);
    // A third comes just before the expirer's write, a third at the same time, a third just after.
    const answers = new Map<OpenTask, Promise<Delivered>>();
    const send = async (command: Parameters<DynamoDBClient['send']>[0]) => {
      const i = command instanceof UpdateItemCommand ? tasks.findIndex((task) => isFor(task, command.input)) : -1;
      const task = tasks[i];
      const start = () => task && answers.set(task, answers.get(task) ?? deliver(receiver, task, 'result', 'a result'));
      if (i % 3 < 2) start();
      if (i % 3 === 0) await (task && answers.get(task));
      try {
        return await ownStore.client.send(command as UpdateItemCommand);
      } finally {
        start();
      }
    };
    await runAt(DEADLINE, { client: { send } as Client });

    const ends = new Set<string>();
    for (const task of tasks) {
      const answer = await answers.get(task);
      const item = await taskNow(task);
      expect(item.history.filter(({ status }) => status !== 'pending')).toHaveLength(1);
      expect(item.status).toBe(answer?.status === 200 ? 'succeeded' : 'expired');
      expect(item.result === undefined).toBe(item.status === 'expired');
      if (item.status === 'expired') expect(answer).toBeRefusedWith('token_expired');
      ends.add(item.status);
    }
    expect([...ends].sort()).toEqual(['expired', 'succeeded']);
  });

  test('a task that was closed, and is still in the index, is left as it is', async ({
    key,
    ownStore,
    runAt,
    taskNow,
  }) => {
    const task = await putTask(ownStore, key, { status: 'cancelled', closedAt: at(NOW + 10), change: 'cancelled' });
    const untouched = await taskNow(task);
    expect((await runAt(DEADLINE)).sum).toEqual(QUIET);
    expect(await taskNow(task)).toEqual(untouched);
  });
});

describe('C7 a store that fails', () => {
  test.for([
    ['throttles', { kind: 'throttled' }],
    ['answers 500 for', { kind: 'error', status: 500 }],
    ['hangs up on', { kind: 'reset' }],
  ] as const)(
    'and %s one task stops no other; the run fails, the next one finds it',
    async ([_, fault], { key, ownProxy, ownStore, runAt, taskNow }) => {
      const tasks = await Promise.all(Array.from({ length: 12 }, () => putTask(ownStore, key)));
      const [unlucky, ...others] = tasks as [OpenTask, ...OpenTask[]];
      ownProxy.inject(({ input, operation }) =>
        operation === 'UpdateItem' && isFor(unlucky, input) ? fault : undefined,
      );
      const { counts, error, lines, sum } = await runAt(DEADLINE);
      expect(error).toBeInstanceOf(Error);
      expect(sum).toEqual({ expired: 11, rescheduled: 0, missing: 0, failures: 1, complete: false });
      expect(counts).toEqual({ TaskExpired: 11 });
      expect(lines.map(({ level }) => level)).toEqual(['ERROR', 'ERROR']);
      expect(lines[0]).toMatchObject({ taskId: unlucky.taskId, reason: expect.any(String) });
      for (const task of others) expect((await taskNow(task)).status).toBe('expired');
      expect((await taskNow(unlucky)).status).toBe('pending');
      ownProxy.clear();
      expect((await runAt(DEADLINE + 60)).sum).toEqual({ ...QUIET, expired: 1 });
      expect(await taskNow(unlucky)).toMatchObject({ status: 'expired', closedAt: at(DEADLINE) });
    },
  );

  test('affects only the shard that it fails for', async ({ key, ownProxy, ownStore, runAt, taskNow }) => {
    const tasks = await Promise.all(Array.from({ length: 40 }, () => putTask(ownStore, key)));
    const shard = (await taskNow(tasks[0] as OpenTask)).shard;
    ownProxy.inject(({ input, operation }) =>
      operation === 'Query' && JSON.stringify(input).includes(`":shard":{"N":"${shard}"}`)
        ? { kind: 'error', status: 500 }
        : undefined,
    );
    const { error, sum } = await runAt(DEADLINE);
    expect(error).toBeInstanceOf(Error);
    expect(sum).toMatchObject({ failures: 1, complete: false });
    for (const task of tasks) {
      const item = await taskNow(task);
      expect(item.status).toBe(item.shard === shard ? 'pending' : 'expired');
    }
  });

  test('fails the run if every write fails, and limits its log lines', async ({ key, ownProxy, ownStore, runAt }) => {
    await Promise.all(Array.from({ length: 30 }, () => putTask(ownStore, key)));
    ownProxy.inject(({ operation }) => (operation === 'UpdateItem' ? { kind: 'error', status: 500 } : undefined));
    const client = ownStore.connect({ endpoint: ownProxy.endpoint, maxAttempts: 1 });
    const { counts, error, lines, sum } = await runAt(DEADLINE, { client });
    expect(error).toBeInstanceOf(Error);
    expect(sum).toMatchObject({ expired: 0, failures: 30 });
    expect(counts).toEqual({ TaskExpired: 0 });
    expect(lines.length).toBeLessThan(15);
  });

  test('has a conflict: the callback’s transaction passes, and expiry tries again', async ({
    key,
    ownProxy,
    ownStore,
    runAt,
    taskNow,
  }) => {
    const task = await putTask(ownStore, key);
    ownProxy.injectNext('UpdateItem', { kind: 'conflict' }, { kind: 'conflict' });
    expect((await runAt(DEADLINE)).sum).toEqual({ ...QUIET, expired: 1 });
    expect(await taskNow(task)).toMatchObject({ status: 'expired', sequence: 2 });
  });

  test('and loses its answer has expired the task once all the same', async ({
    key,
    ownProxy,
    ownStore,
    runAt,
    taskNow,
  }) => {
    const task = await putTask(ownStore, key);
    ownProxy.injectNext('UpdateItem', { kind: 'lostAnswer' });
    expect((await runAt(DEADLINE)).error).toBeUndefined();
    expect(await taskNow(task)).toMatchObject({ status: 'expired', sequence: 2 });
  });
});

describe('a run whose time is nearly up', () => {
  test('begins nothing more, says so, and leaves the rest to the next', async ({
    key,
    ownProxy,
    ownStore,
    runAt,
    taskNow,
  }) => {
    const tasks = await Promise.all(Array.from({ length: 60 }, () => putTask(ownStore, key)));
    let looks = 0;
    const remaining = () => {
      looks += 1;
      return looks > 40 ? RESERVE_MILLISECONDS - 1 : RESERVE_MILLISECONDS;
    };
    // Without a time limit: on a busy machine, a write that took a second would be made twice, and found done.
    const client = ownStore.connect({ endpoint: ownProxy.endpoint });
    const { error, sum } = await runAt(DEADLINE, { client, remaining, pageSize: 2 });
    expect(error).toBeUndefined();
    expect(sum.complete).toBe(false);
    const expired = await Promise.all(tasks.map(async (task) => (await taskNow(task)).status === 'expired'));
    const some = expired.filter(Boolean).length;
    expect(some).toBe(sum.expired);
    expect(some).toBeGreaterThan(0);
    expect(some).toBeLessThan(60);
    expect((await runAt(DEADLINE + 60, { client })).sum).toEqual({ ...QUIET, expired: 60 - some });
  });
});

test('no heartbeat means that none is ever missed', async ({ key, ownStore, runAt, taskNow }) => {
  const task = await putTask(ownStore, key, { heartbeatDeadline: NEVER + 12 });
  await runAt(DEADLINE);
  expect(await taskNow(task)).toMatchObject({ status: 'expired', closedAt: at(DEADLINE) });
});
