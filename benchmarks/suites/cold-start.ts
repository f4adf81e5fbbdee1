import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startContender } from '../harness/contender-process.ts';
import { buildContenders, variablesOf } from '../harness/contenders.ts';
import { createRounds, measureOf } from '../harness/measure.ts';
import type { PartResult } from '../harness/result.ts';
import { inTurn } from '../harness/statistics.ts';
import { openWorld } from '../harness/test-bed.ts';

/** Fresh processes for each round of the others: one callback each is quick, and varies more. */
const PROCESSES_PER_ROUND = 3;

/** What a new process takes until its first callback is answered. */
export const cold = async (rounds: number): Promise<PartResult> => {
  const contenders = await buildContenders();
  const world = await openWorld();
  const caches = mkdtempSync(join(tmpdir(), 'postern-compile-cache-'));
  const gathered = createRounds();
  const start = async (name: string, folder: string, cached: boolean, counted: boolean) => {
    const environment = {
      ...variablesOf(world),
      ...(cached && { NODE_COMPILE_CACHE: join(caches, name) }),
    };
    const [callback] = await world.callbacks(1);
    if (callback === undefined) throw new Error('There is no callback.');
    const process = await startContender(folder, environment);
    const { latencies } = await process.work({ events: [callback.event], concurrency: 1, expected: 200 });
    await process.stop();
    if (!counted) return;
    const [first] = latencies as [number];
    const suffix = cached ? ' with cache' : '';
    gathered.add(`load${suffix}`, name, process.load.to - process.load.from);
    gathered.add(`first${suffix}`, name, first);
    gathered.add(`both${suffix}`, name, process.load.to - process.load.from + first);
  };
  try {
    // The first of each fills the cache, and the disk's.
    for (const { folder, name } of contenders) {
      for (const cached of [true, true, false]) await start(name, folder, cached, false);
    }
    for (let round = 0; round < rounds * PROCESSES_PER_ROUND; round += 1) {
      for (const { folder, name } of inTurn(contenders, round)) {
        for (const cached of [false, true]) await start(name, folder, cached, true);
      }
    }
  } finally {
    await world.close();
    rmSync(caches, { recursive: true, force: true });
  }
  const constant = (of: 'bytes' | 'gzipBytes') =>
    Object.fromEntries(contenders.map((contender) => [contender.name, [contender[of] / 1024]]));
  return {
    part: 'cold',
    title: 'A cold start, until the first callback is answered',
    method: `Fresh processes in turn, ${rounds * PROCESSES_PER_ROUND} of each contender; loading the code and the first accepted callback, its DynamoDB call and, for Postern, the public keys from KMS included.`,
    contenders: Object.fromEntries(contenders.map(({ description, name }) => [name, description])),
    measures: [
      measureOf('load and first callback', 'ms', false, gathered.of('both')),
      measureOf('load', 'ms', false, gathered.of('load')),
      measureOf('first callback', 'ms', false, gathered.of('first')),
      measureOf('load and first callback, V8 compile cache', 'ms', false, gathered.of('both with cache')),
      measureOf('load, V8 compile cache', 'ms', false, gathered.of('load with cache')),
      measureOf('code', 'KiB', false, constant('bytes')),
      measureOf('code, gzipped', 'KiB', false, constant('gzipBytes')),
    ],
    pictured: ['load and first callback', 'load and first callback, V8 compile cache', 'code, gzipped'],
  };
};
