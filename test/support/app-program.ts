import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

/**
 * Runs a CDK app of this repository as the CDK's command line does, without credentials and with the context of `cdk.json`. It skips
 * the validation, which takes most of a synth; `test/lib/validation` and `npm run synth` run it.
 * @param program path from the root
 * @param outdir folder of the assembly, also the home folder of the process
 */
export const runAppProgram = (
  program: string,
  outdir: string,
  context: Readonly<Record<string, unknown>>,
): SpawnSyncReturns<string> => {
  const cdk = JSON.parse(readFileSync(`${ROOT}cdk.json`, 'utf8')) as { readonly context: Record<string, unknown> };
  return spawnSync(process.execPath, ['--import', TSX, program], {
    cwd: ROOT,
    encoding: 'utf8',
    env: {
      PATH: process.env.PATH,
      HOME: outdir,
      AWS_EC2_METADATA_DISABLED: 'true',
      CDK_OUTDIR: outdir,
      CDK_VALIDATION: 'false',
      CDK_CONTEXT_JSON: JSON.stringify({ ...cdk.context, ...context }),
    },
  });
};
