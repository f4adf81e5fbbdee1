import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { CommandError } from '../command-error.ts';
import type { Context } from '../context.ts';

/** The user's compiler of Rego. */
export interface Opa {
  /** A path, or `opa` for the search path. */
  readonly program: string;
  /** For instance `1.22.4`. */
  readonly version: string;
}

/** The first version whose Rego is that of the guide: `if` and `contains` without an import (https://www.openpolicyagent.org/docs/v0-upgrade). */
const MIN_MAJOR = 1;

const HOW_TO_GET_IT =
  'Download opa from https://www.openpolicyagent.org/docs#1-download-opa, or run "brew install opa" or "go install github.com/open-policy-agent/opa@latest". Then add it to the search path, or name it with --opa PATH.';

/**
 * Finds opa, and asks it for its version.
 * @param path the value of `--opa`; undefined: the search path is searched
 * @throws {CommandError} `failed`, if opa is missing or older than 1.0
 */
export const findOpa = async (
  path: string | undefined,
  { cwd, env, signal }: Pick<Context, 'cwd' | 'env' | 'signal'>,
): Promise<Opa> => {
  const program = path === undefined ? 'opa' : resolve(cwd, path);
  const { code, stdout } = await runOpa(program, ['version'], { cwd, env, signal });
  const [, version = '', major = ''] = /^Version: ((\d+)\.\S+)/m.exec(stdout) ?? [];
  if (code !== 0 || version === '') {
    throw new CommandError('failed', `"${program} version" does not print a version of opa.`, HOW_TO_GET_IT);
  }
  if (Number(major) < MIN_MAJOR) {
    throw new CommandError(
      'failed',
      `${program} is opa ${version}; expected version ${MIN_MAJOR}.0 or later.`,
      HOW_TO_GET_IT,
    );
  }
  return { program, version };
};

interface OpaEnd {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs opa to its end. @throws {CommandError} `failed`, if it cannot be started */
export const runOpa = (
  program: string,
  words: readonly string[],
  { cwd, env, signal }: Pick<Context, 'cwd' | 'env' | 'signal'>,
): Promise<OpaEnd> =>
  new Promise((resolve, reject) => {
    const child = spawn(program, words, { cwd, env: { ...env }, stdio: ['ignore', 'pipe', 'pipe'], signal });
    const texts = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        texts[name] += text;
      });
    }
    child.once('error', (error: NodeJS.ErrnoException) =>
      reject(new CommandError('failed', explainStart(program, error), HOW_TO_GET_IT)),
    );
    child.once('close', (code) => resolve({ code: code ?? 1, ...texts }));
  });

const explainStart = (program: string, { code, message }: NodeJS.ErrnoException): string =>
  code === 'ENOENT'
    ? `${program} is not there. Policies in Rego are compiled by opa, the program of Open Policy Agent.`
    : `${program} cannot be started (${code ?? message}).`;
