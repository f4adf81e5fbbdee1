import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CommandError } from '../command-error.ts';

/** Files of a new folder by their paths. */
export interface NewFiles {
  readonly texts: ReadonlyMap<string, string>;
  /** Paths of files to copy. */
  readonly copies: ReadonlyMap<string, string>;
}

/** A repository without files is the usual place of a new app. */
const isIgnored = (name: string): boolean => name === '.git';

/** @throws {CommandError} `usage`, if the path is a file, or a folder with files */
export const checkIsEmpty = (folder: string): void => {
  if (!existsSync(folder)) return;
  if (!statSync(folder).isDirectory()) {
    throw new CommandError('usage', `${folder} is a file.`, 'Name a new or an empty folder. Nothing was made.');
  }
  const [first] = readdirSync(folder).filter((name) => !isIgnored(name));
  if (first === undefined) return;
  throw new CommandError(
    'usage',
    `${folder} is not empty: it has ${first}.`,
    'Name a new or an empty folder. Nothing was made.',
  );
};

/**
 * Writes files into a new or an empty folder, and finishes them. If that fails, it removes everything that it made.
 * @param finish adds to the folder
 */
export const fillFolder = async (
  folder: string,
  { copies, texts }: NewFiles,
  finish: () => Promise<void>,
): Promise<void> => {
  // The topmost folder that is new.
  const made = mkdirSync(folder, { recursive: true });
  try {
    for (const [path, text] of texts) writeFileSync(inFolder(folder, path), text, { flag: 'wx' });
    for (const [path, source] of copies) copyFileSync(source, inFolder(folder, path));
    await finish();
  } catch (error) {
    if (made !== undefined) rmSync(made, { recursive: true, force: true });
    else {
      for (const name of readdirSync(folder)) {
        if (!isIgnored(name)) rmSync(join(folder, name), { recursive: true, force: true });
      }
    }
    throw error;
  }
};

const inFolder = (folder: string, path: string): string => {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  return file;
};
