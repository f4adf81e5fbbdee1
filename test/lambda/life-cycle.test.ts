import { createHash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TaskItem } from '../../lambda/contract/task.ts';
import { createDynamoDBDueStore } from '../../lambda/expire/dynamodb-due-store.ts';
import { createExpirer } from '../../lambda/expire/expire-tasks.ts';
import { createJournal } from '../../lambda/observe/journal.ts';
import type { Delivered } from '../support/delivered.ts';
import type { Fault } from '../support/fault-proxy.ts';
import { type ReceiverFixture, readTask, readUse } from '../support/receiver.ts';
import type { SenderFunction } from '../support/sender-api.ts';
import { aTaskBody, type Opened, openSenderWorld, type SenderWorld } from '../support/sender-world.ts';
import { NOW } from '../support/tokens.ts';

/** What can happen to a task from outside, in any order and at the same time. */
type Step =
  | { readonly kind: 'deliver'; readonly as: 'result' | 'failure'; readonly body: string; readonly issue: number }
  | { readonly kind: 'progress'; readonly percent: number; readonly issue: number }
  | { readonly kind: 'cancel' | 'reissue' | 'expire' | 'accept' };

interface Moment {
  /** Happening at once. */
  readonly steps: readonly Step[];
  /** Meets one of the requests to the store of this moment. */
  readonly fault: Fault | null;
  /** Seconds until the next moment. */
  readonly pause: number;
}

let world: SenderWorld;
let receiver: ReceiverFixture;
let opener: SenderFunction;
let tasks: SenderFunction;
beforeAll(async () => {
  world = await openSenderWorld();
  receiver = await world.receiver({ endpoint: world.dynamodb.endpoint });
  opener = world.opener();
  tasks = world.tasks();
});
afterAll(() => world.close());

const MAX_USES = { result: 1, failure: 1, progress: 5 } as const;

const issue = fc.constantFrom(0, 0, 0, 1, 2);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('deliver' as const),
      as: fc.constantFrom('result' as const, 'result' as const, 'failure' as const),
      body: fc.constantFrom('one', 'two', ''),
      issue,
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('progress' as const), percent: fc.nat(3), issue }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('cancel' as const, 'reissue' as const, 'expire' as const, 'accept' as const),
    }),
  },
);
const fault: fc.Arbitrary<Fault | null> = fc.constantFrom<(Fault | null)[]>(
  null,
  null,
  { kind: 'conflict' },
  { kind: 'reset' },
  { kind: 'lostAnswer' },
  { kind: 'error', status: 500 },
  { kind: 'throttled' },
);
const moment: fc.Arbitrary<Moment> = fc.record({
  steps: fc.array(step, { minLength: 1, maxLength: 4 }),
  fault,
  pause: fc.constantFrom(0, 0, 1, 40, 100),
});

/** One task and everything that happens to it. */
class Life {
  readonly answers: { readonly step: Step; readonly answer: Delivered }[] = [];
  readonly issued: Opened['callbacks'][] = [];
  taskId = '';
  now = NOW;

  at(now: number): void {
    this.now = now;
    receiver.at(now);
    opener.at(now * 1000);
    tasks.at(now * 1000);
  }

  async open(): Promise<void> {
    this.at(NOW);
    const body = aTaskBody({
      carrier: 'header',
      expiresIn: 120,
      heartbeat: 60,
      callbacks: ['result', 'failure', 'progress'],
    });
    const answer = await opener.send({ path: '/v1/tasks', headers: JSON_TYPE, body: JSON.stringify(body) });
    const opened = answer.json as Opened;
    this.taskId = opened.taskId;
    this.issued.unshift(opened.callbacks);
  }

  async live({ fault: meets, pause, steps }: Moment): Promise<void> {
    world.clear();
    if (meets !== null) world.dynamodb.inject(({ number }) => (number === 1 ? meets : undefined));
    const happenings = await Promise.all(steps.map(async (each) => ({ step: each, answer: await this.happen(each) })));
    for (const { answer, step: each } of happenings) if (answer) this.answers.push({ step: each, answer });
    world.clear();
    this.at(this.now + pause);
  }

  private async happen(each: Step): Promise<Delivered | undefined> {
    const path = `/v1/tasks/${this.taskId}`;
    switch (each.kind) {
      case 'deliver':
      case 'progress': {
        const capability = each.kind === 'progress' ? 'progress' : each.as;
        const callback = (this.issued[each.issue] ?? this.issued[0])?.[capability];
        if (callback === undefined) return undefined;
        return receiver.deliver({
          path: new URL(callback.url).pathname,
          headers: {
            authorization: `Bearer ${callback.token}`,
            'content-type': each.kind === 'progress' ? 'application/json' : 'text/plain',
          },
          body: each.kind === 'progress' ? JSON.stringify({ percent: each.percent }) : each.body,
        });
      }
      case 'cancel':
        return tasks.send({ method: 'DELETE', path });
      case 'reissue': {
        const answer = await opener.send({ path: `${path}/callbacks` });
        if (answer.status === 201) this.issued.unshift((answer.json as Opened).callbacks);
        return answer;
      }
      case 'accept': {
        const list = await tasks.send({ method: 'GET', path: `${path}/quarantine` });
        const id = (list.json as { quarantine?: { id: string }[] }).quarantine?.[0]?.id ?? 'none';
        return tasks.send({ method: 'POST', path: `${path}/quarantine/${id}/accept` });
      }
      case 'expire':
        await this.expire();
        return undefined;
    }
  }

  private async expire(): Promise<void> {
    const store = createDynamoDBDueStore({
      client: world.store.connect({ endpoint: world.dynamodb.endpoint }),
      tasksTable: world.store.tasksTable,
      wait,
      random: Math.random,
    });
    const journal = createJournal('test', 'expire', () => {});
    // A run that failed is run again by its schedule; here by whichever step comes next.
    await createExpirer({ store, journal, now: () => this.now * 1000 })(() => 30_000).catch(() => {});
  }
}

const JSON_TYPE = { 'content-type': 'application/json' };
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

const expectOneEnding = (task: TaskItem): void => {
  const ways = task.history.map(({ status }) => status);
  expect(ways[0]).toBe('pending');
  expect(ways.at(-1)).toBe(task.status);
  // One closing change; only expiry may be mended, by taking what came late.
  if (ways[1] === 'expired') expect([2, 3]).toContain(ways.length);
  else expect(ways.length).toBeLessThanOrEqual(2);
  if (ways.length === 3) expect(['succeeded', 'failed']).toContain(ways[2]);
  expect(task.due === undefined).toBe(task.status !== 'pending');
  expect(task.sequence).toBeGreaterThanOrEqual(ways.length);
};

/** Every 2xx is backed by what is stored, and two deliveries that both got one brought the same. */
const expectNothingLost = (task: TaskItem, answers: Life['answers']): void => {
  for (const { answer, step: each } of answers) {
    if (each.kind === 'accept' && answer.status === 200) {
      // What was accepted is what the task now has.
      const view = answer.json as { result?: { sha256: string }; failure?: { sha256: string } };
      const stored = task.status === 'succeeded' ? task.result : task.failure;
      expect((view.result ?? view.failure)?.sha256).toBe(stored?.sha256);
      expect(sha256(Buffer.from(task.payload ?? []).toString())).toBe(stored?.sha256);
      expect(task.history.map(({ status }) => status)).toContain('expired');
    }
    if (each.kind !== 'deliver' || answer.status !== 200) continue;
    const stored = each.as === 'result' ? task.result : task.failure;
    expect(stored?.sha256).toBe(sha256(each.body));
    expect(Buffer.from(task.payload ?? []).toString()).toBe(each.body);
    expect(task.status).toBe(each.as === 'result' ? 'succeeded' : 'failed');
  }
};

const expectUsesWithinLimit = async (life: Life): Promise<void> => {
  for (const callbacks of life.issued) {
    for (const [capability, maxUses] of Object.entries(MAX_USES)) {
      const [, claims = ''] = callbacks[capability]?.token?.split('.') ?? [];
      const { jti } = JSON.parse(Buffer.from(claims, 'base64url').toString() || '{"jti":""}') as { jti: string };
      const record = await readUse(world.store, jti);
      if (record !== undefined) expect(record.uses).toBeLessThanOrEqual(maxUses);
    }
  }
};

test('C6 H4 for any interleaving of deliveries, repeats, cancels, re-issues, expiry and faults: one ending, nothing lost, no use too many', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(moment, { minLength: 1, maxLength: 8 }), async (moments) => {
      const life = new Life();
      await life.open();
      for (const each of moments) await life.live(each);
      for (const { answer } of life.answers) if (answer.status >= 500) expect(answer.status).toBe(503);
      const task = await readTask(world.store, life.taskId);
      if (task === undefined) throw new Error('The task is gone.');
      expectOneEnding(task);
      expectNothingLost(task, life.answers);
      await expectUsesWithinLimit(life);
    }),
    { numRuns: 30, interruptAfterTimeLimit: 40_000, markInterruptAsFailure: false },
  );
}, 60_000);
