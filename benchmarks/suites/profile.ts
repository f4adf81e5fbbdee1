import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ContenderProcess, type Span, startContender } from '../harness/contender-process.ts';
import { buildCallbackContenders, CALLBACK_CONTENDERS, variablesFor } from '../harness/contenders.ts';
import { countRounds, measureOf, measureRounds, type Suite } from '../harness/measure.ts';
import {
  CALLBACK_CATEGORIES,
  type Categories,
  COLD_START_CATEGORIES,
  type CpuProfile,
  categoryNames,
  modulesOf,
  sumByCategory,
} from '../harness/profile-categories.ts';
import type { Defer } from '../harness/scope.ts';
import { openTestBed, type TestBed } from '../harness/test-bed.ts';

const SAMPLING_MICROSECONDS = 100;

const CALLBACKS = 500;
const WARM_UP = 500;
const CONCURRENCY = 16;

/** A cold start has few samples, so each round has several. */
const COLD_STARTS_PER_ROUND = 5;

/** Returns a function that profiles one process per call, and sums up the periods that `work` returns. */
const openProfiler = async (defer: Defer, categories: Categories, mode: 'own' | 'stack') => {
  // A minified bundle has lost the names of its modules.
  const contenders = await buildCallbackContenders({ minify: false });
  const bed = await openTestBed(defer);
  const folder = mkdtempSync(join(tmpdir(), 'postern-profiles-'));
  defer(() => rmSync(folder, { recursive: true, force: true }));
  let count = 0;
  const profile = async (
    code: string,
    work: (process: ContenderProcess, bed: TestBed) => Promise<readonly Span[]>,
  ): Promise<Readonly<Record<string, number>>> => {
    count += 1;
    const profiles = join(folder, `${count}`);
    const process = await startContender(defer, code, variablesFor(bed), {
      nodeOptions: ['--cpu-prof', `--cpu-prof-dir=${profiles}`, `--cpu-prof-interval=${SAMPLING_MICROSECONDS}`],
    });
    const spans = await work(process, bed);
    await process.stop();
    const [file = ''] = readdirSync(profiles);
    return sumByCategory(
      JSON.parse(readFileSync(join(profiles, file), 'utf8')) as CpuProfile,
      spans.map(({ from, to }) => ({ from: from * 1000, to: to * 1000 })),
      modulesOf(readFileSync(join(code, 'index.js'), 'utf8')),
      categories,
      mode,
    );
  };
  return { contenders, profile };
};

const divided = (sums: Readonly<Record<string, number>>, divisor: number) =>
  Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / divisor]));

/** CPU time of a callback, by category. */
export const callbackProfile: Suite = async (rounds, defer) => {
  const { contenders, profile } = await openProfiler(defer, CALLBACK_CATEGORIES, 'own');
  const measured = await measureRounds(contenders, rounds, async ({ folder }) => {
    const sums = await profile(folder, async (process, bed) => {
      const run = async (count: number) =>
        process.work({ events: await bed.events(count), concurrency: CONCURRENCY, expected: 200 });
      await run(WARM_UP);
      return [(await run(CALLBACKS)).span];
    });
    return divided(sums, CALLBACKS);
  });
  return {
    title: 'CPU time of a callback by category',
    method: `Samples of V8’s profiler over ${CALLBACKS} callbacks per round and contender, ${CONCURRENCY} at a time, ${countRounds(rounds)}, in turn; the bundles are not minified, and the profiler slows them down. C++ code of Node counts for its caller. Other threads are not included.`,
    contenders: CALLBACK_CONTENDERS,
    measures: categoryNames(CALLBACK_CATEGORIES).map((name) => measureOf(name, 'µs', measured[name])),
  };
};

/** Time of a cold start, by category. */
export const coldStartProfile: Suite = async (rounds, defer) => {
  const { contenders, profile } = await openProfiler(defer, COLD_START_CATEGORIES, 'stack');
  const coldStart = async (folder: string) =>
    profile(folder, async (process, bed) => {
      const { span } = await process.work({ events: await bed.events(1), concurrency: 1, expected: 200 });
      return [process.load, span];
    });
  // The first start fills the cache of the disk.
  for (const { folder } of contenders) await coldStart(folder);
  const starts = rounds * COLD_STARTS_PER_ROUND;
  const measured = await measureRounds(contenders, starts, async ({ folder }) =>
    divided(await coldStart(folder), 1000),
  );
  return {
    title: 'Time of a cold start by category',
    method: `Samples of V8’s profiler in ${starts} new processes of each contender, in turn, from the first line of its code to its first response; the bundles are not minified, and the profiler slows them down.`,
    contenders: CALLBACK_CONTENDERS,
    measures: categoryNames(COLD_START_CATEGORIES).map((name) => measureOf(name, 'ms', measured[name])),
  };
};
