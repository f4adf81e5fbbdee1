import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { policySchemaJson } from '../../lambda/contract/policy-json-schema.ts';
import { readSourceHash } from '../../lambda/contract/policy-module.ts';
import { CommandError } from '../command-error.ts';

/** Name of the schema beside a source, for `opa check -s` and for editors. */
export const POLICY_SCHEMA_FILE = 'policy-schema.json';

/** A source of policies in Rego, and the files that belong to it. */
export interface PolicyFiles {
  readonly source: string;
  readonly module: string;
  readonly schema: string;
  readonly text: string;
  /** SHA-256 of the text, in hex. */
  readonly hash: string;
}

/** @throws {CommandError} `usage`, if the file has another ending, cannot be read or is not UTF-8 */
export const readPolicySource = (cwd: string, name: string): PolicyFiles => {
  const source = resolve(cwd, name);
  if (!source.endsWith('.rego')) {
    throw new CommandError('usage', `${source} does not end in .rego.`, 'Name the file with the policies in Rego.');
  }
  const bytes = readBytes(source);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new CommandError('usage', `${source} is not UTF-8.`, 'Save it in UTF-8.');
  }
  return {
    source,
    module: source.replace(/\.rego$/, '.wasm'),
    schema: join(dirname(source), POLICY_SCHEMA_FILE),
    text,
    hash: createHash('sha256').update(bytes).digest('hex'),
  };
};

const readBytes = (file: string): Uint8Array => {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new CommandError('usage', `${file} cannot be read (${codeOf(error)}).`);
  }
};

/** The schema of `input`, as text of its file. */
export const schemaText = (): string => `${JSON.stringify(policySchemaJson(), undefined, 2)}\n`;

/** What is not up to date, in whole sentences. Empty: the module and the schema belong to the source and to this version. */
export const findStale = ({ hash, module, schema, source }: PolicyFiles): readonly string[] => {
  const stale: string[] = [];
  const found = existsSync(module) ? readSourceHash(readBytes(module)) : '';
  if (found === '') stale.push(`${basename(module)} is missing.`);
  else if (found === undefined) stale.push(`${basename(module)} does not have the SHA-256 of its source.`);
  else if (found !== hash) stale.push(`${basename(module)} was made of another text than that of ${basename(source)}.`);
  if (!existsSync(schema)) stale.push(`${POLICY_SCHEMA_FILE} is missing.`);
  else if (!isCurrentSchema(readFileSync(schema, 'utf8'))) {
    stale.push(`${POLICY_SCHEMA_FILE} differs from the schema of this version of Postern.`);
  }
  return stale;
};

/** A formatter may have changed blanks and line ends. */
const isCurrentSchema = (text: string): boolean => {
  try {
    return JSON.stringify(JSON.parse(text)) === JSON.stringify(policySchemaJson());
  } catch {
    return false;
  }
};

/**
 * Writes a file in one step: a reader sees the old content or the new one.
 * @throws {CommandError} `failed`, if it cannot be written
 */
export const writeInOneStep = (file: string, content: string | Uint8Array): void => {
  const draft = `${file}.${randomUUID()}`;
  try {
    writeFileSync(draft, content, { flag: 'wx' });
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    throw new CommandError(
      'failed',
      `${file} cannot be written (${codeOf(error)}).`,
      'Check the owner and the mode of its folder.',
    );
  }
};

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error);
