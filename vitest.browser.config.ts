import { defineConfig } from 'vitest/config';

/** The journeys of operators in a real browser: `npm run test:browser`. One gateway and one browser serve all files. */
export default defineConfig({
  test: {
    include: ['test/browser/*.test.ts'],
    globalSetup: ['test/browser/gateway-setup.ts'],
    isolate: false,
    maxWorkers: 1,
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});
