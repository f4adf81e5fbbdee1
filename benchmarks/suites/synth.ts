import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRounds, measureOf, POSTERN } from '../harness/measure.ts';
import type { PartResult } from '../harness/result.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const CDK = createRequire(import.meta.url).resolve('aws-cdk/bin/cdk');

/** A synthesis takes seconds, and varies little. */
const MOST_ROUNDS = 3;

/** How long somebody waits for the templates after every change. */
export const synth = async (rounds: number): Promise<PartResult> => {
  const counted = Math.min(rounds, MOST_ROUNDS);
  const gathered = createRounds();
  // Before the first that counts, the disk has been read.
  await synthesize();
  for (let round = 0; round < counted; round += 1) gathered.add('synth', POSTERN, await synthesize());
  return {
    part: 'synth',
    title: 'All templates',
    method: `\`cdk synth\` of every environment in a new process, functions bundled and validations included. ${counted} rounds, after one that does not count.`,
    contenders: { [POSTERN]: 'the app, as it is' },
    measures: [measureOf('cdk synth', 's', false, gathered.of('synth'))],
    pictured: [],
  };
};

/** @throws {Error} with what the CDK said, where it fails */
const synthesize = async (): Promise<number> => {
  const output = mkdtempSync(join(tmpdir(), 'postern-synth-'));
  try {
    const start = performance.now();
    const child = spawn(process.execPath, [CDK, 'synth', '--quiet', '--output', output], {
      cwd: ROOT,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    const [code] = await once(child, 'close');
    if (code !== 0) throw new Error(`cdk synth ended with ${code}: ${said}`);
    return (performance.now() - start) / 1000;
  } finally {
    rmSync(output, { recursive: true, force: true });
  }
};
