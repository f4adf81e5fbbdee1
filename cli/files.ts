import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { CommandError } from './command-error.ts';
import type { Context } from './context.ts';

/**
 * Bytes of a file that a value of the command line names as `@FILE`, or of stdin for `-`.
 * @param place the flag, for the error
 * @throws {CommandError} `usage`, if the value has another form or the file cannot be read
 */
export const readInput = async (
  { cwd, io }: Pick<Context, 'cwd' | 'io'>,
  place: string,
  value: string,
): Promise<Uint8Array> => {
  if (value === '-' || value === '@-') return io.readStdin();
  if (!value.startsWith('@')) {
    throw new CommandError('usage', `${place} does not name a file.`, 'Write @FILE, or - for stdin.');
  }
  const file = resolve(cwd, value.slice(1));
  try {
    return readFileSync(file);
  } catch (error) {
    throw new CommandError('usage', `${place}: ${file} cannot be read (${codeOf(error)}).`);
  }
};

/** Reads the file that `@FILE` names, or stdin, as JSON. @throws {CommandError} `usage` as `readInput` and `parseJsonInput` */
export const readJsonInput = async (
  context: Pick<Context, 'cwd' | 'io'>,
  place: string,
  value: string,
): Promise<unknown> => {
  const bytes = await readInput(context, place, value);
  return parseJsonInput(`${place}: ${value.startsWith('@') && value !== '@-' ? value.slice(1) : 'stdin'}`, bytes);
};

/**
 * @param place the flag, and the file if it is known
 * @throws {CommandError} `usage`, if the text is not JSON. The error does not show it, because it may be a secret.
 */
export const parseJsonInput = (place: string, bytes: Uint8Array): unknown => {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new CommandError('usage', `${place} is not JSON in UTF-8: its bytes are not UTF-8.`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CommandError('usage', `${place} is not JSON in UTF-8${placeOfMistake(text, error as Error)}.`);
  }
};

/** Returns where the JSON is wrong. V8 does not give the place in every message, and the rest of its message can show the text. */
const placeOfMistake = (text: string, { message }: Error): string => {
  if (/^Unexpected end\b/.test(message)) return ': it ends too early';
  const [, position] = / at position (\d+)/.exec(message) ?? [];
  if (position === undefined) return '';
  const before = text.slice(0, Number(position)).split('\n');
  return `: the mistake is at line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`;
};

/**
 * Writes a new file that only its owner can read.
 * @throws {CommandError} `usage`, if the file exists or cannot be written
 */
export const writeNewFile = ({ cwd }: Pick<Context, 'cwd'>, name: string, content: string | Uint8Array): string => {
  const file = resolve(cwd, name);
  try {
    writeFileSync(file, content, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    throw codeOf(error) === 'EEXIST'
      ? new CommandError('usage', `${file} exists.`, 'Name a new file: nothing is overwritten.')
      : new CommandError('usage', `${file} cannot be written (${codeOf(error)}).`);
  }
  return file;
};

/**
 * Does work whose outcome goes to a new file, such as callback URLs that nobody gets twice. It makes the file first, so that no
 * outcome is lost because the file cannot be written, and removes it again if the work fails.
 * @throws {CommandError} `usage` before the work
 */
export const intoNewFile = async <T>(
  context: Pick<Context, 'cwd'>,
  name: string,
  work: () => Promise<T>,
  contentOf: (outcome: T) => string | Uint8Array,
): Promise<{ readonly file: string; readonly outcome: T }> => {
  const file = writeNewFile(context, name, '');
  let outcome: T;
  try {
    outcome = await work();
  } catch (error) {
    rmSync(file, { force: true });
    throw error;
  }
  writeFileSync(file, contentOf(outcome));
  return { file, outcome };
};

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error);
