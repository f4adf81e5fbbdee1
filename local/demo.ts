import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startGateway } from './gateway.ts';
import { helpWhereAsked } from './help.ts';
import { runUntilStopped } from './run.ts';
import { playLocalStory } from './story.ts';
import { webhookOrigin } from './webhook-origin.ts';

helpWhereAsked(`npm run demo

Plays the main story against a gateway of its own, on free ports and with data of its own, and ends with exit code 0 or 1.`);

/** `npm run demo`: the story alone, on free ports and with data of its own, then exit 0 or 1. */
runUntilStopped(async (signal) => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-demo-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const gateway = await startGateway({
      gatewayPort: 0,
      idpPort: 0,
      webhookOrigin: webhookOrigin(process.env),
      dataFolder: folder,
      readyFile: join(folder, 'local.json'),
      signal,
      say: console.log,
    });
    return {
      work: async () => {
        await playLocalStory(gateway);
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
