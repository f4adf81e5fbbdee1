import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect } from 'vitest';
import { REGISTRY_FILE } from '../../../../lambda/contract/registry.ts';
import type { TaskItem } from '../../../../lambda/contract/task.ts';
import { bundleFunctions } from '../../../../lib/functions/bundles.ts';
import { findFunctionRuntime } from '../../../../local/functions/function-host.ts';
import { type FunctionProcess, startFunctionProcess } from '../../../../local/functions/function-process.ts';
import { aDispatchedProcessor, aDispatchedTask, storeDispatched } from '../../../support/dispatched.ts';
import { accept, answerWith, startJobServer } from '../../../support/dispatching.ts';
import { LOCAL_ENVIRONMENT, type TestStore } from '../../../support/engine.ts';
import type { Fault, ProxiedRequest } from '../../../support/fault-proxy.ts';
import { test as base } from '../../../support/fixtures.ts';
import { readTask } from '../../../support/receiver.ts';
import { registryOf } from '../../../support/registry.ts';
import { ORIGIN } from '../../../support/tokens.ts';
import { someVariables } from '../../../support/variables.ts';

const SECRET = 'the-api-key-of-the-processor';
const ANSWER = 'words-of-the-answer';
const LEASE_SECONDS = 40;
const DONE = { batchItemFailures: [] };

const STOP_CLOCK = fileURLToPath(new URL('../../../support/stop-clock.cjs', import.meta.url));

const test = base
  .extend('server', async ({}, { onCleanup }) => {
    const server = await startJobServer();
    onCleanup(() => server.close());
    return server;
  })
  .extend('bundle', { scope: 'file' }, async () => (await bundleFunctions()).functions.dispatch)
  .extend('queue', ({ kms }) =>
    kms.standIns.queues.ensureQueue({
      logicalId: 'Jobs',
      type: 'AWS::SQS::Queue',
      properties: { QueueName: `${randomUUID()}-sent-ocr` },
    }),
  )
  /** The function in processes of their own, with a clock that the test sets. */
  .extend('world', async ({ bundle, kms, kmsProxy, ownFolder, ownStore, proxy, queue, server }, { onCleanup }) => {
    // The proxy is in front of the engine of the run, so it serves the tables of one test too.
    const store = ownStore;
    const clock = join(ownFolder, 'clock');
    const code = join(ownFolder, 'dispatch');
    const lines: string[] = [];
    // The time limit of a call is a time of the machine's clock, so the other one begins there.
    const begin = Math.floor(Date.now() / 1_000);
    let seconds = begin;
    const setClock = () => writeFileSync(clock, `${seconds}`);
    setClock();
    mkdirSync(code);
    kms.standIns.secrets.put('api-key', SECRET);
    const processor = aDispatchedProcessor('sent-ocr', {
      url: `${server.origin}/jobs`,
      headers: { 'X-Api-Key': { secret: 'api-key', format: '{}' } },
      timeout: 10,
    });
    const files = {
      'index.js': bundle,
      'package.json': '{"type":"commonjs"}',
      [REGISTRY_FILE]: JSON.stringify(registryOf(processor)),
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(code, name), text);

    const started: FunctionProcess[] = [];
    onCleanup(async () => {
      for (const each of started) await each.stop();
    });
    const start = async (): Promise<FunctionProcess> => {
      const process = await startFunctionProcess(
        {
          name: 'dispatch',
          arn: 'arn:aws:lambda:eu-west-1:000000000000:function:dispatch',
          modulePath: join(code, 'index.js'),
          handlerName: 'handler',
          timeoutMs: 3_600_000,
          memoryMegabytes: 512,
          environment: {
            ...LOCAL_ENVIRONMENT,
            ...someVariables('dispatch', {
              POSTERN_ORIGIN: ORIGIN,
              TASKS_TABLE: store.tasksTable,
              LOOKUPS_TABLE: store.lookupsTable,
              SIGNING_KEYS_TABLE: store.signingKeysTable,
              SIGNING_KEY_IDS: [kms.key.arn],
              DISPATCH_QUEUE_PREFIX: `https://sqs.eu-west-1.amazonaws.com/000000000000/${queue.name.replace(/sent-ocr$/, '')}`,
              LEASE_SECONDS,
              EGRESS: 'loopback',
            }),
            AWS_ENDPOINT_URL_DYNAMODB: proxy.endpoint,
            AWS_ENDPOINT_URL_KMS: kmsProxy.endpoint,
            AWS_ENDPOINT_URL_SECRETS_MANAGER: kmsProxy.endpoint,
            AWS_ENDPOINT_URL_SQS: kmsProxy.endpoint,
            NODE_OPTIONS: `--require ${STOP_CLOCK}`,
            STOPPED_CLOCK_FILE: clock,
          },
        },
        findFunctionRuntime().executable,
        (_, line) => lines.push(line),
      );
      started.push(process);
      return process;
    };

    const states: TaskItem[] = [];
    const read = async ({ taskId }: TaskItem): Promise<TaskItem> => {
      const task = await readTask(store, taskId);
      if (task === undefined) throw new Error('The task is lost.');
      states.push(task);
      return task;
    };
    return {
      store,
      lines,
      start,
      /** The task as it is now. It is also added to `states`. */
      read,
      states,
      open: async () => {
        const exp = begin + 3_600;
        const task = aDispatchedTask(
          {},
          {
            createdAt: new Date(begin * 1_000).toISOString(),
            expiresAt: new Date(exp * 1_000).toISOString(),
            deadline: exp + 30,
            due: exp + 30,
            purgeAt: exp + 86_400,
            queuedAt: begin,
            dispatchAt: begin,
          },
        );
        await storeDispatched(store, [task]);
        return task;
      },
      /** Moves the clock on, and runs the sweep and every message that the queue has then. */
      sweepAndWork: async (process: FunctionProcess, later: number) => {
        seconds += later;
        setClock();
        await process.invoke({ sweep: true }, randomUUID());
        for (const { body, receipt } of kms.standIns.queues.receive(queue, 10)) {
          expect(await process.invoke(eventOf(body), randomUUID())).toEqual(DONE);
          kms.standIns.queues.delete(queue, receipt);
        }
      },
      pass: (later: number) => {
        seconds += later;
        setClock();
      },
      /** Chooses the faults of all requests of the function. */
      inject: (choose: (request: ProxiedRequest) => Fault | undefined) => {
        for (const each of [proxy, kmsProxy]) each.inject(choose);
      },
      /** Names of the requests of the function since its start, sorted. */
      requests: () =>
        [...proxy.requests, ...kmsProxy.requests].map(({ number, operation }) => `${operation} ${number}`).toSorted(),
    };
  });

/** An event of the queue. */
const eventOf = (body: string) => ({
  Records: [{ messageId: randomUUID(), receiptHandle: 'a-receipt', body, attributes: {}, eventSource: 'aws:sqs' }],
});

const messageOf = ({ dispatch, taskId }: TaskItem) =>
  eventOf(JSON.stringify({ taskId, issue: dispatch?.issue, attempt: (dispatch?.attempts ?? 0) + 1 }));

/** States that never go back. */
const RANK = { queued: 0, failed: 1, stopped: 1, accepted: 2 } as const;

/** Requests of a first attempt that the processor accepts: a process that is new reads the key and the secret too. */
const REQUESTS = [
  'GetItem 1',
  'GetItem 2',
  'GetItem 3',
  'GetPublicKey 1',
  'GetSecretValue 1',
  'Sign 1',
  'UpdateItem 1',
  'UpdateItem 2',
] as const;

const kills = (names: readonly string[]) =>
  names.flatMap((name) => (['before', 'after'] as const).map((side) => [side, name] as const));

const dump = async ({ client, lookupsTable, tasksTable }: TestStore): Promise<string> => {
  const tables = [tasksTable, lookupsTable].map((TableName) => client.send(new ScanCommand({ TableName })));
  return JSON.stringify((await Promise.all(tables)).map(({ Items }) => Items));
};

/** Kills the process once: before this request of it reaches its service, or when the service has answered. */
const killAt = (
  world: { inject(choose: (request: ProxiedRequest) => Fault | undefined): void },
  side: 'before' | 'after',
  name: string,
  stop: () => Promise<void>,
) => {
  let killed: Promise<void> | undefined;
  const kill = (): Promise<void> => {
    killed ??= stop();
    return killed;
  };
  world.inject(({ number, operation }) => {
    if (killed !== undefined || `${operation} ${number}` !== name) return undefined;
    if (side === 'before') {
      void kill();
      return { kind: 'silence' };
    }
    return {
      kind: 'heldAnswer',
      // Read when the service has answered.
      get until() {
        return kill();
      },
    };
  });
  return { kill, isDone: () => killed !== undefined };
};

describe('the shipped function', () => {
  test('sends the work, and its requests are those at which it is killed below', async ({ server, world }) => {
    const opened = await world.open();
    const process = await world.start();
    expect(await process.invoke(messageOf(opened), randomUUID())).toEqual(DONE);
    expect(await world.read(opened)).toMatchObject({ dispatch: { state: 'accepted', remoteId: 'job-1' } });
    expect(server.jobs).toHaveLength(1);
    expect(server.jobs[0]?.headers['x-api-key']).toBe(SECRET);
    expect(world.requests()).toEqual(REQUESTS);
  });

  test.for([...kills(REQUESTS), ['before', 'the answer'], ['after', 'the answer']] as const)(
    'loses no task and repeats no number if it is killed (SIGKILL) %s %s',
    async ([side, name], { server, world }) => {
      const opened = await world.open();
      let process = await world.start();
      const killing = killAt(world, side, name, () => process.stop());
      server.answer(async (...job) => {
        if (name === 'the answer' && side === 'before') await killing.kill();
        accept(...job);
        if (name === 'the answer') await killing.kill();
      });
      await expect(process.invoke(messageOf(opened), randomUUID())).rejects.toMatchObject({ reason: 'crash' });
      expect(killing.isDone()).toBe(true);

      process = await world.start();
      for (let run = 1; (await world.read(opened)).dispatch?.state === 'queued'; run += 1) {
        expect(run).toBeLessThan(4);
        // The message comes again when the lease is over, or never. Then the sweep finds the task.
        world.pass(LEASE_SECONDS);
        if (side === 'before') await process.invoke(messageOf(opened), randomUUID());
        await world.sweepAndWork(process, 61);
      }
      const task = await world.read(opened);
      expect(task).toMatchObject({ status: 'pending', sequence: 2, dispatch: { state: 'accepted' } });
      expect([task.dispatchShard, task.dispatchAt, task.dispatch?.lease]).toEqual([undefined, undefined, undefined]);
      const attempts = world.states.map(({ dispatch }) => dispatch?.attempts ?? 0);
      const ranks = world.states.map(({ dispatch }) => RANK[dispatch?.state ?? 'queued']);
      expect(attempts).toEqual(attempts.toSorted());
      expect(ranks).toEqual(ranks.toSorted());
      // Each request that left had a number of its own.
      expect(server.jobs.length).toBeLessThanOrEqual(task.dispatch?.attempts ?? 0);
      expect(new Set(server.jobs.map(({ headers }) => headers['idempotency-key']))).toEqual(new Set([opened.taskId]));
    },
  );

  test.for(kills(['UpdateItem 2', 'SendMessage 1']))(
    'makes the next attempt if it is killed (SIGKILL) %s %s of an attempt that failed',
    async ([side, name], { server, world }) => {
      const opened = await world.open();
      let process = await world.start();
      killAt(world, side, name, () => process.stop());
      server.answer((response, number, job) =>
        number === 1 ? answerWith(503)(response, number, job) : accept(response, number, job),
      );
      await expect(process.invoke(messageOf(opened), randomUUID())).rejects.toMatchObject({ reason: 'crash' });
      process = await world.start();
      await world.sweepAndWork(process, LEASE_SECONDS + 61);
      const { dispatch, journal = [] } = await world.read(opened);
      expect(dispatch).toMatchObject({ state: 'accepted', attempts: 2, used: 1 });
      expect(dispatch?.isUncertain).toBe(side === 'before' && name === 'UpdateItem 2' ? true : undefined);
      expect(journal.length).toBe(dispatch?.isUncertain ? 0 : 1);
      expect(server.jobs).toHaveLength(2);
    },
  );

  test('works on a message twice, and on messages in any order, with one request each', async ({ server, world }) => {
    const opened = await world.open();
    const other = await world.open();
    const [first, second] = await Promise.all([world.start(), world.start()]);
    server.answer((response, number, job) =>
      number <= 2 ? answerWith(503)(response, number, job) : accept(response, number, job),
    );
    const next = eventOf(JSON.stringify({ taskId: opened.taskId, issue: 1, attempt: 2 }));
    // The message of the next attempt comes before that of the first one.
    expect(await first.invoke(next, randomUUID())).toEqual(DONE);
    expect(server.jobs).toHaveLength(0);
    await Promise.all([first, second].map((each) => each.invoke(messageOf(opened), randomUUID())));
    await Promise.all([second, first].map((each) => each.invoke(messageOf(other), randomUUID())));
    expect(server.jobs).toHaveLength(2);
    world.pass(5);
    await Promise.all([first, second].map((each) => each.invoke(next, randomUUID())));
    expect(await first.invoke(messageOf(opened), randomUUID())).toEqual(DONE);
    expect(server.jobs).toHaveLength(3);
    expect(await world.read(opened)).toMatchObject({ dispatch: { state: 'accepted', attempts: 2 } });
    expect(await world.read(other)).toMatchObject({ dispatch: { state: 'queued', attempts: 1 } });
  });

  test('leaves no token, secret or answer in tables, lines and messages', async ({ kmsProxy, server, world }) => {
    const opened = await world.open();
    const process = await world.start();
    const answers = [
      answerWith(500),
      answerWith(401),
      answerWith(429, { 'retry-after': '7', 'x-words': ANSWER }),
    ] as const;
    server.answer((response, number, job) => {
      const answer = answers[number - 1];
      if (answer !== undefined) return answer(response, number, job);
      // Repeats what it got: as the id, and besides.
      return response
        .writeHead(202, { 'x-words': ANSWER })
        .end(
          JSON.stringify({ id: (JSON.parse(job.body) as { webhook: string }).webhook, words: ANSWER, body: job.body }),
        );
    });
    await process.invoke(messageOf(opened), randomUUID());
    for (let run = 0; (await world.read(opened)).dispatch?.state === 'queued'; run += 1) {
      expect(run).toBeLessThan(5);
      await world.sweepAndWork(process, 121);
    }
    expect((await world.read(opened)).dispatch).toMatchObject({ state: 'accepted', lastStatus: 202 });
    const messages = kmsProxy.requests.filter(({ operation }) => operation.startsWith('SendMessage'));
    expect(messages.length).toBeGreaterThan(0);
    const all = [await dump(world.store), ...world.lines, JSON.stringify(messages)].join('\n');
    expect(server.jobs.length).toBeGreaterThan(3);
    for (const { body, headers } of server.jobs) {
      const [, , signature = ''] = (JSON.parse(body) as { webhook: string }).webhook.split('.').slice(-3);
      expect(signature.length).toBeGreaterThan(80);
      expect(all).not.toContain(signature);
      expect(headers['x-api-key']).toBe(SECRET);
    }
    for (const secret of [SECRET, ANSWER, server.origin, 'eyJ']) expect(all).not.toContain(secret);
    // The input is in its item alone.
    expect(all.split('document')).toHaveLength(2);
  });
});
