import { defineConfig } from 'vitest/config';

/** The tests of one room, for mutation testing. */
export default defineConfig({
  test: {
    include: [`test/lambda/${process.env.FOLDER ?? 'shared/callback-token'}/**/*.test.ts`],
    // Its faults make clients wait for whole seconds, at every mutant, and what they reach other files reach too.
    exclude: ['test/lambda/functions/receive/store-faults.test.ts'],
    globalSetup: ['test/support/engine-setup.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
