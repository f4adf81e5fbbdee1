import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { testFiles } from './test/kinds.ts';

const COMMON = {
  // End a test that hangs. Long, because a busy machine takes several times as long and no test may fail for that.
  testTimeout: 600_000,
  hookTimeout: 600_000,
  expect: { poll: { timeout: 300_000 } },
  // Workers, and the programs that system tests start, load the CDK and the AWS SDK from compiled code (Node 22 or later).
  env: { NODE_COMPILE_CACHE: fileURLToPath(new URL('.build/compile-cache', import.meta.url)) },
};

const files = testFiles();

/** Unit tests only compute, so one worker for each of two cores. */
const UNIT = { maxWorkers: 2, sequence: { groupOrder: 0 } } as const;

/**
 * The other tests often wait: for a time limit, for a process, for the disk. A third worker uses the cores meanwhile. The three
 * kinds are one group, so that no worker waits for the last file of a kind.
 */
const OTHERS = { maxWorkers: 3, sequence: { groupOrder: 1 } } as const;

/**
 * One project for each kind of test; `docs/contributing/testing.md` describes them. Vitest starts the files of a kind in the
 * order of their last duration, the longest first. The files of a kind share workers and the modules that these have loaded: to
 * load the CDK and the AWS SDK for each file would take longer than the tests. System tests start processes of their own.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: [...files.unit],
          setupFiles: ['test/support/unit-setup.ts'],
          isolate: false,
          ...UNIT,
          ...COMMON,
        },
      },
      {
        test: {
          name: 'infrastructure',
          include: [...files.infrastructure],
          isolate: false,
          ...OTHERS,
          ...COMMON,
        },
      },
      {
        test: {
          name: 'integration',
          include: [...files.integration],
          globalSetup: ['test/support/engine-setup.ts'],
          isolate: false,
          ...OTHERS,
          ...COMMON,
        },
      },
      {
        test: {
          name: 'system',
          include: [...files.system],
          globalSetup: ['test/support/engine-setup.ts'],
          ...OTHERS,
          ...COMMON,
        },
      },
    ],
  },
});
