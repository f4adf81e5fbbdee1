import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { startContender } from '../harness/contender-process.ts';
import { buildCallbackContenders, CALLBACK_CONTENDERS, type Contender, variablesFor } from '../harness/contenders.ts';
import { measureOf, measureRounds, type Suite } from '../harness/measure.ts';
import { openTestBed } from '../harness/test-bed.ts';

/** A cold start is quick and varies, so each round has several. */
const PROCESSES_PER_ROUND = 3;

/** Time from the start of a new process to its first response. */
export const coldStart: Suite = async ({ rounds }, defer) => {
  const contenders = await buildCallbackContenders();
  const bed = await openTestBed(defer);
  const caches = mkdtempSync(join(tmpdir(), 'postern-compile-cache-'));
  defer(() => rmSync(caches, { recursive: true, force: true }));

  const start = async ({ folder, name }: Contender, cached: boolean) => {
    const environment = { ...variablesFor(bed), ...(cached && { NODE_COMPILE_CACHE: join(caches, name) }) };
    const process = await startContender(defer, folder, environment);
    const { medianMilliseconds: first } = await process.work({ events: await bed.events(1), concurrency: 1 });
    await process.stop();
    return { load: process.loadMilliseconds, first };
  };
  // The first starts fill the compile cache, and the cache of the disk.
  for (const contender of contenders) {
    for (const cached of [true, true, false]) await start(contender, cached);
  }
  const starts = rounds * PROCESSES_PER_ROUND;
  const measured = await measureRounds(contenders, starts, async (contender) => {
    const plain = await start(contender, false);
    const cached = await start(contender, true);
    const code = readFileSync(join(contender.folder, 'index.js'));
    return {
      load: plain.load,
      first: plain.first,
      both: plain.load + plain.first,
      cachedLoad: cached.load,
      cachedBoth: cached.load + cached.first,
      code: code.length / 1024,
      gzipped: gzipSync(code).length / 1024,
    };
  });
  return {
    title: 'A cold start',
    method: `New processes in turn, ${starts} of each contender. The time includes loading the code, the first accepted callback and its DynamoDB call. Postern and the limit also read the keys from their table. The peer has its keys in a variable.`,
    contenders: CALLBACK_CONTENDERS,
    measures: [
      measureOf('load and first callback', 'ms', measured.both),
      measureOf('load', 'ms', measured.load),
      measureOf('first callback', 'ms', measured.first),
      measureOf('load and first callback, V8 compile cache', 'ms', measured.cachedBoth),
      measureOf('load, V8 compile cache', 'ms', measured.cachedLoad),
      measureOf('code', 'KiB', measured.code),
      measureOf('code, gzipped', 'KiB', measured.gzipped),
    ],
  };
};
