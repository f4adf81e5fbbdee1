import { describe, expect } from 'vitest';
import type { StoredDispatch } from '../../../../lambda/contract/dispatch.ts';
import type { TaskItem } from '../../../../lambda/contract/task.ts';
import type { DispatcherOptions } from '../../../../lambda/functions/dispatch/dispatch-task.ts';
import { accept, aDispatching, answerWith, SECRET, startJobServer } from '../../../support/dispatching.ts';
import { test as onEngine } from '../../../support/fixtures.ts';

const test = onEngine.extend('server', async ({}, { onCleanup }) => {
  const server = await startJobServer();
  onCleanup(() => server.close());
  return server;
});

class Crash extends Error {}

/** Steps of an attempt, in their order. A crash comes before or after one of them. */
const STEPS = ['find', 'findInput', 'credentials', 'sign', 'claim', 'send', 'accept'] as const;
type Step = (typeof STEPS)[number];

/** The parts, of which one step crashes once. */
const crashing =
  (step: Step, when: 'before' | 'after') =>
  (parts: DispatcherOptions): DispatcherOptions => {
    let hasCrashed = false;
    const wrap =
      <A extends readonly unknown[], R>(name: Step, call: (...all: A) => Promise<R>) =>
      async (...all: A): Promise<R> => {
        const isCrash = name === step && !hasCrashed;
        if (isCrash) hasCrashed = true;
        if (isCrash && when === 'before') throw new Crash();
        const result = await call(...all);
        if (isCrash) throw new Crash();
        return result;
      };
    const { credentials, inputs, store } = parts;
    return {
      ...parts,
      store: {
        ...store,
        find: wrap('find', store.find),
        claim: wrap('claim', store.claim),
        accept: wrap('accept', store.accept),
      },
      inputs: { find: wrap('findInput', inputs.find) },
      credentials: { ...credentials, resolve: wrap('credentials', credentials.resolve) },
      signCallbacks: wrap('sign', parts.signCallbacks),
      send: wrap('send', parts.send),
    };
  };

/** States that never go back. */
const RANK = { queued: 0, stopped: 1, failed: 1, accepted: 2 } as const;

describe('a crash', () => {
  test.for(STEPS.flatMap((step) => (['before', 'after'] as const).map((when) => [when, step] as const)))(
    '%s the step %s loses no task and repeats no number',
    async ([when, step], { key, server, store }) => {
      const one = aDispatching({ store, key, origin: server.origin, wrap: crashing(step, when) });
      const opened = await one.open();
      const states: StoredDispatch[] = [];
      for (let run = 0; run < 4; run += 1) {
        await one.attempt(opened).catch((error: unknown) => {
          if (!(error instanceof Crash)) throw error;
        });
        const { dispatch } = await one.read(opened);
        states.push(dispatch as StoredDispatch);
        // The lease ends, and the sweep sends the next hint.
        one.pass(32);
      }
      const last = states.at(-1);
      expect(last?.state).toBe('accepted');
      const ranks = states.map(({ state }) => RANK[state]);
      expect(ranks).toEqual(ranks.toSorted());
      const numbers = states.map(({ attempts }) => attempts);
      expect(numbers).toEqual(numbers.toSorted());
      // Each request that left has a number of its own.
      expect(server.jobs.length).toBeLessThanOrEqual(last?.attempts ?? 0);
      expect(new Set(server.jobs.map(({ headers }) => headers['idempotency-key']))).toEqual(new Set([opened.taskId]));
    },
  );

  test('after the claim counts as an attempt without an answer', async ({ key, server, store }) => {
    const one = aDispatching({ store, key, origin: server.origin, wrap: crashing('send', 'before') });
    const opened = await one.open();
    await expect(one.attempt(opened)).rejects.toThrow(Crash);
    expect(await one.read(opened)).toMatchObject({ dispatch: { attempts: 1, used: 0, lease: one.seconds() + 31 } });
    one.pass(31);
    server.answer(answerWith(409));
    expect((await one.attempt(opened)).dispatch).toMatchObject({
      state: 'accepted',
      reason: 'AnswerUnknown',
      attempts: 2,
      used: 1,
      isUncertain: true,
    });
  });

  test('in every attempt ends when the waits are used up', async ({ key, server, store }) => {
    const one = aDispatching({
      store,
      key,
      origin: server.origin,
      wrap: (parts) => ({ ...parts, send: () => Promise.reject(new Crash()) }),
    });
    const opened = await one.open();
    for (let run = 0; run < 4; run += 1) {
      await expect(one.attempt(opened)).rejects.toThrow(Crash);
      one.pass(31);
    }
    expect((await one.attempt(opened)).dispatch).toMatchObject({
      state: 'failed',
      reason: 'AttemptsUsed',
      attempts: 4,
    });
  });
});

describe('two workers', () => {
  test('with the same message send one request', async ({ key, server, store }) => {
    const one = aDispatching({ store, key, origin: server.origin });
    const other = aDispatching({ store, key, origin: server.origin });
    const { taskId } = await one.open();
    const message = { taskId, issue: 1, attempt: 1 };
    await Promise.all([one, other, one, other].map(({ work }) => work(message)));
    expect(server.jobs).toHaveLength(1);
    expect(await one.read({ taskId })).toMatchObject({ sequence: 2, dispatch: { state: 'accepted', attempts: 1 } });
  });

  test('of one attempt, whose lease has ended: an acceptance of the first one wins', async ({ key, server, store }) => {
    const slow = aDispatching({ store, key, origin: server.origin });
    const quick = aDispatching({ store, key, origin: server.origin });
    const opened = await slow.open();
    server.answer(async (response, number, job) => {
      if (number > 1) return answerWith(404)(response, number, job);
      quick.pass(31);
      expect((await quick.attempt(opened)).dispatch).toMatchObject({ state: 'failed', reason: 'Refused' });
      return accept(response, number, job);
    });
    const task = await slow.attempt(opened);
    // The task has failed, and stays so. The work is accepted all the same.
    expect(task).toMatchObject({ status: 'failed', dispatch: { state: 'accepted', attempts: 2 } });
  });

  test('of one attempt, whose lease has ended: a failure of the first one changes nothing', async ({
    key,
    server,
    store,
  }) => {
    const slow = aDispatching({ store, key, origin: server.origin });
    const quick = aDispatching({ store, key, origin: server.origin });
    const opened = await slow.open();
    server.answer(async (response, number, job) => {
      if (number > 1) return accept(response, number, job);
      quick.pass(31);
      await quick.attempt(opened);
      return answerWith(500)(response, number, job);
    });
    expect((await slow.attempt(opened)).dispatch).toMatchObject({ state: 'accepted', attempts: 2, remoteId: 'job-2' });
  });
});

test('an acceptance of an earlier issue changes nothing', async ({ key, server, store }) => {
  const one = aDispatching({ store, key, origin: server.origin });
  const opened = await one.open({ issue: 2, attempts: 3 });
  const earlier = { ...opened, dispatch: { ...(opened.dispatch as StoredDispatch), issue: 1 } };
  const { store: tasks } = one.options;
  expect(await tasks.accept(earlier, { now: one.seconds() * 1000, status: 202 })).toBe(false);
  expect(await one.read(opened)).toEqual(opened);
});

test('neither table, lines nor messages hold a token, a secret or an answer', async ({ key, server, store }) => {
  const one = aDispatching({ store, key, origin: server.origin });
  const opened = await one.open();
  server.answer((response) => response.writeHead(503).end('an answer of the processor'));
  await one.attempt(opened);
  one.pass(5);
  server.answer(accept);
  const task: TaskItem = await one.attempt(opened);
  const [token = ''] = /[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}/.exec(server.jobs[0]?.body ?? '') ?? [];
  expect(token).not.toBe('');
  const dump = JSON.stringify([task, one.lines, one.messages]);
  for (const secret of [...token.split('.').slice(1), SECRET, 'an answer of the processor'])
    expect(dump).not.toContain(secret);
});
