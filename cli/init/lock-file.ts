import { spawn } from 'node:child_process';
import { CommandError } from '../command-error.ts';
import type { Context } from '../context.ts';

export const LOCK_FILE = 'package-lock.json';

/** The lock file names no host, so that the app installs from every registry. It has the hash of each package all the same. */
const WORDS = [
  'install',
  '--package-lock-only',
  '--ignore-scripts',
  '--omit-lockfile-registry-resolved',
  '--no-audit',
  '--no-fund',
  '--loglevel=error',
];

/** Lines of npm in an error. */
const SHOWN_LINES = 6;

/**
 * Lets npm make the lock file in a folder. npm installs nothing and runs no script of a package.
 * @throws {CommandError} `failed`, with the reason that npm prints
 */
export const makeLockFile = async (folder: string, { env, signal }: Pick<Context, 'env' | 'signal'>): Promise<void> => {
  const { code, output } = await runNpm(folder, { env, signal });
  if (code === 0) return;
  const lines = output.split('\n').filter((line) => line.startsWith('npm error') && !line.includes('complete log'));
  throw new CommandError(
    'failed',
    [
      code === undefined
        ? `npm cannot be started (${output}).`
        : `npm ended with ${code}, and made no package-lock.json:`,
      ...lines.slice(0, SHOWN_LINES),
    ].join('\n'),
    remedyFor(code, output),
  );
};

const remedyFor = (code: number | undefined, output: string): string => {
  if (code === undefined) return 'npm comes with Node. Add it to the search path. Nothing was made.';
  return output.includes('E404')
    ? 'The registry lacks this package. "npm config get registry" prints its address. Nothing was made.'
    : 'npm needs its registry. Check the network and "npm ping", and try again. Nothing was made.';
};

interface NpmEnd {
  /** Undefined: npm did not start. */
  readonly code: number | undefined;
  readonly output: string;
}

const runNpm = (folder: string, { env, signal }: Pick<Context, 'env' | 'signal'>): Promise<NpmEnd> =>
  new Promise((resolve) => {
    const child = spawn('npm', WORDS, {
      cwd: folder,
      env: { ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
      signal,
      // npm is a script on Windows.
      shell: process.platform === 'win32',
    });
    let output = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.once('error', (error: NodeJS.ErrnoException) =>
      resolve({ code: undefined, output: error.code ?? error.message }),
    );
    child.once('close', (code) => resolve({ code: code ?? 1, output }));
  });
