import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';
import { CODE_FOLDER } from './manifest.ts';
import { ROOT } from './packages.ts';

/** Folder of the gateway of "postern dev" in the package of the command line. */
const FOLDER = `${CODE_FOLDER}/gateway`;

/** Programs that the gateway starts by their paths. They import modules of Node only. */
const PROGRAMS = [
  'local/dynamodb/native-index.mjs',
  'local/supervisor/supervisor.mjs',
  'local/functions/bootstrap.cjs',
];

export interface BuiltRunner {
  /** Files by their paths in the package. */
  readonly files: ReadonlyMap<string, string>;
  /** Sources, relative to the root. */
  readonly inputs: readonly string[];
}

/**
 * Bundles the gateway that "postern dev" runs, with its OpenID provider and its clients of DynamoDB. The DynamoDB engine and the
 * Node of the functions are packages of the app.
 */
export const buildRunner = async (): Promise<BuiltRunner> => {
  const { metafile, outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: ['local/dev.ts'],
    // Nothing is written there.
    outdir: join(ROOT, 'node_modules', '.pack'),
    outExtension: { '.js': '.mjs' },
    write: false,
    metafile: true,
    bundle: true,
    // The OpenID provider and rare parts of the SDK are loaded when they are needed.
    splitting: true,
    chunkNames: 'shared-[hash]',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    minify: true,
    // The OpenID provider decides by the names of its classes.
    keepNames: true,
    lineLimit: 120,
    legalComments: 'none',
    // Some packages are CommonJS and ask for modules of Node.
    banner: {
      js: "import { createRequire as createPosternRequire } from 'node:module'; const require = createPosternRequire(import.meta.url);",
    },
    logLevel: 'error',
  });
  return {
    files: new Map([
      ...outputFiles.map(({ path, text }) => [`${FOLDER}/${basename(path)}`, text] as const),
      ...PROGRAMS.map((path) => [`${FOLDER}/${basename(path)}`, readFileSync(join(ROOT, path), 'utf8')] as const),
    ]),
    inputs: Object.keys(metafile.inputs),
  };
};
