import { defineConfig } from 'vitest/config';
import { keepThread, QuickTestsFirst } from './test/support/mutation-pool.ts';

const folder = process.env.FOLDER ?? 'shared/callback-token';

/** Tests in other folders that test the code of a folder. */
const ELSEWHERE: Readonly<Record<string, readonly string[]>> = {
  'functions/receive': ['test/lambda/shared/policy/policy.test.ts'],
  'functions/receive/checks/proof': ['test/lambda/functions/receive/details.test.ts'],
};

/** Tests that cost too much for each mutant. Other files test the same code. */
const SLOW = [
  // Clients wait for seconds.
  'test/lambda/functions/receive/store-faults.test.ts',
  // Large payloads and many simultaneous deliveries, for every mutant that survives.
  'test/lambda/functions/receive/payload-form.test.ts',
  'test/lambda/functions/receive/store-requests.test.ts',
  // Runs the bundled code, which has no mutants.
  'test/lambda/functions/receive/shipped-requests.test.ts',
  // The proofs are measured as a folder of their own.
  ...(folder === 'functions/receive' ? ['test/lambda/functions/receive/checks/proof/**'] : []),
];

/** The tests of one folder of `lambda`, for mutation testing. */
export default defineConfig({
  plugins: [keepThread],
  test: {
    include: [`test/lambda/${folder}/**/*.test.ts`, ...(ELSEWHERE[folder] ?? [])],
    exclude: SLOW,
    env: { POSTERN_SHARED_TABLES: 'true' },
    globalSetup: ['test/support/engine-setup.ts'],
    isolate: false,
    maxWorkers: 1,
    sequence: { sequencer: QuickTestsFirst },
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
