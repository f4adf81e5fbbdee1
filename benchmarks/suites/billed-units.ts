import { mkdtempSync, openSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCapacityLink } from '../harness/consumed-capacity-proxy.ts';
import { startContender } from '../harness/contender-process.ts';
import { buildContenders, variablesOf } from '../harness/contenders.ts';
import { createRounds, measureOf } from '../harness/measure.ts';
import type { PartResult } from '../harness/result.ts';
import { anEvent, openWorld } from '../harness/test-bed.ts';

const CALLBACKS = 20;

/** Sizes of payloads, in KiB, and all of them on the task: what the payload bucket is weighed against. */
const PAYLOADS_KIB = [1, 4, 8, 16, 32, 64];

const payloadOf = (kibibytes: number): string => {
  const empty = JSON.stringify({ text: '', confidence: 0.98 });
  return JSON.stringify({ text: 'x'.repeat(kibibytes * 1_024 - empty.length), confidence: 0.98 });
};

/** What AWS counts of a callback: it is the same whenever it is counted, so that one round is enough. */
export const bill = async (): Promise<PartResult> => {
  const contenders = await buildContenders();
  const world = await openWorld({ indexed: true });
  const link = await openCapacityLink(world.engine.endpoint);
  const folder = mkdtempSync(join(tmpdir(), 'postern-logs-'));
  const gathered = createRounds();
  try {
    for (const { folder: code, name } of contenders) {
      const log = join(folder, `${name}.log`);
      const variables = { ...variablesOf(world, link.endpoint), INLINE_LIMIT_BYTES: `${64 * 1_024}` };
      const process = await startContender(code, variables, { output: openSync(log, 'w') });
      let logged = 0;
      for (const kibibytes of PAYLOADS_KIB) {
        const body = payloadOf(kibibytes);
        const callbacks = await world.callbacks(CALLBACKS);
        const events = callbacks.map(({ taskId, token }) => anEvent(`/v1/results/${taskId}`, token, { body }));
        link.consumed();
        await process.work({ events, concurrency: 1, expected: 200 });
        const { requests, units } = link.consumed();
        const { size } = statSync(log);
        gathered.add('requests', name, requests / CALLBACKS);
        gathered.add(`units ${kibibytes}`, name, units / CALLBACKS);
        gathered.add('log', name, (size - logged) / CALLBACKS);
        logged = size;
      }
      await process.stop();
    }
  } finally {
    link.stop();
    rmSync(folder, { recursive: true });
    await world.close();
  }
  return {
    part: 'bill',
    title: 'What a callback is billed by',
    method: `${CALLBACKS} callbacks of each size and contender, one at a time, in tables with their indexes; write units as \`ReturnConsumedCapacity\` of the engine has them, indexes included, and log lines as they leave the process.`,
    contenders: Object.fromEntries(contenders.map(({ description, name }) => [name, description])),
    measures: [
      measureOf('requests of DynamoDB', '', false, gathered.of('requests')),
      ...PAYLOADS_KIB.map((kibibytes) =>
        measureOf(`write units, payload of ${kibibytes} KiB`, '', false, gathered.of(`units ${kibibytes}`)),
      ),
      measureOf('log, bytes', '', false, gathered.of('log')),
    ],
    pictured: [],
  };
};
