import { describe, expect } from 'vitest';
import { test as base } from '../../../support/fixtures.ts';
import '../../../support/matchers.ts';
import { aReceiver, type OpenTask, putTask, readTask, readUse } from '../../../support/receiver.ts';
import { aToken, claimsOf, NOW } from '../../../support/tokens.ts';

const USES = 64;

const test = base
  .extend('receiver', ({ key, proxy, store }) => aReceiver({ store, keys: [key], endpoint: proxy.endpoint }))
  .extend(
    'deliver',
    ({ receiver }) =>
      (task: OpenTask, body = 'result', token = task.tokens.result) =>
        receiver.deliver({ path: task.path('result'), headers: { authorization: `Bearer ${token}` }, body }),
  )
  .extend(
    'operations',
    ({ proxy }) =>
      () =>
        proxy.requests.map(({ operation }) => operation),
  )
  /**
   * Every third of the first transactions meets a conflict, as DynamoDB reports it and no local engine does. Of so few
   * none can meet as many as end its retries.
   */
  .extend(
    'injectConflicts',
    ({ proxy }) =>
      () =>
        proxy.inject(({ operation, number }) =>
          operation === 'TransactWriteItems' && number % 3 === 0 && number <= 2 * USES
            ? { kind: 'conflict' }
            : undefined,
        ),
  );

describe('requests to the store', () => {
  test('are one for an accepted callback', async ({ deliver, key, operations, receiver, store }) => {
    const task = await putTask(store, key);
    expect((await deliver(task)).status).toBe(200);
    const byPath = await putTask(store, key);
    await receiver.deliver({ path: `${byPath.path('result')}/${byPath.tokens.result}`, body: 'x' });
    expect(operations()).toEqual(['TransactWriteItems', 'TransactWriteItems']);
  });

  test('are one for an acknowledged repeat, two for a replay, one for a repeat after exp', async ({
    deliver,
    key,
    operations,
    proxy,
    receiver,
    store,
  }) => {
    const task = await putTask(store, key);
    await deliver(task);
    proxy.clear();
    await deliver(task);
    expect(operations()).toEqual(['TransactWriteItems']);
    await deliver(task, 'another');
    expect(operations()).toEqual(['TransactWriteItems', 'TransactWriteItems', 'TransactWriteItems']);
    proxy.clear();
    receiver.at(NOW + 4_000);
    expect((await deliver(task)).status).toBe(200);
    expect(operations()).toEqual(['GetItem']);
  });

  test('do not exist for a callback that is refused before step 10', async ({
    deliver,
    key,
    operations,
    receiver,
    store,
  }) => {
    const task = await putTask(store, key, { processor: 'schema-ocr' });
    const claims = (more: object) => aToken(key, claimsOf({ sub: 'schema-ocr', ...more }, 'result', task.taskId));
    const answers = [
      await receiver.deliver({ method: 'GET', path: task.path('result') }),
      await receiver.deliver({ path: '/v1/results/a/b/c' }),
      await receiver.deliver({ path: task.path('result') }),
      await deliver(task, 'x', 'garbage'),
      await deliver(task, 'x', `${task.tokens.result.slice(0, -4)}AAAA`),
      await deliver(task, 'x', await claims({ iss: 'https://other.example' })),
      await deliver(task, 'x', await claims({ scope: 'failure_write' })),
      await deliver(task, 'x', await claims({ nbf: NOW + 60 })),
      await deliver(task, 'x', await claims({ cnf: { jkt: 'x' } })),
      await deliver(task, 'not the schema'),
    ];
    receiver.at(NOW + 4_000);
    answers.push(await deliver(task, 'expired, and not the schema'));
    expect(answers.map(({ status }) => status)).toEqual([405, 404, 401, 401, 401, 401, 403, 401, 401, 415, 401]);
    expect(operations()).toEqual([]);
  });
});

describe('C6 simultaneous uses of one token', () => {
  test.override('receiver', ({ key, proxy, store }) =>
    aReceiver({ store, keys: [key], endpoint: proxy.endpoint, patient: true }),
  );

  test(`${USES} with one payload: one recorded, the others acknowledged`, async ({
    deliver,
    injectConflicts,
    key,
    proxy,
    receiver,
    store,
  }) => {
    injectConflicts();
    const task = await putTask(store, key);
    const answers = await Promise.all(Array.from({ length: USES }, () => deliver(task)));
    expect(answers.map(({ status }) => status)).toEqual(Array(USES).fill(200));
    expect(answers.filter(({ headers }) => headers['Idempotency-Replayed'] === undefined)).toHaveLength(1);
    expect(new Set(answers.map(({ body }) => body.toString())).size).toBe(1);
    expect(receiver.counts()).toMatchObject({ CallbackAccepted: 1, CallbackAcknowledged: USES - 1 });
    expect(await readTask(store, task.taskId)).toMatchObject({ status: 'succeeded', sequence: 2 });
    expect(await readUse(store, task.jtis.result)).toMatchObject({ uses: 1 });
    expect(proxy.count()).toBeGreaterThan(USES);
  });

  test(`records one of ${USES} different payloads and the others as replays with evidence`, async ({
    deliver,
    injectConflicts,
    key,
    store,
  }) => {
    injectConflicts();
    const task = await putTask(store, key);
    const answers = await Promise.all(Array.from({ length: USES }, (_, i) => deliver(task, `payload ${i}`)));
    const recorded = answers.findIndex(({ status }) => status === 200);
    for (const [i, answer] of answers.entries()) if (i !== recorded) expect(answer).toBeRefusedWith('token_replayed');
    const closed = await readTask(store, task.taskId);
    expect(Buffer.from(closed?.payload ?? []).toString()).toBe(`payload ${recorded}`);
    expect(closed).toMatchObject({ replays: USES - 1, sequence: 2 + USES - 1 });
    expect(await readUse(store, task.jtis.result)).toMatchObject({ uses: 1, replays: USES - 1 });
  });

  test('close a task once if both of its callbacks are used', async ({ injectConflicts, key, receiver, store }) => {
    injectConflicts();
    const task = await putTask(store, key);
    const answers = await Promise.all(
      Array.from({ length: 32 }, (_, i) => {
        const capability = i % 2 === 0 ? 'result' : 'failure';
        const authorization = `Bearer ${task.tokens[capability]}`;
        return receiver.deliver({ path: task.path(capability), headers: { authorization }, body: capability });
      }),
    );
    const closed = await readTask(store, task.taskId);
    const [winner, loser] = closed?.status === 'succeeded' ? [0, 1] : [1, 0];
    for (const [i, answer] of answers.entries()) {
      if (i % 2 === winner) expect(answer.status).toBe(200);
      if (i % 2 === loser) expect(answer).toBeRefusedWith('task_closed');
    }
    // Once closed, once more for the late payload that was kept.
    expect(closed).toMatchObject({ history: { length: 2 }, sequence: 3 });
  });
});
