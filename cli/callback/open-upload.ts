import { createHash } from 'node:crypto';
import { openAsBlob } from 'node:fs';
import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import { CommandError } from '../command-error.ts';
import type { Context } from '../context.ts';

/** A file of any size, which is never in memory as a whole. */
export interface Upload {
  readonly blob: Blob;
  /** 64 lower-case hex digits. */
  readonly sha256: string;
}

/** @throws {CommandError} `usage`, if the file cannot be read */
export const openUpload = async ({ cwd }: Pick<Context, 'cwd'>, name: string): Promise<Upload> => {
  const file = resolve(cwd, name.replace(/^@/, ''));
  try {
    // Its error says why, which that of the blob does not.
    await access(file);
    const blob = await openAsBlob(file);
    const digest = createHash('sha256');
    for await (const chunk of blob.stream()) digest.update(chunk);
    return { blob, sha256: digest.digest('hex') };
  } catch (error) {
    throw new CommandError('usage', `${file} cannot be read: ${(error as NodeJS.ErrnoException).code ?? error}.`);
  }
};
