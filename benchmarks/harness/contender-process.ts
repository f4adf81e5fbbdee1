import { fork } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { NODE } from './machine.ts';
import type { Defer } from './scope.ts';
import { percentile } from './statistics.ts';

const CHILD = fileURLToPath(new URL('contender-child.cjs', import.meta.url));

/** A response of the function, as the load balancer is given it. */
export interface Answer {
  readonly statusCode: number;
  readonly multiValueHeaders: Readonly<Record<string, readonly string[]>>;
  readonly body: string;
  readonly isBase64Encoded: boolean;
}

interface Handled {
  readonly responses: readonly (Answer & { readonly milliseconds: number })[];
  readonly milliseconds: number;
  readonly cpuMicroseconds: number;
}

export interface Work {
  readonly events: readonly object[];
  /** Events under way at a time. */
  readonly concurrency: number;
  /** Status of every response. @default 200 */
  readonly expected?: number;
  /** Text in the body of every response. @default - any body */
  readonly containing?: string;
}

/** Times of some events. */
export type Times = Readonly<
  Record<'perSecond' | 'cpuMicroseconds' | 'medianMilliseconds' | 'p99Milliseconds', number>
>;

/** The code of a contender in a separate process. */
export interface ContenderProcess {
  /** Time in which its code was loaded. */
  readonly loadMilliseconds: number;
  /** CPU time from the start of the process until its code was loaded, with the start of Node. */
  readonly startMicroseconds: number;
  /** Handles the events. @throws {Error} if a response is not the expected one */
  work(work: Work): Promise<Times>;
  /** Handles one event. */
  answer(event: object): Promise<Answer>;
  /** Handles all events at once. Returns their statuses; 502 if the code throws. */
  race(events: readonly object[]): Promise<readonly number[]>;
  /** Resolves when the process has ended. */
  stop(): Promise<void>;
}

/**
 * Starts the code of a folder. The process ends with the scope at the latest.
 * @param output file descriptor for its log
 */
export const startContender = async (
  defer: Defer,
  folder: string,
  environment: Readonly<Record<string, string>>,
  output: number = openSync('/dev/null', 'w'),
): Promise<ContenderProcess> => {
  const child = fork(CHILD, [folder], {
    execPath: NODE,
    execArgv: [],
    // Not NODE_OPTIONS, which would also apply to the harness.
    env: { PATH: process.env.PATH, NODE_OPTIONS: process.env.CONTENDER_NODE_OPTIONS, ...environment },
    stdio: ['ignore', output, 'inherit', 'ipc'],
  });
  const exited = once(child, 'exit');
  const nextMessage = async (): Promise<unknown> => {
    const ended = exited.then(() => Promise.reject(new Error('The process of a contender has ended.')));
    const [message] = await Promise.race([once(child, 'message'), ended]);
    return message;
  };
  const stop = async (): Promise<void> => {
    if (child.connected) child.disconnect();
    await exited;
  };
  defer(stop);
  const { loadMilliseconds, startMicroseconds } = (await nextMessage()) as Pick<
    ContenderProcess,
    'loadMilliseconds' | 'startMicroseconds'
  >;
  const handle = async (events: readonly object[], concurrency: number): Promise<Handled> => {
    child.send({ events, concurrency });
    return (await nextMessage()) as Handled;
  };
  return {
    loadMilliseconds,
    startMicroseconds,
    work: async ({ concurrency, containing = '', events, expected = 200 }) => {
      const { cpuMicroseconds, milliseconds, responses } = await handle(events, concurrency);
      const wrong = responses.find(({ body, statusCode }) => statusCode !== expected || !body.includes(containing));
      if (wrong !== undefined) {
        throw new Error(`Answered ${wrong.statusCode}, expected ${expected} ${containing}: ${wrong.body}`);
      }
      const latencies = responses.map((response) => response.milliseconds);
      return {
        perSecond: (events.length / milliseconds) * 1000,
        cpuMicroseconds: cpuMicroseconds / events.length,
        medianMilliseconds: percentile(latencies, 50),
        p99Milliseconds: percentile(latencies, 99),
      };
    },
    answer: async (event) => {
      const { responses } = await handle([event], 1);
      if (responses[0] === undefined) throw new Error('The process of a contender has not answered.');
      return responses[0];
    },
    race: async (events) => (await handle(events, events.length)).responses.map(({ statusCode }) => statusCode),
    stop,
  };
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
