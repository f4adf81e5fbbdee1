import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { CommandError } from './command-error.ts';
import type { Context } from './context.ts';

/**
 * A secret in one line of a file, or of stdin for `-`.
 * @param what names the secret in errors: "client secret"
 * @throws {CommandError} `usage`, if the file cannot be read or does not have one line. The error does not show it.
 */
export const readSecret = async (
  { cwd, io }: Pick<Context, 'cwd' | 'io'>,
  what: string,
  name: string,
): Promise<string> => {
  const file = resolve(cwd, name);
  let bytes: Uint8Array;
  try {
    bytes = name === '-' ? await io.readStdin() : readFileSync(file);
  } catch (error) {
    throw new CommandError('usage', `The ${what} ${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
  const secret = new TextDecoder().decode(bytes).replace(/\r?\n$/, '');
  if (secret !== '' && !/[\r\n]/.test(secret)) return secret;
  throw new CommandError(
    'usage',
    `${name === '-' ? 'stdin' : file} has ${secret === '' ? 'nothing' : 'several lines'}; expected the ${what} in one line.`,
  );
};
