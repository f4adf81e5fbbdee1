import {
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
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
 * Writes files into a new or an empty folder, and finishes them. If that fails, it removes what it made, and nothing else.
 * @param finish makes the files with these names
 * @throws {CommandError} `usage`, if the folder has got files meanwhile
 */
export const fillFolder = async (
  folder: string,
  { copies, texts }: NewFiles,
  { makes, run }: { readonly makes: readonly string[]; readonly run: () => Promise<void> },
): Promise<void> => {
  // A person who was asked for settings may have put files there.
  checkIsEmpty(folder);
  const files: string[] = [];
  const folders: string[] = [];
  const place = (path: string): string => {
    const file = join(folder, path);
    makeFolder(dirname(file), folders);
    return file;
  };
  try {
    makeFolder(folder, folders);
    for (const [path, text] of texts) {
      const file = place(path);
      writeFileSync(file, text, { flag: 'wx' });
      files.push(file);
    }
    for (const [path, source] of copies) {
      const file = place(path);
      copyFileSync(source, file, constants.COPYFILE_EXCL);
      files.push(file);
    }
    await run();
  } catch (error) {
    for (const file of [...files, ...makes.map((path) => join(folder, path))]) rmSync(file, { force: true });
    for (const one of folders.toReversed()) removeIfEmpty(one);
    throw error;
  }
};

/** Makes a folder and those above it. @param made gets the new ones, the topmost first */
const makeFolder = (folder: string, made: string[]): void => {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder), made);
  mkdirSync(folder);
  made.push(folder);
};

/** A folder with files of somebody else stays. */
const removeIfEmpty = (folder: string): void => {
  if (readdirSync(folder).length === 0) rmdirSync(folder);
};
