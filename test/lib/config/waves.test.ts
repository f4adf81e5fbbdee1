import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { readEnvironment } from '../../../lib/config/read.ts';
import { waveOutputs } from '../../../lib/config/waves.ts';
import { anAwsEnvironment } from '../../support/environments.ts';
import { loadExamples, loadLocal } from '../../support/example-environments.ts';

it('the workflow deploys every environment on AWS in its wave, and never `local`', async () => {
  expect(waveOutputs([...(await loadExamples()), loadLocal()])).toEqual([
    'all=["production","rehearsal","trial"]',
    'wave1=["trial"]',
    'wave2=["rehearsal"]',
    'wave3=["production"]',
  ]);
});

it.each([
  [false, undefined, 1],
  [true, undefined, 3],
  [true, 1, 1],
  [false, 2, 2],
])('with `protected` %s and `deploymentWave` %s an environment is in wave %i', (isProtected, deploymentWave, wave) => {
  expect(readEnvironment('test', anAwsEnvironment({ protected: isProtected, deploymentWave })).deploymentWave).toBe(
    wave,
  );
});

it('without an environment on AWS every list is empty, which skips every deployment', async () => {
  expect(waveOutputs([loadLocal()])).toEqual(['all=[]', 'wave1=[]', 'wave2=[]', 'wave3=[]']);
});

it('`bin/list-environments.ts` prints outputs of a job', () => {
  const { status, stdout } = spawnSync(process.execPath, ['--import', 'tsx', 'bin/list-environments.ts'], {
    cwd: fileURLToPath(new URL('../../../', import.meta.url)),
    encoding: 'utf8',
  });
  expect(status).toBe(0);
  expect(stdout).toMatch(/^all=\[.*\]\nwave1=\[.*\]\nwave2=\[.*\]\nwave3=\[.*\]\n$/);
  expect(stdout).not.toContain('"local"');
});
