import { type ChildProcess, fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { FunctionError, type FunctionErrorPayload } from './function-error.ts';

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

/** A version of a function, as a caller named it. Here all versions have the same processes. */
export interface Qualified {
  /** ARN with the alias. */
  readonly arn: string;
  readonly version: string;
}

export interface FunctionProcess {
  /** False once the process has ended, or is ending. */
  readonly alive: boolean;
  /**
   * Runs one event to its end. One at a time.
   * @param called @default the function by its name or ARN alone
   * @throws {FunctionError}
   */
  invoke(event: unknown, requestId: string, called?: Qualified): Promise<unknown>;
  /** Resolves once the process is gone. Again: nothing. */
  stop(): Promise<void>;
}

type Message =
  | { readonly kind: 'ready' }
  | { readonly kind: 'unusable' | 'error'; readonly error: FunctionErrorPayload }
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
    child.once('exit', (code, signal) => resolve(signal === null ? `exit status ${code}` : `signal: ${signal}`));
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
    const message = `The function "${definition.name}" ended while it started: ${first}.`;
    throw new FunctionError('unusable', message, { errorType: 'Runtime.ExitError', errorMessage: message });
  }
  if (first.kind === 'unusable') {
    await ended;
    const message = `The function "${definition.name}" cannot start: ${first.error.errorMessage}`;
    throw new FunctionError('unusable', message, first.error);
  }

  return {
    get alive() {
      return alive;
    },
    stop: kill,
    invoke: async (event, requestId, called) => {
      const deadline = Date.now() + definition.timeoutMs;
      let timer: NodeJS.Timeout | undefined;
      const timedOut = new Promise<'timeout'>((resolve) => {
        timer = setTimeout(resolve, definition.timeoutMs, 'timeout');
      });
      const reply = nextMessage(child, ended);
      const context = contextOf(definition, requestId, called);
      child.send({ id: requestId, event: JSON.stringify(event), context, deadline });
      const message = await Promise.race([reply, timedOut]);
      clearTimeout(timer);
      const payload = (errorType: string, error: string): FunctionErrorPayload => ({
        errorType,
        errorMessage: `RequestId: ${requestId} Error: ${error}`,
      });
      if (message === 'timeout') {
        await kill();
        const error = `Task timed out after ${(definition.timeoutMs / 1000).toFixed(2)} seconds`;
        throw new FunctionError('timeout', error, payload('Sandbox.Timedout', error));
      }
      if (typeof message === 'string') {
        const error = `Runtime exited with error: ${message}`;
        throw new FunctionError('crash', error, payload('Runtime.ExitError', error));
      }
      if (message.kind === 'result') return JSON.parse(message.result);
      if (message.kind === 'error') throw new FunctionError('error', message.error.errorType, message.error);
      throw new Error(`The function "${definition.name}" said "${message.kind}" instead of an answer.`);
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

const contextOf = (
  { arn, memoryMegabytes, name }: FunctionDefinition,
  requestId: string,
  called: Qualified = { arn, version: '$LATEST' },
) => ({
  awsRequestId: requestId,
  functionName: name,
  functionVersion: called.version,
  invokedFunctionArn: called.arn,
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
