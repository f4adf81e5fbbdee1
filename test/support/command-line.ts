import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const LAUNCHER = join(ROOT, 'cli/bin/postern.mjs');
/** A home that no person has. The CDK keeps a cache in it. */
const HOME = join(ROOT, '.build/home');

/** How a command line ended. */
export interface CommandEnd {
  /** Exit code, or the name of the signal that ended it. */
  readonly code: number | string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command line that runs. */
export interface RunningCommand {
  readonly ended: Promise<CommandEnd>;
  /** Sends a signal, as Ctrl-C does with `SIGINT`. */
  readonly interrupt: (signal?: NodeJS.Signals) => void;
  /** What it has written to stdout so far. */
  readonly said: () => string;
  /** What it has written to stderr so far. */
  readonly noted: () => string;
}

interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly stdin?: string | Uint8Array;
}

/** Starts `postern WORDS` as a person does, without a terminal and without the variables of this process. */
export const startPostern = (
  words: readonly string[],
  { cwd = ROOT, env = {}, stdin }: CommandOptions = {},
): RunningCommand => {
  const child = spawn(process.execPath, [LAUNCHER, ...words], {
    cwd,
    env: { PATH: process.env.PATH, HOME: cwd === ROOT ? HOME : cwd, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text;
    });
  }
  // A command that does not read its input may end before it is written.
  child.stdin.on('error', () => {}).end(stdin);
  return {
    ended: new Promise((resolve) => child.once('close', (code, signal) => resolve({ code: code ?? signal, ...texts }))),
    interrupt: (signal = 'SIGINT') => void child.kill(signal),
    said: () => texts.stdout,
    noted: () => texts.stderr,
  };
};

/** Runs `postern WORDS` to its end. */
export const runPostern = (words: readonly string[], options?: CommandOptions): Promise<CommandEnd> =>
  startPostern(words, options).ended;
