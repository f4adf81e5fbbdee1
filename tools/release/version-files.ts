import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A version in a file. */
export interface WrittenVersion {
  /** Path from the root, and the package in it. */
  readonly place: string;
  readonly version: string;
}

interface Manifest {
  readonly version: string;
}
interface Lock extends Manifest {
  readonly packages: Readonly<Record<string, { readonly version?: string; readonly link?: boolean }>>;
}

const LOCK = 'package-lock.json';

/**
 * Lists every place that has the version of this repository.
 * @param folders of the packages, without the root
 */
export const writtenVersions = (root: string, folders: readonly string[]): readonly WrittenVersion[] => {
  const lock = read(root, LOCK) as Lock;
  return [
    ...['', ...folders].map((folder) => {
      const place = join(folder, 'package.json');
      return { place, version: (read(root, place) as Manifest).version };
    }),
    { place: LOCK, version: lock.version },
    ...['', ...folders].flatMap((folder) => {
      const version = lock.packages[folder]?.version;
      return version === undefined ? [] : [{ place: `${LOCK}, ${folder || 'root'}`, version }];
    }),
  ];
};

/** Writes a version into every place. Changes nothing else of the files. */
export const writeVersion = (root: string, folders: readonly string[], version: string): void => {
  for (const folder of ['', ...folders]) change(root, join(folder, 'package.json'), (all) => ({ ...all, version }));
  change(root, LOCK, (all) => {
    const { packages } = all as unknown as Lock;
    const changed = Object.entries(packages).map(([path, entry]) =>
      ['', ...folders].includes(path) && entry.version !== undefined ? [path, { ...entry, version }] : [path, entry],
    );
    return { ...all, version, packages: Object.fromEntries(changed) };
  });
};

const read = (root: string, file: string): unknown => JSON.parse(readFileSync(join(root, file), 'utf8'));

const change = (
  root: string,
  file: string,
  make: (all: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>,
): void => {
  const text = `${JSON.stringify(make(read(root, file) as Readonly<Record<string, unknown>>), null, 2)}\n`;
  writeFileSync(join(root, file), text);
};
