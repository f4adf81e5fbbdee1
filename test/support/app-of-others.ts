import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { bundleFiles } from '../../lib/functions/bundle-files.ts';
import { bundleFunctions } from '../../lib/functions/bundles.ts';
import { anAwsEnvironment } from './environments.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Packages that an app with TypeScript has besides @postern/cdk. */
const PACKAGES = ['aws-cdk-lib', 'constructs', 'tsx'];

/** Writes `node_modules` with the built @postern/cdk into a folder. Other packages are linked from the checkout. */
export const installConstructs = async (folder: string): Promise<void> => {
  const modules = join(folder, 'node_modules');
  const own = join(modules, '@postern', 'cdk');
  mkdirSync(join(own, 'functions'), { recursive: true });
  await build({
    absWorkingDir: ROOT,
    entryPoints: ['cdk/index.ts'],
    outfile: join(own, 'index.js'),
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: PACKAGES.flatMap((name) => [name, `${name}/*`]),
    logLevel: 'error',
  });
  writeFileSync(
    join(own, 'package.json'),
    JSON.stringify({ name: '@postern/cdk', type: 'module', exports: './index.js' }),
  );
  for (const [name, content] of bundleFiles(await bundleFunctions())) {
    writeFileSync(join(own, 'functions', name), content);
  }
  for (const name of [...PACKAGES, '.bin']) symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
};

/** Properties of a Postern, without values of the CDK, so that they can be in a file of JSON. */
export const posternProps = (name: string, overrides: Readonly<Record<string, unknown>> = {}) => {
  const { account, region, runsOn: _, ...settings } = anAwsEnvironment();
  return { env: { account, region }, environment: { ...settings, name, ...overrides } };
};
