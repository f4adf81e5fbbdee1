import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { ReadyFile } from '../../../local/ready-file.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** A running program of the local gateway. */
export interface Program {
  readonly process: ChildProcess;
  /** Everything it wrote so far. */
  said(): string;
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | string | null>;
}

const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

/**
 * Runs `node --import tsx local/NAME.ts`, as the npm scripts do.
 * @param cwd folder of the app. @default the checkout
 */
export const run = (
  name: 'start' | 'demo' | 'token' | 'open',
  parameters: readonly string[],
  environment: Readonly<Record<string, string>>,
  cwd = ROOT,
): Program => {
  const child = spawn(process.execPath, ['--import', TSX, join(ROOT, `local/${name}.ts`), ...parameters], {
    cwd,
    env: {
      ...process.env,
      POSTERN_PORT: '0',
      POSTERN_IDP_PORT: '0',
      POSTERN_CONSOLE_PORT: '0',
      NODE_OPTIONS: '',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  }
  return {
    process: child,
    said: () => said,
    ended: new Promise((resolve) => child.once('close', (code, signal) => resolve(code ?? signal))),
  };
};

/** Waits until the program has written its ready file. */
export const untilReady = async (program: Program, folder: string): Promise<ReadyFile> => {
  const file = join(folder, 'local.json');
  let end: { readonly code: number | string | null } | undefined;
  void program.ended.then((code) => {
    end = { code };
  });
  while (!existsSync(file)) {
    if (end !== undefined) throw new Error(`ended with ${end.code} before it was ready: ${program.said()}`);
    await delay(50);
  }
  return JSON.parse(readFileSync(file, 'utf8')) as ReadyFile;
};

/** Command lines of the processes that work on a data folder, other than the program's own. */
export const processesOf = (folder: string): readonly string[] =>
  execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(folder));
