import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { build } from 'esbuild';
import { buildCli } from '../../cli/build.mjs';
import { buildConstructs } from './build-constructs.ts';
import { buildRunner } from './build-runner.ts';
import { type Declarations, declarationPath, neededBy, TYPES_MANIFEST } from './declarations.ts';
import { licensesOf } from './licenses.ts';
import { CODE_FOLDER, commandPath } from './manifest.ts';
import { entriesOf, hasConstructs, type PackageSource, ROOT } from './packages.ts';
import { fromRoot } from './source-map.ts';

/** Files of a package by their path in it. */
export type PackageFiles = ReadonlyMap<string, string | Uint8Array>;

/** Builds the code and the declarations of a library, or the file of a command. */
export const buildPackage = async (source: PackageSource, declarations: Declarations): Promise<PackageFiles> => {
  if (entriesOf(source).length === 0) return await buildCommand(source);
  const code = hasConstructs(source) ? await buildConstructs(source) : await buildLibrary(source);
  const types = entriesOf(source).flatMap(({ source: file }) => [...neededBy(declarationPath(file), declarations)]);
  return new Map([...code, ...types, [TYPES_MANIFEST, '{ "type": "commonjs" }\n']]);
};

/**
 * Bundles each entry of a library into one file. Entries that share code import one more file, so that an error of one entry is
 * an instance of the class that the other one exports.
 */
const buildLibrary = async (source: PackageSource): Promise<PackageFiles> => {
  const entries = entriesOf(source);
  // Nothing is written there. The folder is in the checkout, so that the paths in the output depend on the checkout alone.
  const outdir = join(ROOT, 'node_modules', '.pack');
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: Object.fromEntries(entries.map(({ name, source: file }) => [name, file])),
    outdir,
    write: false,
    bundle: true,
    splitting: true,
    chunkNames: 'shared-[hash]',
    format: 'esm',
    // Node, Deno, Bun and workers have what the code uses. A module of Node must not come in unnoticed.
    platform: 'neutral',
    target: 'es2022',
    minify: true,
    // Node prints the line of an uncaught error. One line with all the code would fill the screen.
    lineLimit: 120,
    sourcemap: 'linked',
    legalComments: 'none',
    logLevel: 'error',
  });
  return new Map(
    outputFiles.map(({ path, text }): [string, string] => [
      `${CODE_FOLDER}/${basename(path)}`,
      path.endsWith('.map') ? fromRoot(text, path) : text,
    ]),
  );
};

/** Bundles the command line into one file, which Node starts, and the gateway of "postern dev" beside it. */
const buildCommand = async ({ manifest }: PackageSource): Promise<PackageFiles> => {
  const [command = ''] = Object.keys(manifest.bin ?? {});
  const folder = mkdtempSync(join(tmpdir(), 'postern-command-'));
  try {
    const outfile = join(folder, basename(commandPath(command)));
    const inputs = await buildCli({ root: ROOT, outfile });
    const runner = await buildRunner();
    const [code, map] = [readFileSync(outfile, 'utf8'), readFileSync(`${outfile}.map`, 'utf8')];
    return new Map([
      [commandPath(command), `#!/usr/bin/env node\n${code}`],
      [`${commandPath(command)}.map`, fromRoot(map, `${outfile}.map`, 1)],
      ...runner.files,
      ['THIRD-PARTY-LICENSES.md', licensesOf([...inputs, ...runner.inputs])],
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
};
