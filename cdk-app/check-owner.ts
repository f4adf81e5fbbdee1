import { lstatSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { AppError } from './app-error.ts';

interface FoundFile {
  /** Folder in which the person called the command. */
  readonly cwd: string;
  /** File by which the code of an app was found. */
  readonly file: string;
  /** User of this process. @default undefined on Windows, where nothing is checked */
  readonly user?: number | undefined;
}

const ROOT = 0;
/** Everybody may write. */
const WRITABLE_BY_ALL = 0o002;

/**
 * Refuses a file that another user may have put in the way: its code would run with the rights and the AWS credentials of the
 * person. In Git the same was CVE-2022-24765: https://github.com/git/git/security/advisories/GHSA-vw2c-22j4-2fh2
 * @throws {AppError} `usage`
 */
export const checkOwner = ({ cwd, file, user = process.getuid?.() }: FoundFile): void => {
  if (user === undefined) return;
  const folder = dirname(file);
  // Root may do everything anyway. In a container, root works in a folder of the user outside.
  const trusted = new Set([user, ROOT, ...(user === ROOT ? [statSync(cwd).uid] : [])]);
  // A symbolic link is a file of the user who made it.
  for (const path of [file, folder]) {
    const owner = lstatSync(path).uid;
    if (!trusted.has(owner)) throw refusal(file, `${path} belongs to the user ${owner}, and you are the user ${user}`);
  }
  const { mode, uid } = statSync(folder);
  if (uid !== user && (mode & WRITABLE_BY_ALL) !== 0) throw refusal(file, `every user may write into ${folder}`);
};

const refusal = (file: string, reason: string): AppError =>
  new AppError(
    'usage',
    `The app of ${file} was not run: ${reason}. Its code would have your rights and your AWS credentials.`,
    'If the app is yours, give its files to your user ("chown -R"), or copy it into a folder of yours.',
  );
