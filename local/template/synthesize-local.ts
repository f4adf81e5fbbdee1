import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LOCAL_CONTEXT } from '../../lib/context-keys.ts';
import { describedEnvironments } from './assembly.ts';
import { emptyFolder, errorMessageOf, type Synthesize } from './synthesize.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Makes the templates of the environment `local` of this checkout, by its own app program. */
export const synthesizeLocal: Synthesize = async (settings, { outputDirectory, signal }) => {
  emptyFolder(outputDirectory);
  const { context } = JSON.parse(readFileSync(join(ROOT, 'cdk.json'), 'utf8')) as { context?: Record<string, unknown> };
  const child = spawn(process.execPath, ['--import', 'tsx', join(ROOT, 'local/app.ts')], {
    cwd: ROOT,
    env: {
      ...process.env,
      CDK_OUTDIR: outputDirectory,
      CDK_CONTEXT_JSON: JSON.stringify({ ...context, [LOCAL_CONTEXT]: JSON.stringify(settings) }),
      // The validation takes most of a synthesis and is for what is deployed; the continuous integration runs it.
      CDK_VALIDATION: 'false',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
  });
  let said = '';
  const listen = (chunk: Buffer) => {
    said += chunk.toString('utf8');
  };
  child.stdout.on('data', listen);
  child.stderr.on('data', listen);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const [made] = code === 0 ? describedEnvironments(outputDirectory) : [];
  if (made === undefined) throw new Error(`The environment "local" could not be synthesized.\n${errorMessageOf(said)}`);
  return made;
};
