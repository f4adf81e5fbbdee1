import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { test as base } from './unit-fixtures.ts';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export const PACKAGES = ['@postern/cli', '@postern/client', '@postern/processor', '@postern/cdk'] as const;
export type PackageName = (typeof PACKAGES)[number];

interface ManifestEntry {
  readonly types: string;
  readonly default: string;
}

/** `package.json` of a tarball. */
export interface PackedManifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly type: string;
  readonly exports: Readonly<Record<string, ManifestEntry | string>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly publishConfig: object;
  readonly gitHead?: string;
  readonly [member: string]: unknown;
}

export interface PackedPackage {
  readonly tarball: string;
  /** Folder with its files. */
  readonly folder: string;
  /** Every file but `package.json`, by its path. */
  readonly files: ReadonlyMap<string, string>;
  readonly manifest: PackedManifest;
}

export type Packed = Readonly<Record<PackageName, PackedPackage>>;

const run = promisify(execFile);

/** Runs `npm run -s pack -- --out OUT` as a person does. Returns the lines that it prints. */
export const runPack = async (out: string): Promise<readonly string[]> => {
  const { stdout } = await run('npm', ['run', '-s', 'pack', '--', '--out', out], { cwd: ROOT });
  return stdout.trimEnd().split('\n');
};

/** Runs a program to its end and returns its output. @throws {Error} with its output if it fails */
const runProgram = async (command: string, words: readonly string[], cwd: string): Promise<string> => {
  try {
    return (await run(command, words, { cwd })).stdout;
  } catch (error) {
    const { stderr, stdout } = error as { readonly stdout?: string; readonly stderr?: string };
    throw new Error(`${command} ${words.join(' ')} failed:\n${stdout}${stderr}`);
  }
};

export const rootManifest = (): { readonly version: string; readonly license: string } =>
  JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

const unpack = (tarball: string, folder: string): PackedPackage => {
  mkdirSync(folder, { recursive: true });
  execFileSync('tar', ['-xzf', tarball, '-C', folder, '--strip-components=1']);
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
  const files = new Map(paths.map((path) => [path, readFileSync(join(folder, path), 'utf8')]));
  return { tarball, folder, files, manifest: JSON.parse(files.get('package.json') ?? '') };
};

/** A project that installed packages from their tarballs, without the registry. */
export interface ConsumerProject {
  readonly folder: string;
  /** Writes a file and returns its path. */
  readonly write: (name: string, text: string) => string;
  /** Runs a program of the project with Node. */
  readonly node: (name: string, ...words: readonly string[]) => Promise<string>;
  /** Compiles files with the compiler's default settings, and the flags. */
  readonly compile: (names: readonly string[], ...flags: readonly string[]) => Promise<string>;
}

export const createProject = async (
  folder: string,
  packages: PackedPackage | readonly PackedPackage[],
  linked: readonly string[] = [],
): Promise<ConsumerProject> => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', version: '1.0.0', private: true }));
  // A cache of its own: nothing comes from an earlier download. Peers are linked from the checkout instead.
  const flags = ['--offline', '--legacy-peer-deps', '--no-audit', '--no-fund', '--cache', join(folder, '.npm')];
  const tarballs = [packages].flat().map(({ tarball }) => tarball);
  await runProgram('npm', ['install', ...flags, ...tarballs], folder);
  for (const name of linked) {
    const place = join(folder, 'node_modules', name);
    mkdirSync(join(place, '..'), { recursive: true });
    if (!existsSync(place)) symlinkSync(join(ROOT, 'node_modules', name), place);
  }
  return {
    folder,
    write: (name, text) => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    },
    node: (name, ...words) => runProgram(process.execPath, [name, ...words], folder),
    compile: (names, ...compilerFlags) => {
      const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
      return runProgram(process.execPath, [tsc, '--noEmit', ...compilerFlags, ...names], folder);
    },
  };
};

/** Packages as `npm run pack` makes them, once for a file of tests. */
export const test = base
  .extend('printed', { scope: 'file' }, async ({ folder }) => runPack(join(folder, 'packed')))
  .extend('packed', { scope: 'file' }, async ({ folder, printed }): Promise<Packed> => {
    const files = printed.map((line) => line.split(' ', 1)[0] ?? '');
    const unpacked = files.map((file) => unpack(join(folder, 'packed', file), join(folder, 'unpacked', file)));
    return Object.fromEntries(unpacked.map((each) => [each.manifest.name, each])) as Packed;
  });
