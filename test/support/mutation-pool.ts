import { EventEmitter } from 'node:events';
import { globSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  BaseSequencer,
  type PoolOptions,
  type PoolWorker,
  type TestProject,
  type TestSpecification,
  ThreadsPoolWorker,
  type Vitest,
  type WorkerRequest,
} from 'vitest/node';
import { testFiles } from '../kinds.ts';

/** Runs of one thread. Vitest keeps a little memory for each run, so a new thread starts after this number. */
const MAX_RUNS = 100;

/** Each run evaluates the project's own code again, so that no mutant leaves state for the next one. */
const OWN_CODE = ['lambda', 'lib', 'local', 'test'].flatMap((folder) =>
  globSync(`${folder}/**/*.ts`).map((file) => resolve(file)),
);

const EVENTS = ['message', 'error', 'exit'] as const;

/** A thread that waits for the next run. */
let idle: { readonly thread: ThreadsPoolWorker; readonly runs: number } | undefined;

/**
 * Worker of Vitest whose thread stays alive between runs, for mutation testing: each mutant is a run. The thread keeps the
 * packages that it has loaded, because to load them takes longer than most tests.
 */
class KeptThread implements PoolWorker {
  readonly name = 'kept-thread';
  readonly #options: PoolOptions;
  readonly #emitter = new EventEmitter();
  readonly #forward = EVENTS.map((event) => [event, (value: unknown) => this.#emitter.emit(event, value)] as const);
  #thread: ThreadsPoolWorker | undefined;
  #runs = 0;
  #startRequest: (WorkerRequest & { type: 'start' }) | undefined;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#runs = idle?.runs ?? 0;
    this.#thread = idle?.thread ?? new ThreadsPoolWorker(this.#options);
    idle = undefined;
    if (this.#runs === 0) await this.#thread.start();
    for (const [event, forward] of this.#forward) this.#thread.on(event, forward);
  }

  send(message: WorkerRequest): void {
    if (message.type === 'start') this.#startRequest = message;
    if (message.type === 'start' && this.#runs > 0) this.#answer('started');
    else if (message.type === 'stop') this.#answer('stopped');
    else this.#thread?.send(message.type === 'run' ? this.#asNew(message) : message);
  }

  async stop(): Promise<void> {
    const thread = this.#thread;
    if (thread === undefined) return;
    for (const [event, forward] of this.#forward) thread.off(event, forward);
    this.#thread = undefined;
    const runs = this.#runs + 1;
    if (runs >= MAX_RUNS || idle !== undefined) await thread.stop();
    else idle = { thread, runs };
  }

  on(event: string, callback: (value: unknown) => void): void {
    this.#emitter.on(event, callback);
  }

  off(event: string, callback: (value: unknown) => void): void {
    this.#emitter.off(event, callback);
  }

  deserialize(data: unknown): unknown {
    return data;
  }

  /**
   * The thread has the configuration of its first run, and each run has other tests. The thread merges the context of a run
   * into that of its start.
   */
  #asNew(message: WorkerRequest & { type: 'run' }): WorkerRequest {
    const context = { ...message.context, config: this.#startRequest?.context.config, invalidates: OWN_CODE };
    return { ...message, context };
  }

  #answer(type: 'started' | 'stopped'): void {
    queueMicrotask(() => this.#emitter.emit('message', { __vitest_worker_response__: true, type }));
  }
}

/** Plugin that makes all projects use `KeptThread`. Stryker chooses another pool, and plugins have the last word. */
export const keepThread = {
  name: 'kept-thread',
  configureVitest: ({ project, vitest }: { readonly project: TestProject; readonly vitest: Vitest }) => {
    vitest.onClose(() => idle?.thread.stop());
    project.config.pool = 'kept-thread';
    project.config.poolRunner = { name: 'kept-thread', createPoolWorker: (options) => new KeptThread(options) };
  },
};

const unitTests = new Set(testFiles().unit.map((file) => resolve(file)));

const SLOW = /payload|single-use/;

const cost = ({ moduleId }: TestSpecification): number => (unitTests.has(moduleId) ? 0 : SLOW.test(moduleId) ? 2 : 1);

/**
 * Order of the test files for a mutant: the quickest first, because the first failure ends the run of a mutant. Vitest's own
 * order begins with the slowest file.
 */
export class QuickTestsFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.toSorted((a, b) => cost(a) - cost(b) || a.moduleId.localeCompare(b.moduleId));
  }
}
