import { build } from 'esbuild';

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
    logLevel: 'error',
  });
  return Object.keys(metafile.inputs).sort();
};
