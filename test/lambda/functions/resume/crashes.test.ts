import { describe, expect } from 'vitest';
import type { TaskItem } from '../../../../lambda/contract/task.ts';
import type { TestStore } from '../../../support/engine.ts';
import { test } from '../../../support/fixtures.ts';
import { aResuming, aServiceError, closedWith, type Parts, storeWaited } from '../../../support/resuming.ts';

const CLOSED = { ...closedWith('succeeded', '[1]'), payloadKey: 'results/a' };

/** A workflow: it takes one outcome, and refuses any other. */
interface Workflow {
  /** How often it took an outcome. */
  told: number;
  /** Answers of the service before it takes an outcome. */
  readonly answers: Error[];
  /** True if the response to the first call is lost. */
  losesAnswer: boolean;
}

/** Ends the run at a step, before or after its effect. Nothing after it happens, not even the handling of an error. */
class Steps {
  readonly names: string[] = [];
  readonly #at: number;
  readonly #side: 'before' | 'after';
  #crash: () => void = () => {};
  readonly crashed = new Promise<'crashed'>((resolve) => {
    this.#crash = () => resolve('crashed');
  });

  constructor(at = Number.POSITIVE_INFINITY, side: 'before' | 'after' = 'before') {
    this.#at = at;
    this.#side = side;
  }

  readonly wrap = <T extends object>(part: T, label: string): T =>
    new Proxy(part, {
      get: (target, name) => {
        const method = target[name as keyof T] as (...input: unknown[]) => Promise<unknown>;
        if (typeof method !== 'function') return method;
        return async (...input: unknown[]) => {
          this.names.push(`${label}.${String(name)}`);
          const isHere = this.names.length === this.#at;
          if (isHere && this.#side === 'before') return this.#end();
          const result = method.apply(target, input);
          if (!isHere) return result;
          await Promise.allSettled([result]);
          return this.#end();
        };
      },
    });

  #end(): Promise<never> {
    this.#crash();
    return new Promise<never>(() => {});
  }
}

const aRun = (store: TestStore, workflow: Workflow, steps: Steps) => {
  const call = async () => {
    const error = workflow.answers.shift();
    if (error !== undefined) throw error;
    if (workflow.told > 0) throw aServiceError('TaskTimedOut');
    workflow.told += 1;
    if (workflow.losesAnswer) throw aServiceError('TimeoutError', 0);
  };
  const service = { succeed: call, fail: call, heartbeat: call };
  const world = aResuming(store, {
    wrap: (parts): Parts => ({
      store: steps.wrap(parts.store, 'store'),
      heartbeats: parts.heartbeats,
      payloads: steps.wrap(parts.payloads, 'bucket'),
      decrypt: steps.wrap({ decrypt: parts.decrypt }, 'kms').decrypt,
      connect: async () => steps.wrap(service, 'service'),
      messages: steps.wrap(parts.messages, 'queue'),
    }),
  });
  world.objects.set('results/a', Buffer.from('[1]'));
  return world;
};

interface Case {
  readonly answers: readonly Error[];
  readonly losesAnswer: boolean;
  /** Seconds since the first receive. */
  readonly age: number;
  /** The steps of the first receive. */
  readonly steps: readonly string[];
  readonly state: 'delivered' | 'refused';
}

const TOLD = ['store.find', 'kms.decrypt', 'bucket.read', 'store.claim', 'service.succeed'];

const CASES: Readonly<Record<string, Case>> = {
  'an outcome that is told': {
    answers: [],
    losesAnswer: false,
    age: 0,
    steps: [...TOLD, 'store.deliver'],
    state: 'delivered',
  },
  'an outcome whose response is lost': {
    answers: [],
    losesAnswer: true,
    age: 0,
    steps: [...TOLD, 'queue.delay'],
    state: 'delivered',
  },
  'an outcome that is throttled': {
    answers: [aServiceError('ThrottlingException')],
    losesAnswer: false,
    age: 0,
    steps: [...TOLD, 'store.release', 'queue.delay'],
    state: 'delivered',
  },
  'an outcome that the service refuses for good': {
    answers: [aServiceError('InvalidToken'), aServiceError('InvalidToken'), aServiceError('InvalidToken')],
    losesAnswer: false,
    age: 0,
    steps: [...TOLD, 'store.refuse'],
    state: 'refused',
  },
  'an outcome that is given up': {
    answers: Array.from({ length: 5 }, () => aServiceError('ThrottlingException')),
    losesAnswer: false,
    age: 86_400,
    steps: [...TOLD, 'store.release', 'store.refuse', 'queue.giveUp'],
    state: 'refused',
  },
};

const CRASHES = Object.entries(CASES).flatMap(([name, { steps }]) =>
  steps.flatMap((step, i) => (['before', 'after'] as const).map((side) => [side, step, name, i + 1] as const)),
);

describe('a crash', () => {
  test.for(Object.entries(CASES))('is tried at every step of %s', async ([, one], { store }) => {
    const steps = new Steps();
    const task = await storeWaited(store, CLOSED);
    const world = aRun(store, { told: 0, answers: [...one.answers], losesAnswer: one.losesAnswer }, steps);
    world.pass(one.age);
    await world.receive(task);
    expect(steps.names).toEqual(one.steps);
  });

  test.for(CRASHES)('%s %s of %s is repaired by the next receives', async ([side, , name, at], { store }) => {
    const { age, answers, losesAnswer, state } = CASES[name] as Case;
    const workflow: Workflow = { told: 0, answers: [...answers], losesAnswer };
    const task = await storeWaited(store, CLOSED);
    const letters: string[] = [];
    const receive = async (steps: Steps): Promise<boolean | 'crashed'> => {
      const world = aRun(store, workflow, steps);
      world.pass(age);
      const end = await Promise.race([world.receive(task), steps.crashed]);
      letters.push(...world.letters.map(({ messageId }) => messageId));
      return end;
    };
    expect(await receive(new Steps(at, side))).toBe('crashed');
    for (let receives = 2; (await receive(new Steps())) !== true; receives += 1) expect(receives).toBeLessThan(5);

    const { resume, resumeToken, sequence } = await readNow(store, task);
    expect(resume).toMatchObject({ state });
    expect(resume).not.toHaveProperty('isUncertain');
    expect(resumeToken).toBeUndefined();
    expect(sequence).toBe(task.sequence + 1);
    expect(workflow.told).toBe(state === 'delivered' ? 1 : 0);
    // The queue drops a repeat of the same message.
    expect(new Set(letters).size).toBe(name === 'an outcome that is given up' ? 1 : 0);
  });
});

const readNow = (store: TestStore, task: TaskItem): Promise<TaskItem> => aResuming(store).read(task);
