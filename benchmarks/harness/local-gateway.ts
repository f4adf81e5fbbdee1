import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ReadyFile, readReadyFile } from '../../local/ready-file.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The last line that `npm start` writes. */
const UP = 'Up until Ctrl-C.';

/** The gateway of `npm start`, in processes of its own. */
export interface LocalGateway {
  readonly ready: ReadyFile;
  /** Milliseconds until it was up, the synthesis included. */
  readonly started: number;
  stop(): Promise<void>;
}

/**
 * Starts the gateway on free ports, with data of its own, and without its story.
 * @throws {Error} with what it said, where it does not come up
 */
export const startLocalGateway = async (): Promise<LocalGateway> => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-gateway-'));
  const readyFile = join(folder, 'local.json');
  const start = performance.now();
  const child = spawn(process.execPath, ['--import', 'tsx', 'local/start.ts', '--no-story'], {
    cwd: ROOT,
    env: {
      ...process.env,
      POSTERN_PORT: '0',
      POSTERN_IDP_PORT: '0',
      POSTERN_DATA: folder,
      POSTERN_READY_FILE: readyFile,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close').then(() => rmSync(folder, { recursive: true, force: true }));
  const stop = async (): Promise<void> => {
    child.kill();
    await ended;
  };
  let said = '';
  const up = new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        if (said.includes(UP)) resolve();
      });
    }
    ended.then(() => reject(new Error(`The local gateway did not come up: ${said}`)), reject);
  });
  await up;
  return { ready: readReadyFile(readyFile), started: performance.now() - start, stop };
};
