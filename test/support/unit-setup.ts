import childProcess from 'node:child_process';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { afterAll } from 'vitest';

/** Holds that a unit test starts no process and synthesizes no template, so that all unit tests take seconds. */

const starts = ['spawn', 'spawnSync', 'exec', 'execSync', 'execFile', 'execFileSync', 'fork'] as const;
for (const name of starts) {
  (childProcess as Record<string, unknown>)[name] = () => {
    throw new Error(
      `A unit test starts a process (${name}). Import node:child_process in the test file: see test/kinds.ts.`,
    );
  };
}
syncBuiltinESMExports();

/** The CDK loads this file at the first synth. */
const SYNTHESIS = /aws-cdk-lib\/core\/lib\/private\/synthesis\.js$/;
const isLoaded = () => Object.keys(createRequire(import.meta.url).cache).some((file) => SYNTHESIS.test(file));

// Files share a worker: an earlier file may have loaded it.
const loadedBefore = isLoaded();
afterAll(() => {
  if (isLoaded() && !loadedBefore) {
    throw new Error(
      'A unit test synthesizes a template. Import test/support/synthesize.ts in the test file: see test/kinds.ts.',
    );
  }
});
