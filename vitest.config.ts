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

/**
 * One project for each kind of test, in order of their speed; `docs/contributing/testing.md` describes them. The files of
 * a kind share two workers and the modules that these have loaded: to load the CDK and the AWS SDK for each file would take
 * longer than the tests. System tests start processes of their own.
 */
export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'unit',
          include: [...files.unit],
          setupFiles: ['test/support/unit-setup.ts'],
          isolate: false,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
          ...COMMON,
        },
      },
      {
        test: {
          name: 'infrastructure',
          include: [...files.infrastructure],
          isolate: false,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          ...COMMON,
        },
      },
      {
        test: {
          name: 'integration',
          include: [...files.integration],
          globalSetup: ['test/support/engine-setup.ts'],
          isolate: false,
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
          ...COMMON,
        },
      },
      {
        test: {
          name: 'system',
          include: [...files.system],
          globalSetup: ['test/support/engine-setup.ts'],
          maxWorkers: 2,
          sequence: { groupOrder: 3 },
          ...COMMON,
        },
      },
    ],
  },
});
