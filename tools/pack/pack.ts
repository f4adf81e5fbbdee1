import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buildPackage, type PackageFiles } from './build.ts';
import { emitDeclarations } from './declarations.ts';
import { packedManifest } from './manifest.ts';
import { entriesOf, hasConstructs, type PackageSource, ROOT, readPackages } from './packages.ts';
import { pagesOf } from './pages.ts';
import { type Commit, provenanceOf, readCommit } from './provenance.ts';

/** A tarball that was written. */
export interface Tarball {
  readonly name: string;
  readonly version: string;
  readonly filename: string;
  /** Bytes. */
  readonly size: number;
  /** Subresource integrity, as in a lock file: `sha512-…`. */
  readonly integrity: string;
}

/**
 * Builds every package and writes its tarball into a folder. The build works in a temporary folder, so that no file of the
 * checkout changes.
 * @param out is created if it is not there
 */
export const packAll = async (out: string): Promise<readonly Tarball[]> => {
  const packages = readPackages();
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { readonly version: string };
  const commit = readCommit();
  const declarations = emitDeclarations(packages.flatMap((each) => entriesOf(each).map(({ source }) => source)));
  const stage = mkdtempSync(join(tmpdir(), 'postern-pack-'));
  try {
    const folders: string[] = [];
    for (const source of packages) {
      const folder = join(stage, source.folder);
      const built = await buildPackage(source, declarations);
      writeFiles(folder, new Map([...built, ...documentsOf(source, version, commit)]));
      folders.push(folder);
    }
    mkdirSync(out, { recursive: true });
    return tarballsOf(folders, out);
  } finally {
    rmSync(stage, { recursive: true });
  }
};

const documentsOf = (source: PackageSource, version: string, commit: Commit | undefined): PackageFiles =>
  new Map([
    ['package.json', `${JSON.stringify(packedManifest(source, version, commit), null, 2)}\n`],
    ['README.md', readFileSync(join(ROOT, source.folder, 'README.md'), 'utf8')],
    ['PROVENANCE.md', provenanceOf(source.manifest.name, version, commit)],
    ...(hasConstructs(source) ? pagesOf(source) : []),
  ]);

const writeFiles = (folder: string, files: PackageFiles): void => {
  for (const [path, content] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    const isProgram = typeof content === 'string' && content.startsWith('#!');
    writeFileSync(join(folder, path), content, { mode: isProgram ? 0o755 : 0o644 });
  }
};

/** Makes the tarballs by `npm pack`, which sorts the files and gives all of them the same time. */
const tarballsOf = (folders: readonly string[], out: string): readonly Tarball[] => {
  const flags = ['--json', '--ignore-scripts', '--offline', '--umask=0022', `--pack-destination=${out}`];
  const text = execFileSync('npm', ['pack', ...flags, ...folders], {
    cwd: dirname(folders[0] ?? out),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    // npm is a script on Windows.
    shell: process.platform === 'win32',
  });
  return (JSON.parse(text) as readonly Tarball[]).map(({ filename, integrity, name, size, version }) => ({
    name,
    version,
    filename,
    size,
    integrity,
  }));
};
