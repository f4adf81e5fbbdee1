import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Tests of the running gateway over HTTP. They run again with the network door before the functions. */
const THROUGH_THE_DOOR = [
  'test/cli/attack/attack-command.test.ts',
  'test/cli/callback/callback-commands.test.ts',
  'test/cli/task.test.ts',
  'test/local/start/console.test.ts',
  'test/local/start/dispatch.test.ts',
  'test/local/start/operator.test.ts',
  'test/local/start/proofs.test.ts',
  'test/local/start/readme.test.ts',
  'test/local/start/scenario.test.ts',
  'test/sdk/client/gateway.test.ts',
  'test/sdk/processor/gateway.test.ts',
  'test/smoke/smoke.test.ts',
];

/** The network door, built by the Go of this machine, before the functions of every gateway that a test starts: `npm run test:door`. */
export default defineConfig({
  test: {
    include: ['test/door/*.test.ts', ...THROUGH_THE_DOOR],
    globalSetup: ['test/support/engine-setup.ts'],
    maxWorkers: 2,
    testTimeout: 600_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: 300_000 } },
    env: {
      NODE_COMPILE_CACHE: fileURLToPath(new URL('.build/compile-cache', import.meta.url)),
      POSTERN_INGRESS: 'network',
    },
  },
});
