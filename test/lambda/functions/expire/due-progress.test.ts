import { randomInt } from 'node:crypto';
import { DeleteItemCommand, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect } from 'vitest';
import { CLOCK_TOLERANCE_SECONDS, LOOK_BACK_SECONDS } from '../../../../lambda/contract/limits.ts';
import { dueKey } from '../../../../lambda/contract/tables.ts';
import { readDueProgress } from '../../../../lambda/shared/tables/due-progress.ts';
import { at, test as base, type Client, DEADLINE, QUIET } from '../../../support/expire-fixtures.ts';
import { type OpenTask, putTask } from '../../../support/receiver.ts';
import { NOW } from '../../../support/tokens.ts';

const test = base
  /** A pending task that is due at a time. */
  .extend('putDue', ({ key, ownStore }) => (due: number, overrides: Parameters<typeof putTask>[2] = {}) => {
    const expiresAt = at(due - CLOCK_TOLERANCE_SECONDS);
    return putTask(ownStore, key, { deadline: due, due, expiresAt, ...overrides });
  })
  .extend(
    'statusOf',
    ({ taskNow }) =>
      async (task: OpenTask) =>
        (await taskNow(task)).status,
  );

describe('a run', () => {
  test('looks at the entries that are due since the last one, and 30 s before', async ({ putDue, runAt }) => {
    const closed = { status: 'succeeded', change: 'succeeded', closedAt: at(NOW) } as const;
    await Promise.all(Array.from({ length: 10 }, () => putDue(DEADLINE, closed)));
    const read = async (seconds: number) => (await runAt(DEADLINE + seconds, { pageSize: 3 })).entries;
    expect(await read(0)).toBe(10);
    expect(await read(29)).toBe(10);
    expect(await read(60)).toBe(10);
    // The run before was 60 s after they were due, so they are over 30 s back.
    expect(await read(120)).toBe(0);
  });

  test('looks at each entry again when it is 900 s old, once', async ({ putDue, runAt }) => {
    const closed = { status: 'succeeded', change: 'succeeded', closedAt: at(NOW) } as const;
    await Promise.all(Array.from({ length: 10 }, () => putDue(DEADLINE, closed)));
    const seen: number[] = [];
    for (let minute = 0; minute <= 18; minute += 1) {
      const { entries } = await runAt(DEADLINE + minute * 60);
      if (minute > 2) seen.push(Number(entries));
    }
    expect(seen.reduce((sum, one) => sum + one)).toBe(10);
    // 900 s are 15 minutes: the 13th of these runs.
    expect(seen[12]).toBe(10);
  });

  test('expires a task that the index shows 29 s late, within a minute', async ({ putDue, runAt, statusOf }) => {
    await runAt(DEADLINE);
    const late = await putDue(DEADLINE - 29);
    expect((await runAt(DEADLINE + 60)).sum).toEqual({ ...QUIET, expired: 1 });
    expect(await statusOf(late)).toBe('expired');
  });

  test('expires a task that the index shows 899 s late', async ({ putDue, runAt, taskNow }) => {
    await runAt(DEADLINE - 60);
    await runAt(DEADLINE + 898);
    const late = await putDue(DEADLINE);
    // It is later than what a run looks back to.
    expect(LOOK_BACK_SECONDS.recent).toBe(30);
    expect((await runAt(DEADLINE + 899)).sum).toEqual(QUIET);
    expect((await runAt(DEADLINE + 900)).sum).toEqual({ ...QUIET, expired: 1 });
    expect(await taskNow(late)).toMatchObject({ status: 'expired', closedAt: at(DEADLINE), sequence: 2 });
  });

  test('expires a task whose time was moved, at its new time', async ({ ownStore, putDue, runAt, taskNow }) => {
    const task = await putDue(DEADLINE);
    const later = DEADLINE + 7_200;
    await ownStore.client.send(
      new UpdateItemCommand({
        TableName: ownStore.tasksTable,
        Key: { taskId: { S: task.taskId } },
        UpdateExpression: 'SET deadline = :later, due = :later',
        ExpressionAttributeValues: { ':later': { N: `${later}` } },
      }),
    );
    expect((await runAt(later - 1)).sum).toEqual(QUIET);
    expect((await runAt(later)).sum).toEqual({ ...QUIET, expired: 1 });
    expect(await taskNow(task)).toMatchObject({ closedAt: at(later) });
  });

  test('begins with the first task in a table that was restored', async ({ ownStore, putDue, runAt, statusOf }) => {
    const task = await putDue(DEADLINE);
    // The progress that is there is of the table before.
    await ownStore.client.send(
      new PutItemCommand({
        TableName: ownStore.lookupsTable,
        Item: {
          lookupKey: { S: dueKey('tasks-before') },
          shards: { M: { 0: { M: { recent: { N: '9999999999' }, late: { N: '9999999999' } } } } },
        },
      }),
    );
    await runAt(DEADLINE);
    expect(await statusOf(task)).toBe('expired');
  });

  test('begins again with the first task if its progress is deleted', async ({ ownStore, putDue, runAt, statusOf }) => {
    await runAt(DEADLINE + 86_400);
    const forgotten = await putDue(DEADLINE);
    expect((await runAt(DEADLINE + 86_460)).sum).toEqual(QUIET);
    const Key = { lookupKey: { S: dueKey(ownStore.tasksTable) } };
    await ownStore.client.send(new DeleteItemCommand({ TableName: ownStore.lookupsTable, Key }));
    await runAt(DEADLINE + 86_520);
    expect(await statusOf(forgotten)).toBe('expired');
  });
});

describe('C7 the progress of a shard', () => {
  test('stays if the shard cannot be read, and the others go on', async ({
    ownProxy,
    ownStore,
    putDue,
    runAt,
    taskNow,
  }) => {
    await runAt(DEADLINE - 60);
    const tasks = await Promise.all(Array.from({ length: 40 }, () => putDue(DEADLINE)));
    const { shard } = await taskNow(tasks[0] as OpenTask);
    ownProxy.inject(({ input, operation }) =>
      operation === 'Query' && JSON.stringify(input).includes(`":shard":{"N":"${shard}"}`)
        ? { kind: 'error', status: 500 }
        : undefined,
    );
    expect((await runAt(DEADLINE)).error).toBeInstanceOf(Error);
    const progresses = await readDueProgress({ ...ownStore, client: ownStore.client });
    expect(progresses.get(shard)?.recent).toBe(DEADLINE - 60);
    expect(progresses.get((shard + 1) % 16)?.recent).toBe(DEADLINE);
    ownProxy.clear();
    // Hours later, the shard is worked on from where it was.
    const { sum } = await runAt(DEADLINE + 7_200);
    expect(sum.expired).toBe((await Promise.all(tasks.map(taskNow))).filter((task) => task.shard === shard).length);
    for (const task of tasks) expect(await taskNow(task)).toMatchObject({ status: 'expired', sequence: 2 });
  });

  test('stays before a task that cannot be written, and the tasks after it expire', async ({
    ownProxy,
    putDue,
    runAt,
    statusOf,
    taskNow,
  }) => {
    await runAt(DEADLINE - 60);
    const unlucky = await putDue(DEADLINE - 10, { shard: 3 });
    const others = await Promise.all([putDue(DEADLINE - 11, { shard: 3 }), putDue(DEADLINE - 9, { shard: 3 })]);
    ownProxy.inject(({ input, operation }) =>
      operation === 'UpdateItem' && JSON.stringify(input).includes(unlucky.taskId) ? { kind: 'reset' } : undefined,
    );
    for (const seconds of [0, 60, 1_000]) {
      expect((await runAt(DEADLINE + seconds, { pageSize: 1 })).error).toBeInstanceOf(Error);
    }
    for (const task of others) expect(await statusOf(task)).toBe('expired');
    expect(await statusOf(unlucky)).toBe('pending');
    ownProxy.clear();
    await runAt(DEADLINE + 7_200);
    expect(await taskNow(unlucky)).toMatchObject({ status: 'expired', closedAt: at(DEADLINE - 10) });
  });

  test('is not lost with a run that ends before it is stored: the next one repeats it', async ({
    ownProxy,
    putDue,
    runAt,
    taskNow,
  }) => {
    await runAt(DEADLINE - 60);
    const task = await putDue(DEADLINE);
    ownProxy.inject(({ operation }) => (operation === 'PutItem' ? { kind: 'reset' } : undefined));
    const failed = await runAt(DEADLINE);
    expect(failed.error).toBeInstanceOf(Error);
    expect(failed.counts).toEqual({ TaskExpired: 1 });
    ownProxy.clear();
    const meanwhile = await putDue(DEADLINE - 59);
    expect((await runAt(DEADLINE + 60)).sum).toEqual({ ...QUIET, expired: 1 });
    expect(await taskNow(task)).toMatchObject({ status: 'expired', sequence: 2 });
    expect(await taskNow(meanwhile)).toMatchObject({ status: 'expired' });
  });

  test('cannot be read: the run fails, and expires nothing', async ({ ownProxy, putDue, runAt, statusOf }) => {
    const task = await putDue(DEADLINE);
    ownProxy.inject(({ operation }) => (operation === 'GetItem' ? { kind: 'error', status: 500 } : undefined));
    expect((await runAt(DEADLINE)).error).toBeInstanceOf(Error);
    expect(await statusOf(task)).toBe('pending');
    ownProxy.clear();
    expect((await runAt(DEADLINE + 60)).sum).toEqual({ ...QUIET, expired: 1 });
  });

  test('may go back with a run that ends late, and loses no task', async ({ ownStore, putDue, runAt, statusOf }) => {
    await runAt(DEADLINE - 60);
    // The slow run stores its progress after a later run has stored its own.
    const slow: Client = {
      send: (async (command: PutItemCommand) => {
        if (command instanceof PutItemCommand) await runAt(DEADLINE + 120);
        return ownStore.client.send(command);
      }) as Client['send'],
    };
    await runAt(DEADLINE, { client: slow });
    expect((await readDueProgress(ownStore)).get(5)?.recent).toBe(DEADLINE);
    const late = await putDue(DEADLINE + 100);
    await runAt(DEADLINE + 180);
    expect(await statusOf(late)).toBe('expired');
  });

  test('does not go back with a clock that does', async ({ ownStore, putDue, runAt, statusOf }) => {
    await runAt(DEADLINE);
    const task = await putDue(DEADLINE + 30);
    expect((await runAt(DEADLINE - 300)).sum).toEqual(QUIET);
    expect((await readDueProgress(ownStore)).get(0)).toEqual({ recent: DEADLINE, late: DEADLINE - 900 });
    await runAt(DEADLINE + 60);
    expect(await statusOf(task)).toBe('expired');
  });
});

describe('C7 whatever fails, and however late the index is', () => {
  test('every task expires once, at its own time, and no other does', async ({ ownProxy, putDue, runAt, taskNow }) => {
    const pending: { readonly task: OpenTask; readonly due: number }[] = [];
    let now = DEADLINE;
    const end = DEADLINE + 6_000;
    while (now < end) {
      now += randomInt(30, 400);
      // The index shows some tasks up to 899 s after they are due, and others before that.
      const dues = Array.from({ length: 4 }, () => now + randomInt(-899, 900));
      pending.push(...(await Promise.all(dues.map(async (due) => ({ task: await putDue(due), due })))));
      const failing = ['Query', 'UpdateItem', 'PutItem', 'BatchGetItem', 'none', 'none'][randomInt(6)];
      ownProxy.inject(({ operation }) =>
        operation === failing && randomInt(2) === 0 ? { kind: 'error', status: 500 } : undefined,
      );
      const isShort = randomInt(4) === 0;
      let looks = 0;
      const remaining = () => {
        looks += 1;
        return isShort && looks > 20 ? 0 : 60_000;
      };
      await Promise.all(Array.from({ length: randomInt(1, 3) }, () => runAt(now, { pageSize: 2, remaining })));
      for (const { due, task } of pending) {
        if (due > now) expect((await taskNow(task)).status).toBe('pending');
      }
    }
    ownProxy.clear();
    await runAt(end + 900);
    await runAt(end + 2_700);
    for (const { due, task } of pending) {
      expect(await taskNow(task)).toMatchObject({ status: 'expired', closedAt: at(due), sequence: 2 });
    }
  });
});
