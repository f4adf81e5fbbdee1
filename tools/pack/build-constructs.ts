import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join, relative } from 'node:path';
import { build } from 'esbuild';
import { bundleFiles, DOOR_FOLDER } from '../../lib/functions/bundle-files.ts';
import { buildWithInputs } from '../../lib/functions/bundles.ts';
import type { PackageFiles } from './build.ts';
import { licensesOf } from './licenses.ts';
import { CEDAR_MODULE, CODE_FOLDER, FUNCTIONS_FOLDER } from './manifest.ts';
import { entriesOf, type PackageSource, ROOT } from './packages.ts';
import { fromRoot } from './source-map.ts';

/**
 * Builds the constructs into one file, and the code of all functions, so that a synth builds and downloads nothing.
 * @throws {Error} if the constructs need a package that is neither a peer nor in their bundle
 */
export const buildConstructs = async (source: PackageSource): Promise<PackageFiles> => {
  const [constructs, functions, cedar] = await Promise.all([
    bundleConstructs(source),
    buildWithInputs(),
    bundleCedar(),
  ]);
  return new Map<string, string | Uint8Array>([
    ...constructs.files,
    ...[...bundleFiles(functions.bundles)].map(([name, content]) => [`${FUNCTIONS_FOLDER}/${name}`, content] as const),
    ...doorSources().map(
      (file) => [`${CODE_FOLDER}/${DOOR_FOLDER}/${file}`, readFileSync(join(ROOT, 'door', file))] as const,
    ),
    [CEDAR_MODULE, cedar.text],
    ['THIRD-PARTY-LICENSES.md', licensesOf([...constructs.inputs, ...functions.inputs, ...cedar.inputs])],
  ]);
};

/** Files of the network door from which a deployment builds its image. */
const doorSources = (): readonly string[] =>
  readdirSync(join(ROOT, 'door'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/_test\.go$|\.md$/.test(entry.name))
    .map(({ name, parentPath }) => relative(join(ROOT, 'door'), join(parentPath, name)).replaceAll('\\', '/'))
    .filter((file) => !file.includes('testdata/'))
    .sort();

const bundleConstructs = async (source: PackageSource) => {
  const peers = Object.keys(source.manifest.peerDependencies ?? {});
  const { metafile, outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: Object.fromEntries(entriesOf(source).map(({ name, source: file }) => [name, file])),
    // Nothing is written there. The folder is in the checkout, so that the paths in the output depend on the checkout alone.
    outdir: join(ROOT, 'node_modules', '.pack'),
    write: false,
    bundle: true,
    // CommonJS can require it, because it has no top-level `await`.
    format: 'esm',
    supported: { 'top-level-await': false },
    platform: 'node',
    external: peers.flatMap((peer) => [peer, `${peer}/*`]),
    target: 'node20',
    // Names stay: a stack trace of a synth shows them, and errors have the names of their classes.
    minifySyntax: true,
    minifyWhitespace: true,
    lineLimit: 120,
    sourcemap: 'linked',
    legalComments: 'none',
    logLevel: 'error',
    metafile: true,
  });
  const files = outputFiles.map(({ path, text }): readonly [string, string] => [
    `${CODE_FOLDER}/${basename(path)}`,
    path.endsWith('.map') ? fromRoot(text, path) : text,
  ]);
  return { files, inputs: Object.keys(metafile.inputs) };
};

const bundleCedar = async () => {
  const { metafile, outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: [createRequire(import.meta.url).resolve('#cedar')],
    write: false,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    legalComments: 'none',
    logLevel: 'error',
    metafile: true,
  });
  return { text: outputFiles[0]?.text ?? '', inputs: Object.keys(metafile.inputs) };
};
