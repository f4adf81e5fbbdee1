import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { countRounds, measureOf, measureRounds, POSTERN, type Suite } from '../harness/measure.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const CDK = createRequire(import.meta.url).resolve('aws-cdk/bin/cdk');

/** A synthesis takes seconds and varies little. */
const MAX_ROUNDS = 3;

/** Time to synthesize all templates. */
export const synth: Suite = async (rounds) => {
  const counted = Math.min(rounds, MAX_ROUNDS);
  // The first run fills the cache of the disk.
  await synthesize();
  const measured = await measureRounds([{ name: POSTERN }], counted, async () => ({ seconds: await synthesize() }));
  return {
    title: 'From source to templates',
    method: `\`cdk synth\` of every environment in a new process, with bundling of the functions and all validations. ${countRounds(counted)}, after one that does not count.`,
    contenders: { [POSTERN]: 'the app with the environments of this repository' },
    measures: [measureOf('cdk synth', 's', measured.seconds)],
  };
};

/** @throws {Error} with the output of the CDK if it fails */
const synthesize = async (): Promise<number> => {
  const output = mkdtempSync(join(tmpdir(), 'postern-synth-'));
  try {
    const start = performance.now();
    const child = spawn(process.execPath, [CDK, 'synth', '--quiet', '--output', output], {
      cwd: ROOT,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const [errors, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);
    if (code !== 0) throw new Error(`cdk synth ended with ${code}: ${errors}`);
    return (performance.now() - start) / 1000;
  } finally {
    rmSync(output, { recursive: true, force: true });
  }
};
