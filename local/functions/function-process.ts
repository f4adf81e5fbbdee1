import { type ChildProcess, fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const BOOTSTRAP = fileURLToPath(new URL('bootstrap.cjs', import.meta.url));

/** Code, environment and limits of a function. */
export interface FunctionDefinition {
  readonly name: string;
  readonly arn: string;
  /** The module that the bundle is, and what it exports. */
  readonly modulePath: string;
  readonly handlerName: string;
  readonly timeoutMs: number;
  readonly memoryMegabytes: number;
  /** Complete environment of the process: it inherits nothing. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Handles a line that a function writes. */
export type LineListener = (functionName: string, line: string) => void;

/** The function failed, ended or took too long. What a load balancer makes of it is 502. */
export class FunctionError extends Error {
  readonly reason: 'error' | 'crash' | 'timeout' | 'unusable';
  constructor(reason: FunctionError['reason'], message: string) {
    super(message);
    this.name = 'FunctionError';
    this.reason = reason;
  }
}

export interface FunctionProcess {
  /** False once the process has ended, or is ending. */
  readonly alive: boolean;
  /**
   * Runs one event to its end. One at a time.
   * @throws {FunctionError}
   */
  invoke(event: unknown, requestId: string): Promise<unknown>;
  /** Resolves once the process is gone. Again: nothing. */
  stop(): Promise<void>;
}

type Message =
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'unusable' | 'error';
      readonly error: { readonly errorType: string; readonly errorMessage: string };
    }
  | { readonly kind: 'result'; readonly result: string };

/**
 * Starts a function in a new process and waits until its bundle is loaded.
 * @param executable the Node to run it on
 * @throws {FunctionError} if the bundle cannot be loaded or stops the cold start.
 */
export const startFunctionProcess = async (
  definition: FunctionDefinition,
  executable: string,
  onLine: LineListener,
): Promise<FunctionProcess> => {
  const child = fork(BOOTSTRAP, [definition.modulePath, definition.handlerName], {
    execPath: executable,
    // Otherwise the child inherits our loader for TypeScript.
    execArgv: [],
    env: { ...definition.environment },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let alive = true;
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(`exit ${signal ?? code}`));
  }).finally(() => {
    alive = false;
  });
  for (const stream of [child.stdout, child.stderr]) {
    if (stream) readLines(stream, (line) => onLine(definition.name, line));
  }

  const kill = async (): Promise<void> => {
    alive = false;
    child.kill('SIGKILL');
    await ended;
  };

  const first = await nextMessage(child, ended);
  if (typeof first === 'string') {
    throw new FunctionError('unusable', `The function "${definition.name}" ended while it started: ${first}.`);
  }
  if (first.kind === 'unusable') {
    await ended;
    throw new FunctionError('unusable', `The function "${definition.name}" cannot start: ${first.error.errorMessage}`);
  }

  return {
    get alive() {
      return alive;
    },
    stop: kill,
    invoke: async (event, requestId) => {
      const deadline = Date.now() + definition.timeoutMs;
      let timer: NodeJS.Timeout | undefined;
      const timedOut = new Promise<'timeout'>((resolve) => {
        timer = setTimeout(resolve, definition.timeoutMs, 'timeout');
      });
      const reply = nextMessage(child, ended);
      child.send({ id: requestId, event: JSON.stringify(event), context: contextOf(definition, requestId), deadline });
      const message = await Promise.race([reply, timedOut]);
      clearTimeout(timer);
      if (message === 'timeout') {
        await kill();
        throw new FunctionError('timeout', `Task timed out after ${definition.timeoutMs / 1000} seconds`);
      }
      if (typeof message === 'string') throw new FunctionError('crash', `Runtime exited: ${message}`);
      if (message.kind === 'result') return JSON.parse(message.result);
      throw new FunctionError('error', message.kind === 'error' ? message.error.errorType : message.kind);
    },
  };
};

/** The next thing the process says, or, if it ended before, how. */
const nextMessage = (child: ChildProcess, ended: Promise<string>): Promise<Message | string> => {
  let listener: ((message: unknown) => void) | undefined;
  const said = new Promise<Message>((resolve) => {
    listener = (message) => resolve(message as Message);
    child.once('message', listener);
  });
  return Promise.race([said, ended]).finally(() => {
    if (listener) child.off('message', listener);
  });
};

const contextOf = ({ name, arn, memoryMegabytes }: FunctionDefinition, requestId: string) => ({
  awsRequestId: requestId,
  functionName: name,
  functionVersion: '$LATEST',
  invokedFunctionArn: arn,
  memoryLimitInMB: String(memoryMegabytes),
  logGroupName: `/aws/lambda/${name}`,
  logStreamName: 'local',
  callbackWaitsForEmptyEventLoop: true,
});

const readLines = (stream: Readable, onLine: (line: string) => void): void => {
  createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', (line) => {
    if (line !== '') onLine(line);
  });
};
