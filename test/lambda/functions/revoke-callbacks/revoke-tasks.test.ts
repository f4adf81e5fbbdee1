import { DeleteItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect } from 'vitest';
import type { TaskItem } from '../../../../lambda/contract/task.ts';
import type { TaskRevocations } from '../../../../lambda/functions/revoke-callbacks/task-revocations.ts';
import {
  aBulkFixture,
  anAuditEntry,
  type BulkFixture,
  readAudit,
  readTasks,
} from '../../../support/bulk-revocations.ts';
import type { TestStore } from '../../../support/engine.ts';
import { test } from '../../../support/fixtures.ts';
import { aStoredTask, storePending, storeTasks } from '../../../support/stored-task.ts';
import { NOW } from '../../../support/tokens.ts';

type Client = Pick<DynamoDBClient, 'send'>;
type Command = Parameters<Client['send']>[0];

/** A client whose requests a test can watch, hold and fail. `number` is 1 for the first request. */
const hooked = (
  client: Client,
  send: (command: Command, number: number, forward: () => Promise<unknown>) => unknown,
) => {
  let number = 0;
  return {
    send: async (command: Command) => {
      number += 1;
      return await send(command, number, () => client.send(command as never));
    },
    count: () => number,
  } as Client & { count(): number };
};

class Crash extends Error {}

/** The client of a worker that crashes at one of its requests: before DynamoDB has it, or before its response. */
const crashing = (client: Client, at: number, when: 'before' | 'after') =>
  hooked(client, async (_, number, forward) => {
    if (number > at || (number === at && when === 'before')) throw new Crash();
    const response = await forward();
    if (number === at) throw new Crash();
    return response;
  });

const revoked = (tasks: readonly TaskItem[]): readonly TaskItem[] =>
  tasks.filter((task) => task.revokedAt !== undefined);

/** Every task was changed at most once, and each change has one audit item with its revisions. */
const expectEachOnce = async (store: TestStore, jobId: string): Promise<number> => {
  const items = (await readAudit(store)).filter((item) => item.action === 'revoke' && item.jobId === jobId);
  const ids = new Set(items.map(({ taskId }) => taskId));
  const tasks = (await readTasks(store)).filter(({ taskId }) => ids.has(taskId));
  expect(ids.size).toBe(items.length);
  expect(tasks).toHaveLength(items.length);
  for (const task of tasks) {
    expect(task).toMatchObject({ status: 'pending', callbacks: {}, revision: 2, sequence: 2, change: 'revoked' });
    expect(Object.keys(task.revoked ?? {}).sort()).toEqual(['progress', 'result']);
    expect(task.journal).toEqual([expect.objectContaining({ kind: 'revoked', reason: 'their database leaked' })]);
  }
  for (const item of items) {
    expect(item).toMatchObject({ outcome: 'done', revision: { before: 1, after: 2 }, target: item.taskId });
  }
  return items.length;
};

/** Runs workers until the job has ended. A worker that crashed holds its lease for half a minute. */
const workUntilDone = async (bulk: BulkFixture, jobId: string): Promise<void> => {
  for (let run = 0; run < 5; run += 1) {
    bulk.pass(31_000);
    await bulk.work();
    if ((await bulk.job(jobId)).state === 'done') return;
  }
  throw new Error('The job does not end.');
};

describe('a job', () => {
  test('revokes every task of its plan, and no other', async ({ ownStore: store }) => {
    const planned = await storePending(store, 120);
    const bulk = aBulkFixture(store);
    const jobId = await bulk.start();
    bulk.pass(1_000);
    const createdAt = new Date(bulk.now()).toISOString();
    await storeTasks(store, [aStoredTask({ createdAt }), aStoredTask({ processor: 'header-ocr' })]);
    await bulk.work();
    expect(await bulk.job(jobId)).toMatchObject({ state: 'done', count: 120, done: 120, skipped: 0, failed: [] });
    expect(await expectEachOnce(store, jobId)).toBe(120);
    expect(
      revoked(await readTasks(store))
        .map(({ taskId }) => taskId)
        .sort(),
    ).toEqual([...planned].sort());
    expect(bulk.counts()).toMatchObject({ 'OperatorActions/revoke': 120 });
    const items = (await readAudit(store)).filter(({ action }) => action === 'revoke');
    // The first batch has the time of the confirmation.
    const times = [...new Set(items.map(({ at }) => Date.parse(at) - NOW * 1000))].sort();
    expect(times).toEqual([0, 1_000, 2_000]);
  });

  test('skips tasks that have changed since the plan', async ({ ownStore: store }) => {
    const planned = await storePending(store, 10);
    const bulk = aBulkFixture(store);
    const jobId = await bulk.start();
    bulk.pass(2_000);
    const [succeeded, cancelled, reissued, revokedBefore, overdue, deleted, ...unchanged] = planned;
    await storeTasks(store, [
      aStoredTask({ taskId: succeeded as string, status: 'succeeded' }),
      aStoredTask({ taskId: cancelled as string, status: 'cancelled' }),
      aStoredTask({ taskId: reissued as string, reissuedAt: NOW + 1 }),
      aStoredTask({ taskId: revokedBefore as string, callbacks: {} }),
      aStoredTask({ taskId: overdue as string, deadline: NOW + 2 }),
    ]);
    await store.client.send(
      new DeleteItemCommand({ TableName: store.tasksTable, Key: { taskId: { S: deleted as string } } }),
    );
    await bulk.work();
    expect(await bulk.job(jobId)).toMatchObject({ state: 'done', count: 10, done: 4, skipped: 6, failed: [] });
    expect(
      revoked(await readTasks(store))
        .map(({ taskId }) => taskId)
        .sort(),
    ).toEqual([...unchanged].sort());
  });

  test('revokes a task that changes while it works, if its callbacks are still those of the plan', async ({
    ownStore: store,
  }) => {
    const [taskId = ''] = await storePending(store, 1);
    const bulk = aBulkFixture(store);
    const jobId = await bulk.start();
    let changes = 0;
    const client = hooked(store.client, async (command, _, forward) => {
      if (command.constructor.name === 'TransactWriteItemsCommand' && changes < 3) {
        changes += 1;
        await storeTasks(store, [aStoredTask({ taskId, revision: 1 + changes })]);
      }
      return await forward();
    });
    await bulk.work({ client });
    expect(await bulk.job(jobId)).toMatchObject({ state: 'done', done: 1, skipped: 0, failed: [] });
    const [item] = (await readAudit(store)).filter(({ action }) => action === 'revoke');
    expect(item).toMatchObject({ application: 'invoices', revision: { before: 4, after: 5 } });
  });

  test('lists a task that cannot be changed, and goes on', async ({ ownStore: store }) => {
    const [taskId = ''] = await storePending(store, 4);
    // An item of 400 KB cannot get larger.
    await storeTasks(store, [aStoredTask({ taskId, metadata: 'x'.repeat(408_900) })]);
    const bulk = aBulkFixture(store);
    const jobId = await bulk.start();
    await bulk.work();
    expect(await bulk.job(jobId)).toMatchObject({ state: 'done', count: 4, done: 3, skipped: 0, failed: [taskId] });
  });

  test('stops if the table is throttled, counts no task as failed, and is continued', async ({ ownStore: store }) => {
    await storePending(store, 8);
    const bulk = aBulkFixture(store, { pace: 3 });
    const jobId = await bulk.start();
    const throttled = hooked(store.client, async (command, number, forward) => {
      if (command.constructor.name === 'TransactWriteItemsCommand' && number > 8) {
        throw Object.assign(new Error('Slow down.'), { name: 'ThrottlingException' });
      }
      return await forward();
    });
    await expect(bulk.work({ client: throttled })).rejects.toThrow('1 jobs could not be continued.');
    expect(await bulk.job(jobId)).toMatchObject({ state: 'running', done: 3, skipped: 0, failed: [] });
    await workUntilDone(bulk, jobId);
    expect(await bulk.job(jobId)).toMatchObject({ state: 'done', done: 8, skipped: 0, failed: [] });
    expect(await expectEachOnce(store, jobId)).toBe(8);
  });

  test('does not stop another job when it cannot continue', async ({ ownStore: store }) => {
    await storePending(store, 3);
    const bulk = aBulkFixture(store);
    const first = await bulk.start();
    await storePending(store, 3, { processor: 'header-ocr' });
    const second = await bulk.start('header-ocr');
    const broken = hooked(store.client, async (command, _, forward) => {
      const text = JSON.stringify((command as { readonly input?: unknown }).input);
      if (command.constructor.name === 'UpdateItemCommand' && text.includes(first)) throw new Crash();
      return await forward();
    });
    await expect(bulk.work({ client: broken })).rejects.toThrow('1 jobs');
    expect(await bulk.job(second)).toMatchObject({ state: 'done', done: 3 });
  });

  test('works at 50 tasks a second', async ({ ownStore: store }) => {
    await storePending(store, 2_000);
    const bulk = aBulkFixture(store);
    const jobId = await bulk.start();
    const began = bulk.now();
    const perSecond = new Map<number, number>();
    // Only the times matter here.
    const tasks: TaskRevocations = {
      read: async (taskIds) => taskIds.map((taskId) => aStoredTask({ taskId })),
      findRevoked: async () => new Set(),
      revoke: async (_, __, now) => {
        const second = Math.floor((now - began) / 1_000);
        perSecond.set(second, (perSecond.get(second) ?? 0) + 1);
        return 'revoked';
      },
    };
    await bulk.work({ tasks });
    expect(await bulk.job(jobId)).toMatchObject({ state: 'done', count: 2_000, done: 2_000 });
    expect([...perSecond]).toEqual(Array.from({ length: 40 }, (_, second) => [second, 50]));
  });

  test('waits only for the rest of a second', async ({ ownStore: store }) => {
    await storePending(store, 6);
    const bulk = aBulkFixture(store, { pace: 3 });
    await bulk.start();
    const client = hooked(store.client, async (command, _, forward) => {
      if (command.constructor.name === 'TransactWriteItemsCommand') bulk.pass(100);
      return await forward();
    });
    await bulk.work({ client });
    expect(bulk.waits).toEqual([700]);
  });

  test('is continued at once by the next run if the time of a run ends', async ({ ownStore: store }) => {
    await storePending(store, 8);
    const bulk = aBulkFixture(store, { pace: 3 });
    const jobId = await bulk.start();
    const began = bulk.now();
    await bulk.work({ remaining: () => 61_500 - (bulk.now() - began) });
    expect(await bulk.job(jobId)).toMatchObject({ state: 'running', done: 6 });
    await bulk.work();
    expect(await bulk.job(jobId)).toMatchObject({ state: 'done', done: 8 });
    await bulk.work({ remaining: () => 59_000 });
  });

  test('of a plan without tasks is done', async ({ ownStore: store }) => {
    const bulk = aBulkFixture(store);
    const jobId = await bulk.start();
    await bulk.work();
    expect(await bulk.job(jobId)).toMatchObject({ state: 'done', count: 0, done: 0 });
  });
});

describe('a crash', () => {
  const TASKS = 8;
  const PACE = 3;

  test('at any request loses no task, does none twice, and the counts are right', async ({ ownStore: store }) => {
    // A run without a crash: the number of its requests.
    const bulk = aBulkFixture(store, { pace: PACE });
    await storePending(store, TASKS);
    await bulk.start();
    const whole = hooked(store.client, (_, __, forward) => forward());
    await bulk.work({ client: whole });
    expect(whole.count()).toBeGreaterThan(20);

    for (let request = 1; request <= whole.count(); request += 1) {
      for (const when of ['before', 'after'] as const) {
        const context = `request ${request}, ${when}`;
        await storePending(store, TASKS);
        const jobId = await bulk.start();
        await expect(bulk.work({ client: crashing(store.client, request, when) }), context).rejects.toThrow();
        // Another worker may have the job as soon as the lease is over, and not before.
        await workUntilDone(bulk, jobId);
        const { done, failed, skipped } = await bulk.job(jobId);
        expect({ context, done, failed, skipped }).toEqual({ context, done: TASKS, failed: [], skipped: 0 });
        expect(await expectEachOnce(store, jobId), context).toBe(TASKS);
      }
    }
  });

  test.for([
    ['later', NOW + 5],
    // Its second cannot show that the callbacks are newer than the plan. The audit item does.
    ['in the second of the plan', NOW],
  ] as const)(
    'is survived although the sender has issued new callbacks since, %s',
    async ([, reissuedAt], { ownStore: store }) => {
      const [taskId = ''] = await storePending(store, 2);
      const bulk = aBulkFixture(store, { pace: 2 });
      const jobId = await bulk.start();
      // The batch is changed, and not counted.
      const client = hooked(store.client, async (command, _, forward) => {
        if (JSON.stringify((command as { readonly input?: unknown }).input).includes(':next')) throw new Crash();
        return await forward();
      });
      await expect(bulk.work({ client })).rejects.toThrow();
      expect(revoked(await readTasks(store))).toHaveLength(2);
      bulk.pass(5_000);
      await storeTasks(store, [aStoredTask({ taskId, revision: 3, reissuedAt })]);
      await workUntilDone(bulk, jobId);
      expect(await bulk.job(jobId)).toMatchObject({ state: 'done', done: 2, skipped: 0 });
      expect(revoked(await readTasks(store))).toHaveLength(1);
    },
  );
});

describe('two workers', () => {
  test('do not work on the same job at the same time', async ({ ownStore: store }) => {
    await storePending(store, 20);
    const bulk = aBulkFixture(store, { pace: 5 });
    const jobId = await bulk.start();
    await Promise.all([bulk.work(), bulk.work(), bulk.work()]);
    expect(await bulk.job(jobId)).toMatchObject({ state: 'done', done: 20 });
    expect(await expectEachOnce(store, jobId)).toBe(20);
  });

  test('do each task once if the lease of one ends while it works', async ({ ownStore: store }) => {
    await storePending(store, 20);
    const bulk = aBulkFixture(store, { pace: 5 });
    const jobId = await bulk.start();
    // The first worker stands still in its second batch until the second worker has done all.
    let stand = () => {};
    let resume = () => {};
    const standing = new Promise<void>((resolve) => {
      stand = resolve;
    });
    const resumed = new Promise<void>((resolve) => {
      resume = resolve;
    });
    let transactions = 0;
    const slow = hooked(store.client, async (command, _, forward) => {
      if (command.constructor.name === 'TransactWriteItemsCommand') {
        transactions += 1;
        if (transactions > 6) {
          stand();
          await resumed;
        }
      }
      return await forward();
    });
    const first = bulk.work({ client: slow });
    await standing;
    bulk.pass(31_000);
    await bulk.work();
    expect(await bulk.job(jobId)).toMatchObject({ state: 'done', done: 20, skipped: 0, failed: [] });
    resume();
    await first;
    expect(await bulk.job(jobId)).toMatchObject({ state: 'done', done: 20, skipped: 0, failed: [] });
    expect(await expectEachOnce(store, jobId)).toBe(20);
  });

  test('pass a job on only after 30 s without a sign of life', async ({ ownStore: store }) => {
    await storePending(store, 2);
    const bulk = aBulkFixture(store);
    const jobId = await bulk.start();
    await expect(bulk.work({ client: crashing(store.client, 3, 'before') })).rejects.toThrow();
    bulk.pass(30_000);
    await bulk.work();
    expect(await bulk.job(jobId)).toMatchObject({ state: 'running', done: 0 });
    bulk.pass(1);
    await bulk.work();
    expect(await bulk.job(jobId)).toMatchObject({ state: 'done', done: 2 });
  });
});

describe('abort', () => {
  const abort = (bulk: BulkFixture, jobId: string) =>
    bulk.abort(jobId, anAuditEntry({ action: 'abort', target: jobId }));

  test('stops a job after the batch that is being done', async ({ ownStore: store }) => {
    await storePending(store, 12);
    const bulk = aBulkFixture(store, { pace: 3 });
    const jobId = await bulk.start();
    await bulk.work({
      wait: async () => {
        await abort(bulk, jobId);
      },
    });
    const job = await bulk.job(jobId);
    expect(job).toMatchObject({ state: 'aborted', done: 6, skipped: 0, failed: [] });
    expect(await expectEachOnce(store, jobId)).toBe(6);
    await bulk.work();
    expect(await bulk.job(jobId)).toEqual(job);
  });

  test('after a crash counts what was done, and does nothing more', async ({ ownStore: store }) => {
    await storePending(store, 12);
    const bulk = aBulkFixture(store, { pace: 4 });
    const jobId = await bulk.start();
    let transactions = 0;
    const client = hooked(store.client, async (command, _, forward) => {
      if (command.constructor.name === 'TransactWriteItemsCommand') transactions += 1;
      if (transactions > 6) throw new Crash();
      return await forward();
    });
    await expect(bulk.work({ client })).rejects.toThrow();
    expect(await bulk.job(jobId)).toMatchObject({ state: 'running', done: 4 });
    await abort(bulk, jobId);
    bulk.pass(31_000);
    await bulk.work();
    expect(await bulk.job(jobId)).toMatchObject({ state: 'aborted', done: 6, skipped: 0, failed: [] });
    expect(await expectEachOnce(store, jobId)).toBe(6);
  });
});
