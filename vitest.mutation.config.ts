import { defineConfig } from 'vitest/config';
import { keepThread, QuickTestsFirst } from './test/support/mutation-pool.ts';

const folder = process.env.FOLDER ?? 'shared/callback-token';

/**
 * Tests of a folder, if not those of its own tests. Those of the receiver are the quickest that test all of its code. The others
 * send the same deliveries through more parts, bundle the code, or wait for seconds.
 */
const TESTS: Readonly<Record<string, readonly string[]>> = {
  'functions/receive': [
    'test/lambda/functions/receive/{checks,store}/*.test.ts',
    'test/lambda/functions/receive/{outcome,payloads,receive-callback,respond}.test.ts',
  ],
  'functions/receive/checks/proof': [
    'test/lambda/functions/receive/checks/proof/*.test.ts',
    'test/lambda/functions/receive/details.test.ts',
  ],
};

/** The tests of one folder of `lambda`, for mutation testing. */
export default defineConfig({
  plugins: [keepThread],
  test: {
    include: [...(TESTS[folder] ?? [`test/lambda/${folder}/**/*.test.ts`])],
    env: { POSTERN_SHARED_TABLES: 'true' },
    globalSetup: ['test/support/engine-setup.ts'],
    isolate: false,
    maxWorkers: 1,
    sequence: { sequencer: QuickTestsFirst },
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
