import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as base, describe, expect } from 'vitest';
import { type RunOptions, runConformance } from '../../../cli/conformance/run.ts';
import { CONFORMANCE_CASES, type ConformanceProofName } from '../../../lambda/contract/conformance.ts';
import { aProofKey, runOptions, startBreakable, startProcessors } from '../../support/conformance/kit.ts';

/** Python's runs where the continuous integration has it: nothing of Postern needs it. */
const PYTHON = process.env.POSTERN_GUIDE_PYTHON;
const SCRIPTS: readonly (readonly [name: string, ...command: string[]])[] = [
  ['curl', 'bash', 'deliver.sh'],
  ...(PYTHON ? [['the standard library of Python', PYTHON, 'deliver.py'] as const] : []),
];

const NODE = process.execPath;

const test = base
  .extend('log', ({}, { onCleanup }) => {
    const folder = mkdtempSync(join(tmpdir(), 'postern-good-'));
    onCleanup(() => rmSync(folder, { recursive: true, force: true }));
    return join(folder, 'output.log');
  })
  /** Runs every case against a program, with its output. */
  .extend(
    'run',
    ({ log }, { onCleanup }) =>
      async (
        command: readonly [string, ...string[]],
        options: Partial<RunOptions> = {},
        env: Record<string, string> = {},
      ) => {
        await writeFile(log, '');
        const processor = await startProcessors(command, { env, log });
        onCleanup(() => processor.stop());
        const [start] = processor.starts;
        return runConformance(runOptions({ start: start as URL, logs: log, ...options }));
      },
  );

/** Cases that a report skips, and those that failed, with what was seen. */
const exceptionsOf = ({ cases }: Awaited<ReturnType<typeof runConformance>>) =>
  cases.filter(({ verdict }) => verdict !== 'passed').map(({ id, seen, verdict }) => `${id} ${verdict}: ${seen}`);

const NOT_DPOP = 'dpop-nonce skipped: The proof is not DPoP.';
const NO_PROOF = ['fresh-proof skipped: No proof was agreed on. Give --proof and --key.', NOT_DPOP];
const NO_UPLOAD = 'upload skipped: The processor was not said to upload. Give --upload.';

describe.concurrent('the kit, with a processor that keeps the rules', () => {
  test.for([
    ['header', 'C'],
    ['short', 'C'],
    ['path', 'D'],
  ] as const)('passes the one without a defect by carrier %s, with grade %s', async ([carrier, grade], { run }) => {
    const report = await run([NODE, 'breakable-processor.mjs', '{}'], { carrier, upload: true });
    expect(exceptionsOf(report)).toEqual(NO_PROOF);
    expect(report).toMatchObject({ grade, passed: CONFORMANCE_CASES.length - NO_PROOF.length, failed: 0, skipped: 2 });
  });

  test.for<[Exclude<ConformanceProofName, 'none'>, string]>([
    ['dpop', 'A'],
    ['http-signature', 'A'],
    ['standard-webhooks', 'B'],
  ])('passes the one without a defect by proof %s, with grade %s', async ([name, grade], { run }) => {
    const { key, proof } = await aProofKey(name);
    const options = JSON.stringify({ proof: name, key });
    const report = await run([NODE, 'breakable-processor.mjs', options], { proof, upload: true });
    expect(exceptionsOf(report)).toEqual(name === 'dpop' ? [] : [NOT_DPOP]);
    expect(report.grade).toBe(grade);
  });

  test('passes one with nothing but fetch', async ({ run }) => {
    expect(exceptionsOf(await run([NODE, 'fetch-processor.mjs']))).toEqual([...NO_PROOF, NO_UPLOAD]);
  });

  test.for(SCRIPTS)('passes one with nothing but %s', async ([, ...command], { run }) => {
    const report = await run([NODE, 'command-processor.mjs', ...command]);
    expect(exceptionsOf(report)).toEqual([...NO_PROOF, NO_UPLOAD]);
  });

  test('passes one with the package for processors', async ({ run }) => {
    const { proof, text } = await aProofKey('dpop');
    const report = await run([NODE, '--import', 'tsx', 'sdk-processor.ts'], { proof, upload: true }, { KEY: text });
    expect(exceptionsOf(report)).toEqual([]);
    expect(report.grade).toBe('A');
  });

  test('judges two processors at the same time, each by what it does itself', async () => {
    const processors = await startBreakable([{}, { defect: 'uses-put' }]);
    try {
      const [good, broken] = await Promise.all(
        processors.starts.map((start) => runConformance(runOptions({ start, cases: ['method'] }))),
      );
      expect([good?.failed, broken?.failed]).toEqual([0, 1]);
    } finally {
      await processors.stop();
    }
  });
});
