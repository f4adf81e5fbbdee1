import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { version } from 'esbuild';

/** Result of a build. */
export interface BuiltBundles {
  /** Bundled code by entry point. */
  readonly texts: Readonly<Record<string, string>>;
  /** Every file that a bundle contains, as a path from the root. */
  readonly inputs: readonly string[];
}

interface KeptBundles {
  readonly texts: Readonly<Record<string, string>>;
  /** Hash of the content of each input. */
  readonly inputs: Readonly<Record<string, string>>;
}

/** Kept bundles, beside other files that can be built again. */
const FOLDER = '.build/bundles';

/** Files that decide how an import is resolved. npm writes the last one: the packages that are really installed. */
const RESOLUTION = ['package.json', 'tsconfig.json', 'node_modules/.package-lock.json'];

/**
 * Returns the bundles of the last build if a build now would give the same ones; builds and keeps them otherwise. A build takes
 * seconds of CPU time, and every `npm start` and many tests need the bundles.
 *
 * Kept bundles are used only if all of this is unchanged: the version and the options of esbuild, every file in `lambda`, the
 * installed packages, and the content of every file that the bundles contain.
 * @param options everything that the caller gives esbuild
 */
export const keptOrBuilt = async (
  root: string,
  options: unknown,
  build: () => Promise<BuiltBundles>,
): Promise<Readonly<Record<string, string>>> => {
  const key = keyOf(root, options);
  const kept = key === undefined ? undefined : readKept(root, key);
  if (kept !== undefined) return kept.texts;
  const { inputs, texts } = await build();
  const digests = digestsOf(root, inputs);
  // A file that changed during the build can be in a bundle with either content.
  if (key !== undefined && digests !== undefined && key === keyOf(root, options)) {
    keep(root, key, { texts, inputs: digests });
  }
  return texts;
};

/** Hash of everything but the content of packages; undefined if npm did not install the packages. */
const keyOf = (root: string, options: unknown): string | undefined => {
  const sources = readdirSync(join(root, 'lambda'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name, parentPath }) => relative(root, join(parentPath, name)))
    .sort();
  const digests = digestsOf(root, [...RESOLUTION, ...sources]);
  return digests && sha256(JSON.stringify([version, options, digests]));
};

const readKept = (root: string, key: string): KeptBundles | undefined => {
  try {
    const kept = JSON.parse(readFileSync(fileOf(root, key), 'utf8')) as KeptBundles;
    const now = digestsOf(root, Object.keys(kept.inputs));
    return JSON.stringify(now) === JSON.stringify(kept.inputs) ? kept : undefined;
  } catch {
    return undefined;
  }
};

/** Renames the file into place, so that another process never reads half of it. Removes the bundles of earlier code. */
const keep = (root: string, key: string, bundles: KeptBundles): void => {
  const file = fileOf(root, key);
  mkdirSync(join(root, FOLDER), { recursive: true });
  const unfinished = `${file}.${randomUUID()}`;
  writeFileSync(unfinished, JSON.stringify(bundles));
  renameSync(unfinished, file);
  for (const name of readdirSync(join(root, FOLDER))) {
    if (name.endsWith('.json') && name !== `${key}.json`) rmSync(join(root, FOLDER, name), { force: true });
  }
};

const fileOf = (root: string, key: string): string => join(root, FOLDER, `${key}.json`);

/** Hashes of files by their path; undefined if one cannot be read. */
const digestsOf = (root: string, paths: readonly string[]): Readonly<Record<string, string>> | undefined => {
  try {
    return Object.fromEntries(paths.map((path) => [path, sha256(readFileSync(join(root, path)))]));
  } catch {
    return undefined;
  }
};

const sha256 = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex');
