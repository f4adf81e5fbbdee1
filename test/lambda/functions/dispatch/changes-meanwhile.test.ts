import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect } from 'vitest';
import type { TaskItem } from '../../../../lambda/contract/task.ts';
import { createDynamoDBDispatchStore } from '../../../../lambda/functions/dispatch/dynamodb-dispatch-store.ts';
import { queueAttributes } from '../../../../lambda/shared/dispatch/queue-attributes.ts';
import { revokeUpdate } from '../../../../lambda/shared/operator/revoke-update.ts';
import { aDispatchedTask } from '../../../support/dispatched.ts';
import { type AnswerJob, accept, answerWith, reset } from '../../../support/dispatching.ts';
import { type Dispatching, type DispatchingChoices, test } from '../../../support/dispatching-test.ts';
import type { TestStore } from '../../../support/engine.ts';
import { PATIENT_CALLS } from '../../../support/patience.ts';

const rfc3339 = (seconds: number): string => new Date(seconds * 1000).toISOString();

const update = ({ client, tasksTable }: TestStore, { taskId }: TaskItem, input: object) =>
  client.send(new UpdateItemCommand({ TableName: tasksTable, Key: marshall({ taskId }), ...input }));

/** Stores a progress report as the receiver does. It raises no revision. */
const progress = (store: TestStore, task: TaskItem, seconds: number) =>
  update(store, task, {
    UpdateExpression: 'SET progress = :progress, heartbeatDeadline = if_not_exists(heartbeat, :never) + :now',
    ExpressionAttributeValues: marshall({
      ':progress': { percent: 1, at: rfc3339(seconds) },
      ':never': task.heartbeatDeadline,
      ':now': seconds,
    }),
  });

const cancel = (store: TestStore, task: TaskItem, seconds: number) =>
  update(store, task, {
    UpdateExpression: 'SET #status = :status, closedAt = :at ADD revision :one',
    ExpressionAttributeNames: { '#status': 'status' },
    ExpressionAttributeValues: marshall({ ':status': 'cancelled', ':at': rfc3339(seconds), ':one': 1 }),
  });

const revoke = (store: TestStore, task: TaskItem, seconds: number) => {
  const operator = { sub: 'operator-1', issuer: 'https://idp.example.com' };
  return update(store, task, revokeUpdate(task, seconds * 1000, { operator, reason: 'a test' }));
};

/** What fails an attempt: for good, with a further attempt, and without an answer. */
const FAILURES: readonly (readonly [string, AnswerJob])[] = [
  ['404', answerWith(404)],
  ['503', answerWith(503)],
  ['no answer', reset],
];

describe('a progress report during an attempt', () => {
  test.for(FAILURES)(
    'accepts the work, whatever the answer is: %s',
    async ([, answer], { dispatching, server, store }) => {
      const one = dispatching();
      const opened = await one.open();
      server.answer(async (...job) => {
        await progress(store, opened, one.seconds());
        await answer(...job);
      });
      const task = await one.attempt(opened);
      expect(task).toMatchObject({
        status: 'pending',
        change: 'dispatched',
        sequence: 2,
        revision: 1,
        dispatch: { state: 'accepted', attempts: 1, acceptedAt: rfc3339(one.seconds()) },
      });
      for (const gone of ['dispatchShard', 'dispatchAt', 'journal'] as const) expect(task[gone]).toBeUndefined();
      for (const gone of ['lease', 'reason', 'lastStatus']) expect(task.dispatch).not.toHaveProperty(gone);
      expect(one.messages).toEqual([]);
      expect(one.lines).toContainEqual(expect.objectContaining({ DispatchAccepted: 1, Processor: 'sent-ocr' }));
      expect(one.lines.some((line) => 'DispatchFailed' in line || 'DispatchRetried' in line)).toBe(false);
    },
  );

  test('puts a task with heartbeat into the index of deadlines at its new time', async ({
    dispatching,
    server,
    store,
  }) => {
    const one = dispatching();
    const opened = await one.open({}, { heartbeat: 60 });
    server.answer(async (...job) => {
      await progress(store, opened, one.seconds());
      await reset(...job);
    });
    const soon = one.seconds() + 60;
    expect(await one.attempt(opened)).toMatchObject({ due: soon, heartbeatDeadline: soon });
  });

  test('of an earlier issue of callbacks accepts nothing', async ({ dispatching, server }) => {
    const one = dispatching();
    const opened = await one.open({}, { progress: { at: rfc3339(one.seconds() - 1) } });
    server.answer(answerWith(404));
    expect(await one.attempt(opened)).toMatchObject({ status: 'failed', dispatch: { reason: 'Refused' } });
  });

  test('of an earlier issue in the second of the new one does not prevent the attempt', async ({ dispatching }) => {
    const one = dispatching();
    const opened = await one.open({ issue: 2 }, { progress: { at: rfc3339(one.seconds() + 0.5) } });
    expect((await one.attempt(opened)).dispatch).toMatchObject({ state: 'accepted', attempts: 1, lastStatus: 202 });
  });

  test.for([
    ['in the same second', 0.5],
    ['by a clock that is 3 s ahead', 3.2],
  ] as const)(
    'of an earlier issue, %s, accepts nothing after a failed attempt',
    async ([, ahead], { dispatching, server }) => {
      const one = dispatching();
      const before = aDispatchedTask(
        { state: 'accepted', attempts: 1 },
        { progress: { at: rfc3339(one.seconds() + ahead) } },
      );
      const opened = await one.open({}, { ...before, ...queueAttributes(before, before.dispatch, one.seconds()) });
      server.answer((response, number, job) => (number === 1 ? answerWith(503) : accept)(response, number, job));
      expect((await one.attempt(opened)).dispatch).toMatchObject({ state: 'queued', attempts: 2, lastStatus: 503 });
      one.pass(5);
      const { dispatch } = await one.attempt(opened);
      expect(dispatch).toMatchObject({
        state: 'accepted',
        attempts: 3,
        lastStatus: 202,
        acceptedAt: rfc3339(one.seconds()),
      });
      expect(server.jobs).toHaveLength(2);
    },
  );

  test('between the read and the claim prevents the attempt', async ({ dispatching, server, store }) => {
    const one = dispatching({
      wrap: (parts) => ({
        ...parts,
        signCallbacks: async (...all) => {
          await progress(store, opened, one.seconds());
          return parts.signCallbacks(...all);
        },
      }),
    });
    const opened = await one.open({ attempts: 1, used: 1 });
    expect((await one.attempt(opened)).dispatch).toMatchObject({ state: 'queued', attempts: 1 });
    expect(server.jobs).toEqual([]);
    expect((await one.attempt(opened)).dispatch).toMatchObject({ state: 'accepted', attempts: 1 });
  });
});

describe('a task that ends during an attempt', () => {
  const ENDS = [
    ['is cancelled', cancel, 'cancelled', 'Cancelled'],
    ['is revoked', revoke, 'pending', 'Revoked'],
  ] as const;

  const CASES = ENDS.flatMap(([what, ...end]) =>
    FAILURES.map(([name, answer]) => [what, name, ...end, answer] as const),
  );

  test.for(CASES)(
    '%s, and that is the reason, whatever the answer is: %s',
    async ([, , end, status, reason, answer], { dispatching, server, store }) => {
      const one = dispatching();
      const opened = await one.open();
      server.answer(async (...job) => {
        await end(store, opened, one.seconds());
        await answer(...job);
      });
      const task = await one.attempt(opened);
      expect(task).toMatchObject({ status, change: 'dispatchStopped', dispatch: { state: 'stopped', reason } });
      for (const gone of ['dispatchShard', 'dispatchAt'] as const) expect(task[gone]).toBeUndefined();
      expect(one.messages).toEqual([]);
    },
  );

  test('is accepted all the same if the processor accepts the work', async ({ dispatching, server, store }) => {
    const one = dispatching();
    const opened = await one.open();
    server.answer(async (...job) => {
      await cancel(store, opened, one.seconds());
      await accept(...job);
    });
    expect(await one.attempt(opened)).toMatchObject({ status: 'cancelled', dispatch: { state: 'accepted' } });
  });

  test('by its heartbeat does not begin another one with the answer', async ({ dispatching, server, store }) => {
    const one = dispatching();
    const opened = await one.open({}, { heartbeat: 60 });
    server.answer(async (...job) => {
      await progress(store, opened, one.seconds() - 60);
      await accept(...job);
    });
    const task = await one.attempt(opened);
    expect(task).toMatchObject({ heartbeatDeadline: one.seconds(), dispatch: { state: 'accepted' } });
  });
});

describe('a change that decides nothing', () => {
  /** Other changes of a pending task raise its revision or fill its journal. */
  const revise = (store: TestStore, task: TaskItem) =>
    update(store, task, { UpdateExpression: 'ADD revision :one', ExpressionAttributeValues: marshall({ ':one': 1 }) });

  test.for(FAILURES)(
    'during an attempt does not stop its outcome: %s',
    async ([name, answer], { dispatching, server, store }) => {
      const one = dispatching();
      const opened = await one.open();
      server.answer(async (...job) => {
        await revise(store, opened);
        await answer(...job);
      });
      expect((await one.attempt(opened)).dispatch?.state).toBe(name === '404' ? 'failed' : 'queued');
    },
  );

  test('between the read and the claim only delays the attempt', async ({ dispatching, server, store }) => {
    const one = dispatching({
      wrap: (parts) => ({
        ...parts,
        storeCodes: async () => {
          await revise(store, opened);
        },
      }),
    });
    const opened = await one.open();
    expect((await one.attempt(opened)).dispatch).toMatchObject({ state: 'queued', attempts: 0 });
    expect(server.jobs).toEqual([]);
  });
});

describe('a write whose response is lost', () => {
  const through =
    (store: TestStore, endpoint: string) => (parts: Parameters<NonNullable<DispatchingChoices['wrap']>>[0]) => ({
      ...parts,
      store: createDynamoDBDispatchStore({
        dynamodb: store.createCall(endpoint, PATIENT_CALLS),
        tasksTable: store.tasksTable,
        layout: 'current',
        leaseSeconds: 31,
        wait: async () => undefined,
        random: () => 0,
      }),
    });

  test('has planned the next attempt: its message is sent', async ({ dispatching, proxy, server, store }) => {
    const one = dispatching({ wrap: through(store, proxy.endpoint) });
    const opened = await one.open();
    server.answer(answerWith(503));
    proxy.inject(({ number, operation }) =>
      operation === 'UpdateItem' && number === 2 ? { kind: 'lostAnswer' } : undefined,
    );
    const task = await one.attempt(opened);
    expect(task).toMatchObject({ dispatchAt: one.seconds() + 5, dispatch: { state: 'queued', used: 1 } });
    expect(task.journal).toHaveLength(1);
    expect(one.messages).toEqual([{ taskId: opened.taskId, issue: 1, attempt: 2, delay: 5 }]);
  });

  test('has failed the dispatch: it is counted once', async ({ dispatching, proxy, server, store }) => {
    const one = dispatching({ wrap: through(store, proxy.endpoint) });
    const opened = await one.open();
    server.answer(answerWith(404));
    proxy.inject(({ number, operation }) =>
      operation === 'UpdateItem' && number === 2 ? { kind: 'lostAnswer' } : undefined,
    );
    expect(await one.attempt(opened)).toMatchObject({ status: 'failed', sequence: 3, revision: 2 });
    expect(one.lines.filter((line) => 'DispatchFailed' in line)).toHaveLength(1);
  });
});

describe('a worker that read the task before another one made an attempt', () => {
  /** The other worker makes its whole attempt before a step of the first one. */
  const overtaken = (dispatching: (choices?: DispatchingChoices) => Dispatching, step: 'sign' | 'refuse' | 'fail') => {
    const other = dispatching();
    let overtakes = true;
    const overtake = async (task: Pick<TaskItem, 'taskId'>) => {
      if (!overtakes) return;
      overtakes = false;
      await other.attempt(task);
    };
    const one = dispatching({
      ...(step === 'fail' && { settings: { body: { owner: '{{owner}}' } } }),
      wrap: (parts) => ({
        ...parts,
        signCallbacks: async (task, processor) => {
          await overtake(task);
          return parts.signCallbacks(task, processor);
        },
        admission: {
          admit: async (processor, settings, taskId) => {
            if (step !== 'refuse') return parts.admission.admit(processor, settings, taskId);
            await overtake({ taskId });
            return { isAdmitted: false, kind: 'open', until: (one.seconds() + 900) * 1000 };
          },
        },
      }),
    });
    return one;
  };

  test.for([
    ['makes none with the same number', 'sign'],
    ['does not postpone the next one', 'refuse'],
    ['does not let the dispatch fail', 'fail'],
  ] as const)('%s', async ([, step], { dispatching, server }) => {
    server.answer(answerWith(503));
    const one = overtaken(dispatching, step);
    const { taskId } = await one.open();
    await one.work({ taskId, issue: 1, attempt: 1 });
    expect(await one.read({ taskId })).toMatchObject({
      change: 'dispatchRetried',
      dispatchAt: one.seconds() + 5,
      dispatch: { state: 'queued', attempts: 1, used: 1, lastStatus: 503 },
    });
    expect(server.jobs).toHaveLength(1);
  });
});
