import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { NODE } from './machine.ts';

const CHILD = fileURLToPath(new URL('child.cjs', import.meta.url));

export interface Work {
  readonly events: readonly object[];
  /** At a time. */
  readonly concurrency: number;
  /** Status of every answer. */
  readonly expected: number;
  /** What every answer's body contains. @default - anything */
  readonly containing?: string;
}

/** On the clock of `process.hrtime`, in milliseconds. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface Done {
  readonly span: Span;
  readonly milliseconds: number;
  readonly cpuMicroseconds: number;
  /** Of each request, in milliseconds. */
  readonly latencies: readonly number[];
}

/** A contender's code in a process of its own. */
export interface ContenderProcess {
  /** When its code was loaded. */
  readonly load: Span;
  /** @throws {Error} where an answer has another status than expected */
  work(work: Work): Promise<Done>;
  /** Statuses of events that are all under way at once; 502 where the code fails. */
  race(events: readonly object[]): Promise<readonly number[]>;
  /** Own time of each place in the code while work is done; it is slower then. */
  profile(work: Work): Promise<readonly Place[]>;
  /** Comes back once the process has ended. */
  stop(): Promise<void>;
}

/** A function of the code, and how long it was at work itself. */
export interface Place {
  /** File, module of Node's own, or in parentheses what V8 has no file for. */
  readonly url: string;
  readonly line: number;
  readonly microseconds: number;
}

interface Message {
  readonly load?: Span;
  readonly result?: Done & { readonly statuses: readonly number[]; readonly places: readonly Place[] };
  readonly error?: string;
}

const nextMessage = (child: ChildProcess): Promise<Message> =>
  new Promise((resolve, reject) => {
    const ended = () => reject(new Error('The process of a contender has ended.'));
    child.once('exit', ended);
    child.once('message', (message) => {
      child.off('exit', ended);
      resolve(message as Message);
    });
  });

export interface StartOptions {
  /** @default - none */
  readonly nodeOptions?: readonly string[];
  /** File descriptor for its log. @default - it goes nowhere, as cheaply as Lambda takes it */
  readonly output?: number;
}

/** Starts the code of a folder. */
export const startContender = async (
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
  const { load } = await nextMessage(child);
  if (load === undefined) throw new Error('The first message of a contender is when it was loaded.');
  const ask = async (question: object) => {
    const answer = nextMessage(child);
    child.send(question);
    const { error, result } = await answer;
    if (result === undefined) throw new Error(error);
    return result;
  };
  return {
    load,
    work: ask,
    profile: async (work) => (await ask({ ...work, profiled: true })).places,
    race: async (events) => (await ask({ events })).statuses,
    stop: async () => {
      if (!child.connected) return;
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    },
  };
};
