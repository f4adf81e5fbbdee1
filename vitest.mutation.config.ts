import { defineConfig } from 'vitest/config';

/** The tests of one folder of `lambda`, for mutation testing. */
export default defineConfig({
  test: {
    include: [`test/lambda/${process.env.FOLDER ?? 'shared/callback-token'}/**/*.test.ts`],
    // Clients wait for seconds in the first, and the second bundles the code, for every mutant. Other files cover the same code.
    exclude: [
      'test/lambda/functions/receive/store-faults.test.ts',
      'test/lambda/functions/receive/shipped-requests.test.ts',
    ],
    globalSetup: ['test/support/engine-setup.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
