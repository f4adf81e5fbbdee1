import { defineConfig } from 'vitest/config';

/** The tests of the receiver and the tokens, for mutation testing. */
export default defineConfig({
  test: {
    include: ['test/lambda/{token,receive}/**/*.test.ts'],
    globalSetup: ['test/support/engine-setup.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
