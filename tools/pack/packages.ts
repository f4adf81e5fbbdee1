import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Root of this checkout. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Manifest of a package in the checkout. Its entries are sources. */
export interface SourceManifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly type: 'module';
  readonly engines: Readonly<Record<string, string>>;
  /** Source files by the path of their export. */
  readonly exports?: Readonly<Record<string, string>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly keywords?: readonly string[];
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** A package: a folder with its manifest and README. */
export interface PackageSource {
  /** Path from the root. */
  readonly folder: string;
  readonly manifest: SourceManifest;
}

/** Folders of the packages, in the order in which they are built. */
const FOLDERS = ['cli', 'sdk/client', 'sdk/processor', 'cdk'] as const;

export const readPackages = (): readonly PackageSource[] =>
  FOLDERS.map((folder) => ({
    folder,
    manifest: JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')) as SourceManifest,
  }));

/** An entry of a library. */
export interface Entry {
  /** Path of the export: `.` or `./operator`. */
  readonly path: string;
  /** Name of its bundle, without extension: `index` or `operator`. */
  readonly name: string;
  /** Path of its source from the root. */
  readonly source: string;
}

/** Entries of a library. A command has none. */
export const entriesOf = ({ folder, manifest }: PackageSource): readonly Entry[] =>
  Object.entries(manifest.exports ?? {}).map(([path, file]) => ({
    path,
    name: path === '.' ? 'index' : path.slice('./'.length),
    source: join(folder, file),
  }));

/** True for the package of constructs, which runs in Node beside its peers: the CDK. */
export const hasConstructs = ({ manifest }: PackageSource): boolean =>
  manifest.peerDependencies?.['aws-cdk-lib'] !== undefined;
