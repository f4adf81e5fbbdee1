import fc from 'fast-check';
import { expect } from 'vitest';
import { keptBytes } from '../../lambda/contract/tables.ts';
import type { TaskItem, TaskStatus } from '../../lambda/contract/task.ts';
import { test as base } from '../support/fixtures.ts';
import { readTask, readUse } from '../support/receiver.ts';
import { type Life, type Moment, openLifeWorld, payloadOf, type Step, sha256 } from '../support/task-life.ts';

const issue = fc.constantFrom(0, 0, 0, 1, 2);
/** Two that stay on the task, none at all, and two that go to the bucket. */
const body = fc.constantFrom('one', 'two', '', 'a longer one', 'a longer two');
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('deliver' as const),
      as: fc.constantFrom('result' as const, 'result' as const, 'failure' as const),
      body,
      issue,
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('progress' as const), percent: fc.nat(3), issue }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('offer' as const),
      body: fc.constantFrom('uploaded one', 'uploaded two'),
      issue,
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        ...([
          'put',
          'put',
          'put',
          'arrive',
          'arrive',
          'arrive',
          'cancel',
          'reissue',
          'reopen',
          'reopen',
          'expire',
          'accept',
          'discard',
        ] as const),
      ),
    }),
  },
);
const fault: fc.Arbitrary<Moment['fault']> = fc.oneof(
  { weight: 3, arbitrary: fc.constant(null) },
  {
    weight: 3,
    arbitrary: fc.record({
      at: fc.constant('dynamodb' as const),
      every: fc.constant(false),
      fault: fc.constantFrom(
        { kind: 'conflict' } as const,
        { kind: 'reset' } as const,
        { kind: 'lostAnswer' } as const,
        { kind: 'error', status: 500 } as const,
        { kind: 'throttled' } as const,
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      at: fc.constant('s3' as const),
      every: fc.boolean(),
      fault: fc.constantFrom(
        { kind: 'reset' } as const,
        { kind: 'lostAnswer' } as const,
        { kind: 'error', status: 503 } as const,
        { kind: 'throttled' } as const,
      ),
    }),
  },
  // The function is stopped between the object in the bucket and the transaction: nothing reaches the tables any more.
  {
    weight: 1,
    arbitrary: fc.constant({ at: 'dynamodb' as const, every: true, fault: { kind: 'reset' } as const }),
  },
);
const moment: fc.Arbitrary<Moment> = fc.record({
  steps: fc.array(step, { minLength: 1, maxLength: 4 }),
  fault,
  answersLost: fc.constantFrom(false, false, false, true),
  pause: fc.constantFrom(0, 0, 1, 40, 100),
});

/** Next statuses of a task. A late delivery of an expired task may be accepted, and a delivered task may be reopened. */
const NEXT: Readonly<Record<TaskStatus, readonly TaskStatus[]>> = {
  pending: ['succeeded', 'failed', 'expired', 'cancelled'],
  expired: ['succeeded', 'failed'],
  succeeded: ['pending'],
  failed: ['pending'],
  cancelled: [],
};

const expectOneEnding = (task: TaskItem): void => {
  const ways = task.history.map(({ status }) => status);
  expect(ways[0]).toBe('pending');
  expect(ways.at(-1)).toBe(task.status);
  for (const [i, status] of ways.slice(1).entries()) expect(NEXT[ways[i] as TaskStatus]).toContain(status);
  const times = task.reopenings?.length ?? 0;
  expect(times).toBeLessThanOrEqual(5);
  expect(ways.filter((status) => status === 'pending')).toHaveLength(1 + times);
  // Its entry in the index of deadlines stays.
  expect(task.due).toBeDefined();
  // An accepted delivery of an overdue task writes the expiry with its own change: two entries, and one event.
  const together = ways.filter((status, i) => status === 'expired' && i < ways.length - 1).length;
  expect(task.sequence).toBeGreaterThanOrEqual(ways.length - together);
};

/** Expects every delivery with a 2xx to be stored or discarded, and equal payloads for all of one issue. */
const expectNothingLost = (task: TaskItem, { discarded, happenings, issued }: Life): void => {
  const expectStored = (as: 'result' | 'failure', digest: string | undefined) => {
    const stored = task.status === (as === 'result' ? 'succeeded' : 'failed') ? [task[as]?.sha256] : [];
    const reopened = Object.values(task.reopened ?? {}).filter(({ capability }) => capability === as);
    expect([...stored, ...reopened.map((entry) => entry.sha256), ...discarded]).toContain(digest);
  };
  const accepted = new Map<object | undefined, Set<string>>();
  for (const { answer, callback, step: each } of happenings) {
    if (answer.status !== 200) continue;
    if (each.kind === 'accept') {
      const view = answer.json as { result?: { sha256: string }; failure?: { sha256: string } };
      expectStored(view.result === undefined ? 'failure' : 'result', (view.result ?? view.failure)?.sha256);
      expect(task.history.map(({ status }) => status)).toContain('expired');
    }
    if (each.kind !== 'deliver') continue;
    expectStored(each.as, sha256(each.body));
    const issue = issued.find((callbacks) => callback !== undefined && Object.values(callbacks).includes(callback));
    accepted.set(issue, (accepted.get(issue) ?? new Set()).add(`${each.as} ${each.body}`));
  }
  for (const deliveries of accepted.values()) expect([...deliveries]).toHaveLength(1);
};

const calmly = (...steps: readonly Step[]): Moment => ({ steps, fault: null, answersLost: false, pause: 0 });

/** Sequences that random runs rarely reach. */
const EXAMPLES: [{ carrier: 'header' | 'short'; moments: Moment[] }][] = [
  // A delivery that a reopening kept is accepted after the task is overdue, and before `expire` has written that.
  [
    {
      carrier: 'header',
      moments: [
        calmly({ kind: 'deliver', as: 'result', body: 'one', issue: 0 }),
        calmly({ kind: 'reopen' }),
        { ...calmly(), pause: 100 },
        calmly({ kind: 'accept' }),
      ],
    },
  ],
  [
    {
      carrier: 'short',
      moments: [
        calmly({ kind: 'offer', body: 'uploaded one', issue: 0 }),
        calmly({ kind: 'put' }),
        calmly({ kind: 'arrive' }, { kind: 'deliver', as: 'result', body: 'one', issue: 0 }),
        calmly({ kind: 'arrive' }),
      ],
    },
  ],
  [
    {
      carrier: 'header',
      moments: [
        {
          ...calmly({ kind: 'deliver', as: 'result', body: 'a longer one', issue: 0 }),
          fault: { at: 'dynamodb', every: true, fault: { kind: 'reset' } },
        },
        calmly({ kind: 'deliver', as: 'result', body: 'a longer one', issue: 0 }),
      ],
    },
  ],
  // Reopened, delivered again in both ways, and at the end a reopened upload is accepted after all.
  [
    {
      carrier: 'header',
      moments: [
        calmly({ kind: 'deliver', as: 'result', body: 'one', issue: 0 }),
        calmly({ kind: 'reopen' }, { kind: 'reopen' }, { kind: 'deliver', as: 'failure', body: 'two', issue: 0 }),
        calmly(
          { kind: 'deliver', as: 'result', body: 'one', issue: 1 },
          { kind: 'deliver', as: 'failure', body: 'a longer one', issue: 0 },
        ),
        calmly({ kind: 'reopen' }),
        calmly({ kind: 'discard' }),
        calmly({ kind: 'offer', body: 'uploaded one', issue: 0 }),
        calmly({ kind: 'put' }),
        calmly({ kind: 'arrive' }),
        { ...calmly({ kind: 'reopen' }, { kind: 'arrive' }), pause: 100 },
        calmly({ kind: 'expire' }, { kind: 'accept' }, { kind: 'reopen' }),
        calmly({ kind: 'accept' }),
      ],
    },
  ],
];

const test = base
  .extend('world', { scope: 'file' }, async ({}, { onCleanup }) => {
    const world = await openLifeWorld();
    onCleanup(world.close);
    return world;
  })
  /** Expects the payload of a closed task and those in its quarantine to have their digests, on the task or in the bucket. */
  .extend('expectBytes', ({ world }) => async (task: TaskItem): Promise<void> => {
    const payload = task.status === 'succeeded' ? task.result : task.status === 'failed' ? task.failure : undefined;
    const bytes = await payloadOf(world, task);
    expect(bytes && sha256(bytes)).toBe(payload?.sha256);
    for (const entry of [...Object.values(task.quarantine), ...Object.values(task.reopened ?? {})]) {
      const kept = entry.payloadKey === undefined ? task[keptBytes(entry.id)] : await world.object(entry.payloadKey);
      expect(sha256(kept ?? '')).toBe(entry.sha256);
      expect(task.settled?.has(entry.id) ?? false).toBe(false);
    }
  })
  /** Expects no token with too many uses, and no unused token that was refused as replayed. */
  .extend('expectHonestUses', ({ world }) => async (life: Life): Promise<void> => {
    for (const callbacks of life.issued) {
      for (const callback of Object.values(callbacks)) {
        const { jti, max_uses: maxUses } = await life.termsOf(callback);
        const record = await readUse(world.sender.store, jti);
        if (record !== undefined) expect(record.uses).toBeLessThanOrEqual(maxUses);
      }
    }
    for (const { answer, callback } of life.happenings) {
      if (callback === undefined || (answer.json as { code?: string }).code !== 'token_replayed') continue;
      expect(await readUse(world.sender.store, (await life.termsOf(callback)).jti)).toBeDefined();
    }
  });

test('C6 H4 ends a task once and loses nothing and no use, for any order of steps and faults', async ({
  expectBytes,
  expectHonestUses,
  world,
}) => {
  const lives = fc.record({
    carrier: fc.constantFrom('header' as const, 'short' as const),
    moments: fc.array(moment, { minLength: 1, maxLength: 8 }),
  });
  await fc.assert(
    fc.asyncProperty(lives, async ({ carrier, moments }) => {
      const life = await world.begin(carrier);
      for (const each of moments) await life.live(each);
      for (const { answer } of life.happenings) if (answer.status >= 500) expect(answer.status).toBe(503);
      const task = await readTask(world.sender.store, life.taskId);
      if (task === undefined) throw new Error('The task is gone.');
      expectOneEnding(task);
      await expectBytes(task);
      expectNothingLost(task, life);
      await expectHonestUses(life);
    }),
    { examples: EXAMPLES, numRuns: 30, interruptAfterTimeLimit: 40_000, markInterruptAsFailure: false },
  );
});
