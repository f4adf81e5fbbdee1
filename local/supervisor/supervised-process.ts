import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const SUPERVISOR = fileURLToPath(new URL('supervisor.mjs', import.meta.url));
const STOP_TIMEOUT_MS = 5_000;
/** Characters of its output that a process which fails is asked for. */
const SAID_CHARS = 500;

/** Exit code of the supervisor if another one has the lock file. */
export const LOCKED = 75;

export interface SupervisedOptions {
  readonly command: string;
  readonly parameters: readonly string[];
  readonly cwd: string;
  /** See `supervisor.mjs`. @default - no lock file */
  readonly lockFile?: string;
  /** Complete environment of the process. @default - that of this process */
  readonly environment?: Readonly<Record<string, string>>;
}

/** A program that ends with this process, however this process ends. */
export interface SupervisedProcess {
  readonly process: ChildProcess;
  /** Resolves when it is gone. */
  readonly exited: Promise<void>;
  /** The end of what it wrote. */
  said(): string;
  /** Ends it and waits until it is gone. Again: nothing. */
  stop(): Promise<void>;
}

/** Starts a program under `supervisor.mjs`, in a session of its own: Ctrl-C in the terminal does not reach it. */
export const startSupervised = (options: SupervisedOptions): SupervisedProcess => {
  const { command, cwd, environment, lockFile = '', parameters } = options;
  const child = spawn(process.execPath, [SUPERVISOR, lockFile, command, ...parameters], {
    detached: true,
    cwd,
    ...(environment !== undefined && { env: { ...environment } }),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  let said = '';
  const listen = (chunk: Buffer) => {
    said = (said + chunk.toString('utf8')).slice(-SAID_CHARS);
  };
  child.stdout.on('data', listen);
  child.stderr.on('data', listen);
  child.stdin.on('error', () => {});
  return {
    process: child,
    exited,
    said: () => said.trim(),
    stop: async () => {
      child.stdin.end();
      // A supervisor that ignores the end of its input would block its owner forever.
      const insist = setTimeout(() => child.kill(), STOP_TIMEOUT_MS);
      await exited;
      clearTimeout(insist);
    },
  };
};
