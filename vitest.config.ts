import { defineConfig } from 'vitest/config';

/**
 * Ends a test that hangs. It says nothing about how long a test may take: on a busy machine each takes several times as
 * long, and none may fail because of that.
 */
const GUARD = { testTimeout: 600_000, hookTimeout: 600_000, expect: { poll: { timeout: 300_000 } } };

/**
 * Two projects: what runs (defaults, in parallel) and what is synthesized. The first synth in a process takes seconds
 * and later ones do not, so the templates' tests share one worker.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'run-time',
          include: ['test/**/*.test.ts'],
          exclude: ['test/{lib,bin,environments,cost,tools}/**'],
          globalSetup: ['test/support/engine-setup.ts'],
          // Most of the time is waiting for engines and injected faults: two files at once even on two cores.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          ...GUARD,
        },
      },
      {
        test: {
          name: 'infrastructure',
          include: ['test/{lib,bin,environments,cost,tools}/**/*.test.ts'],
          isolate: false,
          maxWorkers: 1,
          sequence: { groupOrder: 0 },
          ...GUARD,
        },
      },
    ],
  },
});
