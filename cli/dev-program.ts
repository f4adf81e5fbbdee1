import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { checkOwner } from '../cdk-app/check-owner.ts';
import { findApp, searchedFolders } from '../cdk-app/find-app.ts';
import { CommandError } from './command-error.ts';
import type { Context } from './context.ts';

/** Name of this repository in its `package.json`. */
const REPOSITORY = 'postern';

/** A program that runs the gateway on this machine. */
interface DevProgram {
  /** Parameters of Node. */
  readonly command: readonly string[];
  readonly cwd: string;
}

/**
 * The program for a folder: in a checkout of Postern its own sources, which have the environment `local` too. In the folder of
 * another app the one that comes with this command line.
 * @param here folder of this code
 * @throws {AppError} `usage` if the folder is in neither
 * @throws {CommandError} `usage` if the packages of a checkout are not installed
 */
export const findDevProgram = (cwd: string, here = dirname(fileURLToPath(import.meta.url))): DevProgram => {
  const checkout = searchedFolders(cwd).find((folder) => nameIn(join(folder, 'package.json')) === REPOSITORY);
  if (checkout !== undefined) checkOwner({ cwd, file: join(checkout, 'package.json') });
  if (checkout !== undefined) return { command: sourceProgram(checkout, 'start'), cwd: checkout };
  findApp(cwd);
  const bundled = join(here, 'gateway', 'dev.mjs');
  // A command line that runs from the sources has no bundle of the gateway.
  return { command: existsSync(bundled) ? [bundled] : sourceProgram(join(here, '../..'), 'dev'), cwd };
};

const sourceProgram = (checkout: string, name: 'start' | 'dev'): readonly string[] => {
  const program = join(checkout, 'local', `${name}.ts`);
  try {
    return ['--import', pathToFileURL(createRequire(program).resolve('tsx')).href, program];
  } catch {
    throw new CommandError('usage', `The packages of ${checkout} are not installed.`, 'Run "npm ci" there.');
  }
};

const nameIn = (file: string): unknown => {
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as { readonly name?: unknown }).name;
  } catch {
    return undefined;
  }
};

/**
 * Runs the program until it ends. Its output goes where that of this process goes. The IPC channel tells it about the end of this
 * process, also if it is killed.
 * @returns its exit code
 */
export const runDevProgram = (
  { command, cwd }: DevProgram,
  { env, signal }: Pick<Context, 'env' | 'signal'>,
  parameters: readonly string[],
): Promise<number> => {
  const child = spawn(process.execPath, [...command, ...parameters], {
    cwd,
    env: { ...env },
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  const stop = (): void => void child.kill('SIGINT');
  signal.addEventListener('abort', stop, { once: true });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      signal.removeEventListener('abort', stop);
      resolve(code ?? 1);
    });
  });
};
