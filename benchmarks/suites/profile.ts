import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ContenderProcess, startContender } from '../harness/contender-process.ts';
import { buildContenders, variablesOf } from '../harness/contenders.ts';
import { createRounds, measureOf } from '../harness/measure.ts';
import { GROUP_NAMES, groupPlaces } from '../harness/profile-categories.ts';
import type { PartResult } from '../harness/result.ts';
import { inTurn } from '../harness/statistics.ts';
import { openWorld } from '../harness/test-bed.ts';

const CALLBACKS = 500;
const CONCURRENCY = 16;
const WARM_UP = 500;

/** Where the processor time of a callback goes. */
export const profile = async (rounds: number): Promise<PartResult> => {
  // Names of modules are lost in a bundle that is minified.
  const contenders = await buildContenders({ minify: false });
  const world = await openWorld();
  const gathered = createRounds();
  const processes = new Map<string, ContenderProcess>();
  const work = async (count: number) => ({
    events: (await world.callbacks(count)).map(({ event }) => event),
    concurrency: CONCURRENCY,
    expected: 200,
  });
  try {
    for (const { folder, name } of contenders) {
      const process = await startContender(folder, variablesOf(world));
      await process.work(await work(WARM_UP));
      processes.set(name, process);
    }
    for (let round = 0; round < rounds; round += 1) {
      for (const { folder, name } of inTurn(contenders, round)) {
        const places = await (processes.get(name) as ContenderProcess).profile(await work(CALLBACKS));
        const sums = groupPlaces(places, readFileSync(join(folder, 'index.js'), 'utf8'));
        for (const [group, microseconds] of Object.entries(sums)) gathered.add(group, name, microseconds / CALLBACKS);
      }
    }
  } finally {
    for (const process of processes.values()) await process.stop();
    await world.close();
  }
  return {
    part: 'profile',
    title: 'Where the time of a callback goes',
    method: `Samples of V8's profiler over ${CALLBACKS} callbacks a round and contender, ${CONCURRENCY} at a time, ${rounds} rounds, in turn; bundles not minified, and slower for being watched. What Node does in C++ is counted where it was called; threads beside are not seen.`,
    contenders: Object.fromEntries(contenders.map(({ description, name }) => [name, description])),
    measures: GROUP_NAMES.map((group) => measureOf(group, 'µs', false, gathered.of(group))),
    pictured: [],
  };
};
