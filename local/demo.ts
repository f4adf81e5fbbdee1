import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startGateway } from './gateway.ts';
import { helpWhereAsked } from './help.ts';
import { runUntilStopped } from './run.ts';
import { runLocalScenario } from './scenario.ts';
import { readSigning } from './signing.ts';
import { synthesizeLocal } from './template/synthesize-local.ts';
import { webhookOrigin } from './webhook-origin.ts';

helpWhereAsked(`npm run demo

Starts a gateway on free ports with a new data folder, plays the scenario of one callback against it, and stops it.
Exit code 0 if everything went as expected, otherwise 1.

  POSTERN_SIGNING  way to sign callback tokens: rotating or kms (default rotating)`);

/** `npm run demo`: plays the scenario on free ports with a new data folder, then exits with 0 or 1. */
runUntilStopped(async (signal) => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-demo-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const gateway = await startGateway({
      synthesize: synthesizeLocal,
      gatewayPort: 0,
      idpPort: 0,
      signing: readSigning(process.env),
      webhookOrigin: webhookOrigin(process.env),
      dataFolder: folder,
      readyFile: join(folder, 'local.json'),
      signal,
      say: console.log,
    });
    return {
      work: async () => {
        await runLocalScenario(gateway);
        return 0;
      },
      stop: async () => {
        await gateway.stop();
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
});
