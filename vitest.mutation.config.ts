import { defineConfig } from 'vitest/config';

/** The tests of one room, for mutation testing. */
export default defineConfig({
  test: {
    include: [`test/lambda/${process.env.ROOM ?? 'token'}/**/*.test.ts`],
    globalSetup: ['test/support/engine-setup.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
