import { defineConfig } from 'vitest/config';

/** The tests of one folder of `lambda`, for mutation testing. */
export default defineConfig({
  test: {
    include: [`test/lambda/${process.env.FOLDER ?? 'shared/callback-token'}/**/*.test.ts`],
    // Clients wait for seconds in these tests, for every mutant. Other files cover the same code.
    exclude: ['test/lambda/functions/receive/store-faults.test.ts'],
    globalSetup: ['test/support/engine-setup.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
