import { randomUUID } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { CommandError } from './command-error.ts';

/**
 * Writes a file in one step, for its owner alone: a reader sees the old content or the new one. Its folder is made if it is
 * missing. A symbolic link stays, and the file that it names is written.
 * @throws {CommandError} `failed`, if it cannot be written
 */
export const writePrivateFile = (path: string, content: string): void => {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const file = existsSync(path) ? realpathSync(path) : path;
    const draft = `${file}.${randomUUID()}`;
    try {
      writeFileSync(draft, content, { mode: 0o600, flag: 'wx' });
      renameSync(draft, file);
    } catch (error) {
      rmSync(draft, { force: true });
      throw error;
    }
  } catch (error) {
    throw new CommandError(
      'failed',
      `${path} cannot be written (${(error as NodeJS.ErrnoException).code ?? error}).`,
      'Check the owner and the mode of its folder.',
    );
  }
};

/** Makes a folder, or closes it, so that only its owner can open it. */
export const closeFolder = (path: string): void => {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o700);
};

/** True if others than its owner can read or write the file. Always false on Windows, which has no such modes. */
export const isOpenToOthers = (path: string): boolean =>
  process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0;
