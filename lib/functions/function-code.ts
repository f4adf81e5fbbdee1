import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Code } from 'aws-cdk-lib/aws-lambda';

const BUILD_FOLDER = fileURLToPath(new URL('../../.build/functions/', import.meta.url));

const sha256 = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex');

type Files = Readonly<Record<string, string | Uint8Array>>;

/** Makes an asset of a function's files. Keys are file names. */
export const functionCode = (files: Files): Code => Code.fromAsset(writeFolder(files));

/**
 * Writes files into a folder that is named by the hash of their content. The folder is written once and renamed into place,
 * so that two synths at the same time do not disturb each other.
 */
const writeFolder = (files: Files): string => {
  const entries = Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1));
  const digests = entries.map(([name, content]) => [name, sha256(content)]);
  const folder = join(BUILD_FOLDER, sha256(JSON.stringify(digests)).slice(0, 32));
  if (existsSync(folder)) return folder;
  const unfinished = `${folder}.${randomUUID()}`;
  mkdirSync(unfinished, { recursive: true });
  for (const [name, content] of entries) writeFileSync(join(unfinished, name), content);
  try {
    renameSync(unfinished, folder);
  } catch (error) {
    // Another synth wrote the same content first.
    rmSync(unfinished, { recursive: true });
    if (!existsSync(folder)) throw error;
  }
  return folder;
};
