import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { appendSourceHash, POLICY_ENTRY_POINT } from '../../lambda/contract/policy-module.ts';
import { CommandError } from '../command-error.ts';
import type { Context } from '../context.ts';
import { POLICY_SCHEMA_FILE, type PolicyFiles, schemaText } from './policy-files.ts';
import { readFromTar } from './read-tar.ts';
import { type Opa, runOpa } from './run-opa.ts';

const BUNDLE_FILE = 'bundle.tar.gz';
/** Name of the module in a bundle of opa. */
const MODULE_IN_BUNDLE = '/policy.wasm';

/**
 * Lets opa check and compile policies in a temporary folder, and appends the SHA-256 of the source. The module has the name of its source
 * in it, so the copy keeps that name.
 * @throws {CommandError} `failed`, with what opa says
 */
export const buildModule = async (
  opa: Opa,
  { hash, source, text }: PolicyFiles,
  { env, signal }: Pick<Context, 'env' | 'signal'>,
): Promise<Uint8Array> => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-policies-'));
  try {
    const name = basename(source);
    writeFileSync(join(folder, name), text);
    writeFileSync(join(folder, POLICY_SCHEMA_FILE), schemaText());
    const run = async (words: readonly string[]): Promise<void> => {
      const { code, stderr, stdout } = await runOpa(opa.program, words, { cwd: folder, env, signal });
      if (code !== 0) throw refusedBy(opa, words, `${stderr}${stdout}`);
    };
    await run(['check', '--strict', '-s', POLICY_SCHEMA_FILE, name]);
    await run(['build', '-t', 'wasm', '-e', POLICY_ENTRY_POINT, '-o', BUNDLE_FILE, name]);
    const module = readModule(join(folder, BUNDLE_FILE), opa);
    return appendSourceHash(module, hash);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const readModule = (bundle: string, { version }: Opa): Uint8Array => {
  let module: Uint8Array | undefined;
  let reason = '';
  try {
    module = readFromTar(readFileSync(bundle), MODULE_IN_BUNDLE);
  } catch (error) {
    reason = ` (${error instanceof Error ? error.message : error})`;
  }
  if (module !== undefined) return module;
  throw new CommandError(
    'failed',
    `The bundle of opa ${version} has no module${reason}.`,
    'Use another version of opa.',
  );
};

const refusedBy = ({ version }: Opa, [command = '']: readonly string[], output: string): CommandError =>
  new CommandError(
    'failed',
    [`opa ${version} ${command} refuses the policies:`, output.trim()].join('\n'),
    'Correct them and run the command again. docs/operate/policies.md has examples. No file was changed.',
  );
