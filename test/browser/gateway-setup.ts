import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import type { ReadyFile } from '../../local/ready-file.ts';
import { run, untilReady } from '../local/start/running-gateway.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The ready file of the seeded gateway. */
    gateway: ReadyFile;
  }
}

/** One gateway with a week of tasks, for all journeys in a browser. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-browser-'));
  const program = run('start', ['--seed'], { POSTERN_DATA: folder });
  const stop = async () => {
    program.process.kill('SIGTERM');
    await program.ended;
    rmSync(folder, { recursive: true, maxRetries: 5 });
  };
  try {
    project.provide('gateway', await untilReady(program, folder));
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
}
