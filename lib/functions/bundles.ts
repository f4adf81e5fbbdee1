import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'esbuild';
import type { FunctionName } from '../../lambda/contract/environment-variables.ts';
import { ENVIRONMENT_VARIABLES } from '../../lambda/contract/environment-variables.ts';

/** The code of every function: the text of its `index.js`. The same for every environment. */
export type FunctionBundles = Readonly<Record<FunctionName, string>>;

const FUNCTIONS = Object.keys(ENVIRONMENT_VARIABLES) as readonly FunctionName[];
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Bundles every function, once for all environments of a synth.
 * @throws what esbuild says about code that does not build
 */
export const bundleFunctions = async (): Promise<FunctionBundles> =>
  Object.fromEntries(
    await Promise.all(FUNCTIONS.map(async (name) => [name, await bundleFunction(name)] as const)),
  ) as Record<FunctionName, string>;

/**
 * One file of CommonJS: an ES module that imports Node's own modules statically starts 30 to 40 ms later. The AWS SDK
 * is inside, because the tested version is the one that should run, and because the bundle starts faster than the
 * runtime's own copy.
 */
export const bundleOptions = (name: FunctionName) =>
  ({
    absWorkingDir: ROOT,
    entryPoints: [`lambda/${name}/handler.ts`],
    bundle: true,
    minify: true,
    format: 'cjs',
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    legalComments: 'none',
    write: false,
    logLevel: 'silent',
  }) satisfies BuildOptions;

const bundleFunction = async (name: FunctionName): Promise<string> => {
  const result = await build(bundleOptions(name));
  const [file] = result.outputFiles;
  if (file === undefined) throw new Error(`esbuild made no file of lambda/${name}/handler.ts.`);
  return file.text;
};
