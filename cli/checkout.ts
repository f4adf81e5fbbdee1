import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CommandError } from './command-error.ts';
import type { Context } from './context.ts';

/** Name of this repository in its `package.json`. */
const PACKAGE = 'postern';

/**
 * Root of the checkout of Postern that has this folder. Environments and the local gateway are TypeScript of the checkout, so
 * their commands work nowhere else.
 * @throws {CommandError} `usage` outside of a checkout, or if its packages are not installed
 */
const findCheckout = (cwd: string): string => {
  const root = upwards(cwd).find((folder) => nameIn(join(folder, 'package.json')) === PACKAGE);
  if (root === undefined) {
    throw new CommandError(
      'usage',
      `${cwd} is not in a checkout of Postern. This command reads the environments and the code of one.`,
      'Run it in the checkout.',
    );
  }
  if (!existsSync(join(root, 'node_modules', 'tsx'))) {
    throw new CommandError('usage', `The packages of ${root} are not installed.`, 'Run "npm ci" there.');
  }
  return root;
};

const upwards = (folder: string): readonly string[] => {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...upwards(parent)];
};

const nameIn = (file: string): unknown => {
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as { readonly name?: unknown }).name;
  } catch {
    return undefined;
  }
};

interface ProgramOptions {
  readonly program: string;
  readonly parameters?: readonly string[];
  /** `inherit`: the program writes to stdout. `stderr`: what it writes is not the data of the command. */
  readonly stdout: 'inherit' | 'stderr';
}

/**
 * Starts a TypeScript program of the checkout. Its output goes where that of this process goes. The IPC channel tells it about
 * the end of this process, also if it is killed.
 */
const startProgram = (
  { cwd, env, signal }: Pick<Context, 'cwd' | 'env' | 'signal'>,
  { parameters = [], program, stdout }: ProgramOptions,
): ChildProcess => {
  const child = spawn(process.execPath, ['--import', 'tsx', program, ...parameters], {
    cwd: findCheckout(cwd),
    env: { ...env },
    stdio: ['inherit', stdout === 'inherit' ? 'inherit' : 2, 'inherit', 'ipc'],
  });
  const stop = (): void => void child.kill('SIGINT');
  signal.addEventListener('abort', stop, { once: true });
  child.once('close', () => signal.removeEventListener('abort', stop));
  return child;
};

/** Runs a program of the checkout until it ends. @returns its exit code */
export const runProgram = (
  context: Pick<Context, 'cwd' | 'env' | 'signal'>,
  program: string,
  parameters: readonly string[],
): Promise<number> => {
  const child = startProgram(context, { program, parameters, stdout: 'inherit' });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
};
