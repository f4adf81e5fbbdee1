import { describe, expect } from 'vitest';
import type { TaskItem } from '../../../../lambda/contract/task.ts';
import { type aResuming, aServiceError, closedWith, type Parts, storeWaited } from '../../../support/resuming.ts';
import { test } from '../../../support/resuming-fixtures.ts';
import { NOW } from '../../../support/tokens.ts';

const DAY = 86_400;
const CLOSED = closedWith('succeeded', '[1]');

type World = ReturnType<typeof aResuming>;

/** Receives a message again and again after the waits that were set, as the queue does, until it is deleted. */
const receiveUntilDeleted = async (world: World, task: TaskItem): Promise<number> => {
  for (let receives = 1; ; receives += 1) {
    if (await world.receive(task, { receives })) return receives;
    world.pass(world.delays.at(-1) as number);
  }
};

/** Makes methods fail the first times. */
const failing = <T extends object>(part: T, failures: Partial<Record<keyof T, number>>): T => {
  const left = { ...failures };
  return new Proxy(part, {
    get: (target, name) => {
      const key = name as keyof T;
      const method = target[key] as (...input: unknown[]) => unknown;
      return async (...input: unknown[]) => {
        const times = left[key] ?? 0;
        if (times > 0) {
          left[key] = times - 1;
          throw Object.assign(new Error('down'), { name: 'ServiceIsDown' });
        }
        return method.apply(target, input);
      };
    },
  });
};

describe('an outcome that cannot be told yet', () => {
  test('is told after minutes of throttling', async ({ world }) => {
    const task = await storeWaited(world.tables, CLOSED);
    world.answer(...Array(10).fill(aServiceError('ThrottlingException')));
    expect(await receiveUntilDeleted(world, task)).toBe(11);
    expect(world.delays).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 450]);
    expect((await world.read(task)).resume).toEqual({
      kind: 'stepFunctions',
      state: 'delivered',
      at: new Date((NOW + 961) * 1000).toISOString(),
    });
    expect(world.lines.at(-1)).toMatchObject({ message: 'workflow resumed', ResumeDelay: 961_000 });
  });

  test('is given up after 24 hours: refused, and a dead letter with the ids only', async ({ world }) => {
    const task = await storeWaited(world.tables, CLOSED);
    world.answer(...Array(1_000).fill(aServiceError('ThrottlingException')));
    await receiveUntilDeleted(world, task);
    const passed = world.now() / 1000 - NOW;
    expect(passed).toBeGreaterThanOrEqual(86_400);
    expect(passed).toBeLessThan(86_400 + 900);
    // Fewer than the largest `maxReceiveCount` of a queue, also with the shortest waits.
    expect(world.delays.length).toBeLessThan(1_000);

    const { change, resume, resumeToken, sequence } = await world.read(task);
    expect(resume).toMatchObject({ state: 'refused', reason: 'GaveUp' });
    expect({ change, resumeToken, sequence }).toEqual({
      change: 'resumeRefused',
      resumeToken: undefined,
      sequence: task.sequence + 1,
    });
    expect(world.letters.map(({ body }) => JSON.parse(body))).toEqual([{ taskId: task.taskId, sequence: 2 }]);
    expect(world.lines.at(-1)).toMatchObject({ level: 'ERROR', ResumeRefused: 1, Reason: 'GaveUp' });
  });

  test.for([
    [DAY - 1, false],
    [DAY, true],
  ] as const)('is given up at 86,400 seconds since the first receive: %i s, %s', async ([age, givesUp], { world }) => {
    const task = await storeWaited(world.tables, CLOSED);
    world.pass(age);
    world.answer(aServiceError('ThrottlingException'));
    expect(await world.receive(task)).toBe(givesUp);
    expect((await world.read(task)).resume?.state).toBe(givesUp ? 'refused' : 'pending');
    expect(world.letters).toHaveLength(givesUp ? 1 : 0);
  });

  test('is told in the last attempt if the service takes it', async ({ world }) => {
    const task = await storeWaited(world.tables, CLOSED);
    world.pass(DAY);
    expect(await world.receive(task)).toBe(true);
    expect((await world.read(task)).resume?.state).toBe('delivered');
    expect(world.letters).toEqual([]);
  });

  test('is given up once, if the dead letter is sent at the second receive', async ({ aWorld }) => {
    const world = aWorld({ wrap: (parts) => ({ ...parts, messages: failing(parts.messages, { giveUp: 1 }) }) });
    const task = await storeWaited(world.tables, CLOSED);
    world.pass(DAY);
    world.answer(aServiceError('ThrottlingException'));
    expect(await world.receive(task)).toBe(false);
    expect((await world.read(task)).resume?.reason).toBe('GaveUp');
    expect(world.letters).toEqual([]);

    expect(await world.receive(task)).toBe(true);
    expect(world.letters).toHaveLength(1);
    const { sequence } = await world.read(task);
    expect(sequence).toBe(task.sequence + 1);
    expect(world.lines.filter((line) => line.ResumeRefused === 1)).toHaveLength(1);
  });

  test('makes no dead letter if the workflow was refused for another reason', async ({ world }) => {
    const resume = { kind: 'stepFunctions', state: 'refused', reason: 'InvalidToken' } as const;
    const task = await storeWaited(world.tables, { ...CLOSED, resume });
    world.pass(DAY);
    expect(await world.receive(task)).toBe(true);
    expect(world.letters).toEqual([]);
  });

  test('makes no dead letter of a later message of the same task', async ({ world }) => {
    const task = await storeWaited(world.tables, CLOSED);
    world.pass(DAY);
    world.answer(aServiceError('ThrottlingException'));
    await world.receive(task);
    expect(await world.receive({ ...task, sequence: 3 }, { firstReceivedAt: world.now() })).toBe(true);
    expect(world.letters).toHaveLength(1);
  });
});

/** Each dependency that fails before the call to the service. */
const OUTAGES: readonly (readonly [string, (parts: Parts) => Partial<Parts>])[] = [
  ['DynamoDB, at the read', ({ store }) => ({ store: failing(store, { find: 1 }) })],
  ['DynamoDB, at the mark', ({ store }) => ({ store: failing(store, { claim: 1 }) })],
  ['KMS', ({ decrypt }) => ({ decrypt: failing({ decrypt }, { decrypt: 1 }).decrypt })],
  ['S3', ({ payloads }) => ({ payloads: failing(payloads, { read: 1 }) })],
  ['STS', ({ connect }) => ({ connect: failing({ connect }, { connect: 1 }).connect })],
];

describe('an outage', () => {
  test.for(OUTAGES)(
    'of %s is repeated, and leaves no doubt whether the workflow was told',
    async ([, change], { aWorld }) => {
      const world = aWorld({ wrap: (parts) => ({ ...parts, ...change(parts) }) });
      const task = await storeWaited(world.tables, { ...CLOSED, payloadKey: 'results/a' });
      world.objects.set('results/a', Buffer.from('[1]'));
      const before = await world.read(task);
      expect(await world.receive(task)).toBe(false);
      expect(world.calls).toEqual([]);
      expect(await world.read(task)).toEqual(before);
      expect(world.lines).toMatchObject([
        { level: 'ERROR', message: 'workflow not resumed yet', error: 'ServiceIsDown' },
      ]);

      expect(await world.receive(task, { receives: 2 })).toBe(true);
      expect(world.calls).toHaveLength(1);
    },
  );

  test('of SQS leaves the wait to the queue', async ({ aWorld }) => {
    const world = aWorld({ wrap: (parts) => ({ ...parts, messages: failing(parts.messages, { delay: 1 }) }) });
    const task = await storeWaited(world.tables, CLOSED);
    world.answer(aServiceError('ThrottlingException'));
    expect(await world.receive(task)).toBe(false);
    expect(world.lines.at(-1)).toMatchObject({ message: 'wait not set', error: 'ServiceIsDown' });
  });
});

describe('a dead letter that is processed again', () => {
  test('tells the workflow that still waits', async ({ world }) => {
    const task = await storeWaited(world.tables, CLOSED);
    expect(await world.redrive(task)).toBe(true);
    expect((await world.read(task)).resume?.state).toBe('delivered');
  });

  test('is kept if the workflow cannot be told, whatever its age', async ({ world }) => {
    const task = await storeWaited(world.tables, CLOSED);
    world.pass(3 * DAY);
    world.answer(aServiceError('ThrottlingException'));
    expect(await world.redrive(task)).toBe(false);
    expect(world.letters).toEqual([]);
    expect(world.delays).toEqual([]);
    expect((await world.read(task)).resume?.state).toBe('pending');
  });

  test('has nothing to do if the outcome was given up', async ({ world }) => {
    const task = await storeWaited(world.tables, {
      ...CLOSED,
      resume: { kind: 'stepFunctions', state: 'refused', reason: 'GaveUp' },
    });
    world.pass(3 * DAY);
    expect(await world.redrive(task)).toBe(true);
    expect(world.letters).toEqual([]);
    expect(world.calls).toEqual([]);
  });
});
