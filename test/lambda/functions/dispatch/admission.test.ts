import { randomUUID } from 'node:crypto';
import { describe, expect } from 'vitest';
import { LOOKUPS_TABLE } from '../../../../lambda/contract/tables.ts';
import { createAdmission } from '../../../../lambda/functions/dispatch/admission.ts';
import { countsOf } from '../../../../lambda/functions/dispatch/breaker.ts';
import { createDynamoDBBreakerStore } from '../../../../lambda/functions/dispatch/breaker-store.ts';
import type { Admittance, AttemptReport } from '../../../../lambda/functions/dispatch/ports.ts';
import { breakerItemKey, pauseUpdate, phaseOf, resumeUpdate } from '../../../../lambda/shared/dispatch/breaker-item.ts';
import { createLogger } from '../../../../lambda/shared/log/logger.ts';
import { dispatchSettings } from '../../../support/dispatched.ts';
import type { TestStore } from '../../../support/engine.ts';
import { test as base } from '../../../support/fixtures.ts';

const START = Date.parse('2026-12-01T08:00:00.000Z');
const LEASE = 60_000;
const ACME = dispatchSettings();

/** Processes that share the item of one processor, and a clock. */
const aWorld = (store: TestStore) => {
  const processor = `p-${randomUUID()}`;
  const call = store.createCall();
  let now = START;
  const requests: string[] = [];
  const lines: Record<string, unknown>[] = [];
  let isAway = false;
  const breakers = createDynamoDBBreakerStore({
    dynamodb: async (operation, input) => {
      if (isAway) throw new Error('The table is away.');
      requests.push(operation);
      return call(operation, input);
    },
    lookupsTable: store.lookupsTable,
    wait: async () => {},
    random: Math.random,
  });
  const startProcess = () =>
    createAdmission({
      store: breakers,
      logger: createLogger('test', 'dispatch', (line) => lines.push(JSON.parse(line))),
      leaseMilliseconds: LEASE,
      now: () => now,
      wait: async (milliseconds) => {
        now += milliseconds;
      },
    });
  return {
    processor,
    breakers,
    startProcess,
    now: () => now,
    /** Lets time pass, in seconds. */
    pass: (seconds: number) => {
      now += seconds * 1000;
    },
    /** Takes the table away, or brings it back. */
    setAway: (value: boolean) => {
      isAway = value;
    },
    /** Requests of the table since the last call. */
    requests: () => requests.splice(0),
    metrics: () => lines.flatMap((line) => ('ProcessorPaused' in line ? [line.Processor] : [])),
    phase: async () => phaseOf((await breakers.read(processor)).state, now),
    change: async (update: ReturnType<typeof resumeUpdate>) => (await breakers.update(processor, update)) !== undefined,
    /** Makes one attempt. */
    attempt: async (
      process: ReturnType<typeof startProcess>,
      outcome: AttemptReport,
      taskId: string = randomUUID(),
      settings = ACME,
    ): Promise<Admittance> => {
      const admittance = await process.admit(processor, settings, taskId);
      if (admittance.isAdmitted) await admittance.report(outcome);
      return admittance;
    },
  };
};

type World = ReturnType<typeof aWorld>;
type Process = ReturnType<World['startProcess']>;

const test = base.extend('world', ({ store }) => aWorld(store));

const isAdmitted = ({ isAdmitted: value }: Admittance): boolean => value;

/** Opens the breaker by 20 failed attempts of different tasks. */
const open = async (world: World, process = world.startProcess()) => {
  for (let i = 0; i < 20; i += 1) await world.attempt(process, 'unreachable');
};

describe('a breaker', () => {
  test('stays closed after 19 attempts that failed and opens with the 20th', async ({ world }) => {
    const process = world.startProcess();
    for (let i = 0; i < 19; i += 1) await world.attempt(process, 'unreachable');
    expect(await world.phase()).toBe('closed');
    await world.attempt(process, 'unreachable');
    expect(await world.phase()).toBe('open');
    expect(world.metrics()).toEqual([world.processor]);
    expect(await world.attempt(process, 'answered')).toEqual({
      isAdmitted: false,
      kind: 'open',
      until: START + 120_000,
    });
  });

  test('counts the attempts of several processes together, and one of them opens it', async ({ world }) => {
    const processes = Array.from({ length: 5 }, world.startProcess);
    for (let round = 0; round < 4; round += 1) {
      await Promise.all(processes.map((process) => world.attempt(process, 'unreachable')));
      if (round < 3) world.pass(1);
    }
    expect(await world.phase()).toBe('open');
    expect(world.metrics()).toEqual([world.processor]);
    world.pass(1);
    const attempts = await Promise.all(processes.map((process) => world.attempt(process, 'answered')));
    expect(attempts.filter(isAdmitted)).toEqual([]);
  });

  test('needs 3 different tasks that fail', async ({ world }) => {
    const process = world.startProcess();
    for (let i = 0; i < 30; i += 1) await world.attempt(process, 'unreachable', `task-${i % 2}`);
    expect(await world.phase()).toBe('closed');
    await world.attempt(process, 'unreachable', 'task-3');
    expect(await world.phase()).toBe('open');
  });

  test('needs one task that fails where the settings say so', async ({ world }) => {
    const settings = dispatchSettings({ breaker: { window: 10, minimum: 5, failureRate: 0.5, pause: 5, tasks: 1 } });
    const process = world.startProcess();
    for (let i = 0; i < 4; i += 1) await world.attempt(process, 'unreachable', 'task-1', settings);
    expect(await world.phase()).toBe('closed');
    await world.attempt(process, 'unreachable', 'task-1', settings);
    expect(await world.phase()).toBe('open');
  });

  test('opens if half of the attempts fail, and not if fewer do', async ({ world }) => {
    const process = world.startProcess();
    for (let i = 0; i < 21; i += 1) await world.attempt(process, 'answered');
    for (let i = 0; i < 20; i += 1) await world.attempt(process, 'unreachable');
    expect(await world.phase()).toBe('closed');
    await world.attempt(process, 'unreachable');
    expect(await world.phase()).toBe('open');
  });

  test('forgets attempts that are older than the window', async ({ world }) => {
    const process = world.startProcess();
    for (let i = 0; i < 19; i += 1) await world.attempt(process, 'unreachable');
    world.pass(60);
    await world.attempt(process, 'unreachable');
    expect(await world.phase()).toBe('closed');
  });

  test('forgets what a frozen process has not written in the window', async ({ world }) => {
    const process = world.startProcess();
    for (let i = 0; i < 19; i += 1) await world.attempt(process, 'unreachable');
    world.pass(3_600);
    for (let i = 0; i < 19; i += 1) await world.attempt(process, 'unreachable');
    expect(await world.phase()).toBe('closed');
  });

  test('ignores attempts that were not made', async ({ world }) => {
    const process = world.startProcess();
    for (let i = 0; i < 25; i += 1) await world.attempt(process, 'unused');
    expect(await world.phase()).toBe('closed');
    expect(world.requests()).not.toContain('UpdateItem');
  });

  test('lets one attempt through after the pause', async ({ world }) => {
    const [first, second] = [world.startProcess(), world.startProcess()];
    await open(world, first);
    world.pass(119.999);
    expect(isAdmitted(await first.admit(world.processor, ACME, 'early'))).toBe(false);
    world.pass(0.001);
    const admittances = await Promise.all(
      [first, second, world.startProcess()].map((process) => process.admit(world.processor, ACME, randomUUID())),
    );
    expect(admittances.filter(isAdmitted)).toHaveLength(1);
    expect(admittances.filter((each) => !each.isAdmitted)).toEqual(
      Array(2).fill({ isAdmitted: false, kind: 'open', until: world.now() + 2_000 }),
    );
    expect(await world.phase()).toBe('halfOpen');
  });

  test('lets 20 tasks of a process wait for the end of its pause, and spreads the others', async ({ world }) => {
    const process = world.startProcess();
    await open(world, process);
    const until = START + 120_000;
    const refusals = [];
    for (let i = 0; i < 21; i += 1) refusals.push(await process.admit(world.processor, ACME, `task-${i}`));
    expect(refusals).toEqual([
      ...Array(20).fill({ isAdmitted: false, kind: 'open', until }),
      { isAdmitted: false, kind: 'open', until, spread: 120_000 },
    ]);
    expect(await world.startProcess().admit(world.processor, ACME, 'other')).not.toHaveProperty('spread');
  });

  test('closes after an attempt that reached the processor, with new counts', async ({ world }) => {
    const process = world.startProcess();
    await open(world, process);
    world.pass(120);
    expect(isAdmitted(await world.attempt(process, 'answered'))).toBe(true);
    expect(await world.phase()).toBe('closed');
    for (let i = 0; i < 10; i += 1) await world.attempt(process, 'unreachable');
    expect(await world.phase()).toBe('closed');
  });

  test('opens again after an attempt that failed', async ({ world }) => {
    const process = world.startProcess();
    await open(world, process);
    world.pass(120);
    await world.attempt(process, 'unreachable');
    expect(await world.attempt(process, 'answered')).toEqual({
      isAdmitted: false,
      kind: 'open',
      until: START + 240_000,
    });
    expect(world.metrics()).toEqual([world.processor, world.processor]);
  });

  test('lets another attempt through if that one was not made', async ({ world }) => {
    const process = world.startProcess();
    await open(world, process);
    world.pass(120);
    await world.attempt(process, 'unused');
    expect(isAdmitted(await world.startProcess().admit(world.processor, ACME, 'next'))).toBe(true);
  });

  test('lets another attempt through when the lease of a dead process is over', async ({ world }) => {
    await open(world);
    world.pass(120);
    const dead = await world.startProcess().admit(world.processor, ACME, 'dead');
    world.pass(59.999);
    expect(isAdmitted(await world.startProcess().admit(world.processor, ACME, 'early'))).toBe(false);
    world.pass(0.001);
    const next = await world.startProcess().admit(world.processor, ACME, 'next');
    expect(isAdmitted(next)).toBe(true);
    // The outcome of the first one comes too late to decide.
    if (dead.isAdmitted) await dead.report('answered');
    expect(await world.phase()).toBe('halfOpen');
    if (next.isAdmitted) await next.report('answered');
    expect(await world.phase()).toBe('closed');
  });

  test('does not count an attempt of the time before it opened', async ({ world }) => {
    const process = world.startProcess();
    const earlier = await Promise.all(
      Array.from({ length: 25 }, () => process.admit(world.processor, ACME, randomUUID())),
    );
    await open(world);
    world.pass(120);
    await world.attempt(world.startProcess(), 'answered');
    for (const each of earlier.slice(1)) if (each.isAdmitted) await each.report('unreachable');
    world.pass(1);
    for (let i = 0; i < 10; i += 1) await world.attempt(process, 'unreachable');
    // It does not replace those of the present time either, which are not written yet.
    if (earlier[0]?.isAdmitted) await earlier[0].report('unreachable');
    for (let i = 0; i < 9; i += 1) await world.attempt(process, 'unreachable');
    expect(await world.phase()).toBe('closed');
    await world.attempt(process, 'unreachable');
    expect(await world.phase()).toBe('open');
  });

  test('keeps other tasks waiting for as long as the attempt has taken, and not beyond its lease', async ({
    world,
  }) => {
    const process = world.startProcess();
    await open(world, process);
    world.pass(120);
    await process.admit(world.processor, ACME, 'first');
    const waits: number[] = [];
    for (const seconds of [1, 9, 20, 25]) {
      world.pass(seconds);
      const admittance = await process.admit(world.processor, ACME, 'other');
      if (!admittance.isAdmitted && admittance.kind === 'open') waits.push((admittance.until - world.now()) / 1000);
    }
    // After 1, 10, 30 and 55 of 60 seconds.
    expect(waits).toEqual([2, 10, 30, 5]);
  });
});

describe('a pause', () => {
  test('of an operator stops all processes at once, and costs no writes', async ({ world }) => {
    const process = world.startProcess();
    await world.attempt(process, 'answered');
    const by = { sub: 'jane', issuer: 'https://login.example.com' };
    expect(await world.change(pauseUpdate(0, { by, reason: 'Maintenance', at: '2026-12-01T08:00:00.000Z' }))).toBe(
      true,
    );
    world.requests();
    for (let i = 0; i < 3; i += 1) {
      expect(await world.attempt(process, 'answered')).toEqual({ isAdmitted: false, kind: 'paused' });
    }
    expect(world.requests()).toEqual(['GetItem', 'GetItem', 'GetItem']);
  });

  test('that ended just now keeps no task waiting', async ({ world }) => {
    const process = world.startProcess();
    const pause = { by: 'postern', reason: 'gone', at: '2026-12-01T08:00:00.000Z' } as const;
    await world.change(pauseUpdate(0, pause));
    expect(isAdmitted(await world.attempt(process, 'answered'))).toBe(false);
    await world.change(resumeUpdate(1));
    expect(isAdmitted(await world.attempt(process, 'answered'))).toBe(true);
    await open(world, process);
    await world.change(resumeUpdate(2));
    expect(isAdmitted(await world.attempt(process, 'answered'))).toBe(true);
  });

  test('keeps the attempt after the pause of a breaker out', async ({ world }) => {
    const process = world.startProcess();
    await open(world, process);
    world.pass(120);
    await world.attempt(process, 'unused');
    await world.change(pauseUpdate(0, { by: 'postern', reason: 'gone', at: '2026-12-01T08:00:00.000Z' }));
    expect(isAdmitted(await process.admit(world.processor, ACME, 'task'))).toBe(false);
    expect(await process.admit(world.processor, ACME, 'task')).toEqual({ isAdmitted: false, kind: 'paused' });
  });

  test('is refused for another revision, and so is the end of it', async ({ world }) => {
    const pause = { by: 'postern', reason: 'gone', at: '2026-12-01T08:00:00.000Z' } as const;
    expect(await world.change(pauseUpdate(1, pause))).toBe(false);
    expect(await world.change(pauseUpdate(0, pause))).toBe(true);
    expect(await world.change(pauseUpdate(1, pause))).toBe(false);
    expect(await world.change(resumeUpdate(0))).toBe(false);
    expect(await world.change(resumeUpdate(1))).toBe(true);
    expect(await world.breakers.read(world.processor)).toMatchObject({ revision: 2 });
  });

  test('begins when 3 different tasks get 410 within 10 minutes', async ({ world }) => {
    const processes = Array.from({ length: 3 }, world.startProcess);
    for (const process of processes) await world.attempt(process, 'gone', 'task-1');
    await world.attempt(world.startProcess(), 'gone', 'task-2');
    world.pass(599.999);
    expect(await world.breakers.read(world.processor)).not.toHaveProperty('paused');
    await world.attempt(world.startProcess(), 'gone', 'task-3');
    expect((await world.breakers.read(world.processor)).paused).toEqual({
      by: 'postern',
      reason: 'It answered 410 to 3 tasks within 10 minutes.',
      at: '2026-12-01T08:09:59.999Z',
    });
    expect(world.metrics()).toEqual([world.processor]);
  });

  test('does not begin if the first of 3 tasks got 410 10 minutes ago', async ({ world }) => {
    const process = world.startProcess();
    await world.attempt(process, 'gone', 'task-1');
    world.pass(600);
    await world.attempt(process, 'gone', 'task-2');
    await world.attempt(process, 'gone', 'task-3');
    expect(await world.breakers.read(world.processor)).not.toHaveProperty('paused');
    await world.attempt(process, 'gone', 'task-4');
    expect(await world.breakers.read(world.processor)).toHaveProperty('paused');
  });

  test('ends with a resumption, which forgets failures and answers 410', async ({ world }) => {
    const process = world.startProcess();
    for (const taskId of ['task-1', 'task-2', 'task-3']) await world.attempt(process, 'gone', taskId);
    expect(await world.change(resumeUpdate(1))).toBe(true);
    world.pass(1);
    await world.attempt(process, 'gone', 'task-4');
    await world.attempt(process, 'gone', 'task-5');
    expect(await world.breakers.read(world.processor)).not.toHaveProperty('paused');
  });

  test('that ends closes an open breaker', async ({ world }) => {
    await open(world);
    await world.change(resumeUpdate(0));
    expect(await world.phase()).toBe('closed');
    expect(isAdmitted(await world.attempt(world.startProcess(), 'answered'))).toBe(true);
  });
});

describe('a rate', () => {
  const LIMITED = dispatchSettings({ ratePerSecond: 5, concurrency: 4 });

  test('is kept by all processes together in each second', async ({ world }) => {
    const [first, second, third, last] = Array.from({ length: 4 }, world.startProcess) as [
      Process,
      Process,
      Process,
      Process,
    ];
    const begin = async (process: Process): Promise<number> => {
      await process.admit(world.processor, LIMITED, randomUUID());
      return (world.now() - START) / 1000;
    };
    // Each takes its share, which is 2 of 5. What is left is 1 for the third.
    for (const process of [first, first, second, second, third]) expect(await begin(process)).toBe(0);
    // The clock is that of all: a process that waits for the next second brings it.
    expect(await begin(last)).toBe(1);
    for (const process of [last, third, third]) expect(await begin(process)).toBe(1);
    expect(await begin(first)).toBe(1);
    expect(await begin(second)).toBe(2);
  });

  test('is all for a process that is alone, after a few seconds', async ({ world }) => {
    const process = world.startProcess();
    const begun: number[] = [];
    for (let i = 0; i < 21; i += 1) {
      await process.admit(world.processor, LIMITED, randomUUID());
      begun.push((world.now() - START) / 1000);
    }
    expect(begun).toEqual([0, 0, 1, 1, 1, 1, ...Array(5).fill(2), ...Array(5).fill(3), ...Array(5).fill(4)]);
  });

  test('has what was not used for another attempt', async ({ world }) => {
    const process = world.startProcess();
    for (let i = 0; i < 3; i += 1) await world.attempt(process, 'unused', 'task', LIMITED);
    for (let i = 0; i < 2; i += 1) await world.attempt(process, 'answered', 'task', LIMITED);
    expect(world.now()).toBe(START);
    await world.attempt(process, 'answered', 'task', LIMITED);
    expect(world.now()).toBe(START + 1_000);
  });

  test('is kept in the second in which an operator resumes the processor', async ({ world }) => {
    const process = world.startProcess();
    const admit = () => process.admit(world.processor, LIMITED, randomUUID());
    await admit();
    await world.change(pauseUpdate(0, { by: 'postern', reason: 'gone', at: '2026-12-01T08:00:00.000Z' }));
    for (let i = 0; i < 2; i += 1) {
      world.pass(1);
      expect(isAdmitted(await admit())).toBe(false);
    }
    await world.change(resumeUpdate(1));
    world.requests();
    expect(isAdmitted(await admit())).toBe(true);
    expect(world.now()).toBe(START + 2_000);
    // Attempts of an earlier second were left. This one is of the second that has begun.
    expect(world.requests()).toEqual(['GetItem', 'UpdateItem']);
  });

  test('costs a process one write a second', async ({ world }) => {
    const process = world.startProcess();
    await world.attempt(process, 'answered', 'task-1', LIMITED);
    for (let second = 0; second < 3; second += 1) {
      world.pass(1);
      world.requests();
      for (let i = 0; i < 2; i += 1) await world.attempt(process, 'answered', randomUUID(), LIMITED);
      expect(world.requests().filter((name) => name === 'UpdateItem')).toEqual(['UpdateItem']);
    }
  });

  test('keeps a task waiting for the next second after 5 seconds without an attempt', async ({ world }) => {
    const process = createAdmission({
      store: world.breakers,
      logger: createLogger('test', 'dispatch', () => {}),
      leaseMilliseconds: LEASE,
      now: world.now,
      // Others take everything as soon as a second begins.
      wait: async (milliseconds) => {
        world.pass(milliseconds / 1000);
        await takeAll(world);
      },
    });
    await takeAll(world);
    expect(await process.admit(world.processor, LIMITED, 'task')).toEqual({
      isAdmitted: false,
      kind: 'rate',
      until: START + 6_000,
    });
  });

  const takeAll = async (world: World) => {
    // A block of the whole rate, as a process that needs it takes it.
    const second = Math.floor(world.now() / 1000);
    await world.breakers.update(world.processor, {
      UpdateExpression: 'ADD #rate :all',
      ExpressionAttributeNames: { '#rate': `rate#${second}` },
      ExpressionAttributeValues: { ':all': { N: '5' } },
    });
  };
});

describe('the item of a processor', () => {
  test('has all that many processes count at the same time', async ({ world }) => {
    const settings = dispatchSettings({ breaker: { ...ACME.breaker, minimum: 10_000 } });
    const processes = Array.from({ length: 50 }, world.startProcess);
    await Promise.all(processes.map((process) => world.attempt(process, 'unreachable', randomUUID(), settings)));
    const item = await world.breakers.read(world.processor);
    expect(countsOf(item, settings.breaker, world.now())).toMatchObject({ answered: 0, unreachable: 50 });
  });

  test('admits nothing while the table is away, and what was counted is written later', async ({ world }) => {
    const process = world.startProcess();
    const admittances = await Promise.all(
      Array.from({ length: 5 }, () => process.admit(world.processor, ACME, randomUUID())),
    );
    world.setAway(true);
    for (const each of admittances) if (each.isAdmitted) await each.report('unreachable');
    world.pass(1);
    await expect(process.admit(world.processor, ACME, 'task')).rejects.toThrow('The table is away.');
    world.setAway(false);
    await world.attempt(process, 'unreachable');
    const item = await world.breakers.read(world.processor);
    expect(countsOf(item, ACME.breaker, world.now())).toMatchObject({ unreachable: 5 });
  });

  test('costs one read for each attempt, and a write only now and then', async ({ world }) => {
    const process = world.startProcess();
    for (let second = 0; second < 12; second += 1) {
      for (let i = 0; i < 10; i += 1) await world.attempt(process, 'answered');
      world.pass(1);
    }
    const requests = world.requests();
    expect(requests.filter((name) => name === 'UpdateItem').length).toBeLessThanOrEqual(2);
    expect(requests.length).toBeLessThanOrEqual(120 + 2);
  });

  test('costs a process at most one write a second while attempts fail', async ({ world }) => {
    const process = world.startProcess();
    for (let i = 0; i < 100; i += 1) await world.attempt(process, 'answered');
    for (let second = 0; second < 5; second += 1) {
      world.pass(1);
      world.requests();
      for (let i = 0; i < 10; i += 1) await world.attempt(process, 'unreachable');
      expect(world.requests().filter((name) => name === 'UpdateItem').length).toBeLessThanOrEqual(1);
    }
  });

  test('stays small: counters of another time or round are removed', async ({ world, store }) => {
    const process = world.startProcess();
    for (let minute = 0; minute < 5; minute += 1) {
      for (let i = 0; i < 60; i += 1) {
        await world.attempt(process, i % 3 === 0 ? 'unreachable' : 'answered');
        world.pass(1);
      }
    }
    const { Item = {} } = await store.createCall()('GetItem', {
      TableName: store.lookupsTable,
      Key: breakerItemKey(world.processor),
    });
    expect(Object.keys(Item).length).toBeLessThan(40);
    expect(Item).not.toHaveProperty(LOOKUPS_TABLE.timeToLive);
  });
});
