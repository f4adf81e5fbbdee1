import { randomUUID } from 'node:crypto';
import type { FunctionDefinition, FunctionProcess, LineListener, Qualified } from './function-process.ts';
import { startFunctionProcess } from './function-process.ts';

export interface FunctionPool {
  readonly definition: FunctionDefinition;
  /** Starts the first process, so that a function that cannot start is known at once. */
  warm(): Promise<void>;
  /**
   * Runs one event, in a process that is free, or a new one, or the next that becomes free.
   * @throws {FunctionError}
   */
  invoke(event: unknown, called?: Qualified): Promise<unknown>;
  stop(): Promise<void>;
}

export interface PoolOptions {
  readonly executable: string;
  readonly onLine: LineListener;
  /** Most processes at a time. A process runs one invocation at a time, as in Lambda. */
  readonly size: number;
}

/** The processes of one function. A process that ended is replaced when the next invocation needs one. */
export const createFunctionPool = (definition: FunctionDefinition, options: PoolOptions): FunctionPool => {
  const idle: FunctionProcess[] = [];
  const running = new Set<FunctionProcess>();
  const starting = new Set<Promise<FunctionProcess>>();
  const waiting: (() => void)[] = [];
  let stopped = false;

  const start = async (): Promise<FunctionProcess> => {
    const started = startFunctionProcess(definition, options.executable, options.onLine);
    starting.add(started);
    try {
      return await started;
    } finally {
      starting.delete(started);
    }
  };

  const acquire = async (): Promise<FunctionProcess> => {
    for (;;) {
      if (stopped) throw new Error(`The function "${definition.name}" has been stopped.`);
      const free = idle.pop();
      if (free?.alive) {
        running.add(free);
        return free;
      }
      if (free) continue;
      if (running.size + starting.size < options.size) {
        const process = await start();
        running.add(process);
        return process;
      }
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
  };

  const release = (process: FunctionProcess): void => {
    running.delete(process);
    if (process.alive) idle.push(process);
    waiting.shift()?.();
  };

  return {
    definition,
    warm: async () => release(await acquire()),
    invoke: async (event, called) => {
      let process: FunctionProcess;
      try {
        process = await acquire();
      } catch (error) {
        waiting.shift()?.();
        throw error;
      }
      try {
        return await process.invoke(event, randomUUID(), called);
      } finally {
        release(process);
      }
    },
    stop: async () => {
      stopped = true;
      for (const wake of waiting.splice(0)) wake();
      const late = await Promise.allSettled(starting);
      const begun = late.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
      await Promise.all([...idle, ...running, ...begun].map((process) => process.stop()));
    },
  };
};
