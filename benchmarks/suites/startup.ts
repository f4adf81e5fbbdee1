import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COLD_START_GROUPS, type CpuProfile, groupColdStart } from '../harness/cold-start.ts';
import { startContender } from '../harness/contender-process.ts';
import { buildContenders, type Contender, variablesOf } from '../harness/contenders.ts';
import { createRounds, measureOf } from '../harness/measure.ts';
import { modulesOf } from '../harness/profile-categories.ts';
import type { PartResult } from '../harness/result.ts';
import { inTurn } from '../harness/statistics.ts';
import { openWorld } from '../harness/test-bed.ts';

/** One cold start has few samples. */
const PROCESSES_PER_ROUND = 5;
const SAMPLING_MICROSECONDS = 100;

/** Where the time of a cold start goes. */
export const startup = async (rounds: number): Promise<PartResult> => {
  // Names of modules are lost in a bundle that is minified.
  const contenders = await buildContenders({ minify: false });
  const world = await openWorld();
  const folder = mkdtempSync(join(tmpdir(), 'postern-profiles-'));
  const gathered = createRounds();
  const start = async ({ folder: code, name }: Contender, number: string) => {
    const profiles = join(folder, `${name}-${number}`);
    const process = await startContender(code, variablesOf(world), {
      nodeOptions: ['--cpu-prof', `--cpu-prof-dir=${profiles}`, `--cpu-prof-interval=${SAMPLING_MICROSECONDS}`],
    });
    const events = (await world.callbacks(1)).map(({ event }) => event);
    const { span } = await process.work({ events, concurrency: 1, expected: 200 });
    await process.stop();
    const [file = ''] = readdirSync(profiles);
    return groupColdStart(
      JSON.parse(readFileSync(join(profiles, file), 'utf8')) as CpuProfile,
      [process.load, span].map(({ from, to }) => ({ from: from * 1000, to: to * 1000 })),
      modulesOf(readFileSync(join(code, 'index.js'), 'utf8')),
    );
  };
  try {
    for (const contender of contenders) await start(contender, 'warm-up');
    for (let round = 0; round < rounds * PROCESSES_PER_ROUND; round += 1) {
      for (const contender of inTurn(contenders, round)) {
        const sums = await start(contender, `${round}`);
        for (const [group, microseconds] of Object.entries(sums)) {
          gathered.add(group, contender.name, microseconds / 1000);
        }
      }
    }
  } finally {
    await world.close();
    rmSync(folder, { recursive: true, force: true });
  }
  return {
    part: 'startup',
    title: 'Where the time of a cold start goes',
    method: `Samples of V8’s profiler in ${rounds * PROCESSES_PER_ROUND} fresh processes of each contender, in turn, from the first line of its code to its first answer; bundles not minified, and slower for being watched.`,
    contenders: Object.fromEntries(contenders.map(({ description, name }) => [name, description])),
    measures: COLD_START_GROUPS.map((group) => measureOf(group, 'ms', false, gathered.of(group))),
    pictured: [],
  };
};
