import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bindExampleProcessor } from './example-processor/server.ts';
import { startGateway } from './gateway.ts';
import { helpWhereAsked } from './help.ts';
import { readIngress } from './ingress.ts';
import { runUntilStopped } from './run.ts';
import { runLocalScenario } from './scenario.ts';
import { LOCAL_DISPATCH_CAST } from './scenario-cast.ts';
import { readSigning } from './signing.ts';
import { synthesizeLocal } from './template/synthesize-local.ts';
import { webhookOrigin } from './webhook-origin.ts';

helpWhereAsked(`npm run demo

Starts a gateway and an example processor on free ports with a new data folder, plays the scenario of one callback
against them, and stops them.
Exit code 0 if everything went as expected, otherwise 1.

  POSTERN_SIGNING  way to sign callback tokens: rotating or kms (default rotating)
  POSTERN_INGRESS  what stands before the functions: application or network, see "npm start -- --help" (default application)`);

/** `npm run demo`: plays the scenario on free ports with a new data folder, then exits with 0 or 1. */
runUntilStopped(async (signal) => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-demo-'));
  const processor = await bindExampleProcessor({ port: 0, say: console.error });
  const remove = async () => {
    await processor.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const gateway = await startGateway({
      synthesize: synthesizeLocal,
      ingress: readIngress(process.env),
      gatewayPort: 0,
      idpPort: 0,
      signing: readSigning(process.env),
      webhookOrigin: webhookOrigin(process.env),
      processorOrigin: processor.origin,
      dataFolder: folder,
      readyFile: join(folder, 'local.json'),
      signal,
      say: console.log,
    });
    processor.serve(gateway.ready.clients.dispatch);
    return {
      work: async () => {
        await runLocalScenario(gateway, undefined, LOCAL_DISPATCH_CAST);
        return 0;
      },
      stop: async () => {
        await gateway.stop();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
});
