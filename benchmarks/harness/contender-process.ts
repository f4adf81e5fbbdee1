import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { NODE } from './machine.ts';
import type { Defer } from './scope.ts';

const CHILD = fileURLToPath(new URL('contender-child.cjs', import.meta.url));

export interface Work {
  readonly events: readonly object[];
  /** Events under way at a time. */
  readonly concurrency: number;
  /** Status of every response. */
  readonly expected: number;
  /** Text in the body of every response. @default - any body */
  readonly containing?: string;
}

/** Start and end in milliseconds on the clock of `process.hrtime`. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface WorkResult {
  readonly span: Span;
  readonly milliseconds: number;
  readonly cpuMicroseconds: number;
  /** Milliseconds of each request. */
  readonly latencies: readonly number[];
}

/** The code of a contender in a separate process. */
export interface ContenderProcess {
  /** Time in which its code was loaded. */
  readonly load: Span;
  /** @throws {Error} if a response is not the expected one */
  work(work: Work): Promise<WorkResult>;
  /** Handles all events at once. Returns their statuses; 502 if the code throws. */
  race(events: readonly object[]): Promise<readonly number[]>;
  /** Resolves when the process has ended. */
  stop(): Promise<void>;
}

interface Message {
  readonly load?: Span;
  readonly result?: WorkResult & { readonly statuses: readonly number[] };
  readonly error?: string;
}

const nextMessage = (child: ChildProcess): Promise<Message> =>
  new Promise((resolve, reject) => {
    const fail = () => reject(new Error('The process of a contender has ended.'));
    child.once('exit', fail);
    child.once('message', (message) => {
      child.off('exit', fail);
      resolve(message as Message);
    });
  });

export interface StartOptions {
  /** @default - none */
  readonly nodeOptions?: readonly string[];
  /** File descriptor for its log. @default - discarded */
  readonly output?: number;
}

/** Starts the code of a folder. The process ends with the scope at the latest. */
export const startContender = async (
  defer: Defer,
  folder: string,
  environment: Readonly<Record<string, string>>,
  { nodeOptions = [], output = openSync('/dev/null', 'w') }: StartOptions = {},
): Promise<ContenderProcess> => {
  const child = fork(CHILD, [folder], {
    execPath: NODE,
    execArgv: [...nodeOptions],
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', output, 'inherit', 'ipc'],
  });
  const stop = async (): Promise<void> => {
    if (!child.connected) return;
    const ended = once(child, 'exit');
    child.disconnect();
    await ended;
  };
  defer(stop);
  const { load } = await nextMessage(child);
  if (load === undefined) throw new Error('The first message of a contender must contain its load time.');
  const ask = async (question: object) => {
    const reply = nextMessage(child);
    child.send(question);
    const { error, result } = await reply;
    if (result === undefined) throw new Error(error);
    return result;
  };
  return { load, work: ask, race: async (events) => (await ask({ events })).statuses, stop };
};

/** Starts each contender. Returns the processes by name. */
export const startContenders = async (
  defer: Defer,
  contenders: readonly { readonly name: string; readonly folder: string }[],
  environment: Readonly<Record<string, string>>,
): Promise<(name: string) => ContenderProcess> => {
  const processes = new Map<string, ContenderProcess>();
  for (const { folder, name } of contenders) processes.set(name, await startContender(defer, folder, environment));
  return (name) => {
    const process = processes.get(name);
    if (process === undefined) throw new Error(`There is no process of ${name}.`);
    return process;
  };
};
