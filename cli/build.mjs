import { build } from 'esbuild';
import { readAppFiles } from './init/app-files.mjs';

/**
 * Bundles the command line into one file, with its source map beside it. Packages of the CDK and of AWS stay outside: few
 * commands need them, and those load them from the project.
 * @param {{ root: string, outfile: string }} options
 * @returns {Promise<readonly string[]>} the source files, relative to the root
 */
export const buildCli = async ({ root, outfile }) => {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['cli/main.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    minifySyntax: true,
    minifyWhitespace: true,
    keepNames: false,
    sourcemap: true,
    metafile: true,
    legalComments: 'eof',
    external: ['@aws-sdk/*', 'aws-cdk-lib', 'constructs', 'tsx', 'esbuild'],
    // commander is CommonJS and asks for modules of Node.
    banner: {
      js: "import { createRequire as createPosternRequire } from 'node:module'; const require = createPosternRequire(import.meta.url);",
    },
    plugins: [{ name: 'app-files', setup: inlineAppFiles }],
    logLevel: 'error',
  });
  const appFiles = Object.keys(readAppFiles()).map((path) => `cli/init/app/${path}`);
  return [...Object.keys(metafile.inputs), ...appFiles].sort();
};

/**
 * Puts the files of the app that `postern init` makes into the bundle, which is one file.
 * @param {import('esbuild').PluginBuild} build
 */
const inlineAppFiles = ({ onLoad }) => {
  onLoad({ filter: /cli[/\\]init[/\\]app-files\.mjs$/ }, () => ({
    contents: `export const readAppFiles = () => (${JSON.stringify(readAppFiles())});`,
  }));
};
