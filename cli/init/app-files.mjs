import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Returns the text of each file of the folder `app` by its path. The bundle of the command line has these texts in the place of
 * this module.
 * @returns {Readonly<Record<string, string>>}
 */
export const readAppFiles = () => {
  const folder = fileURLToPath(new URL('app/', import.meta.url));
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name, parentPath }) => join(parentPath, name))
    .sort();
  return Object.fromEntries(
    files.map((file) => [relative(folder, file).replaceAll('\\', '/'), readFileSync(file, 'utf8')]),
  );
};
