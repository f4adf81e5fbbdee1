import { mkdtempSync, openSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startContender } from '../harness/contender-process.ts';
import { buildCallbackContenders, CALLBACK_CONTENDERS, variablesFor } from '../harness/contenders.ts';
import { openDynamoDbProxy } from '../harness/dynamodb-proxy.ts';
import { measureOf, measureRounds, type Suite } from '../harness/measure.ts';
import { scope } from '../harness/scope.ts';
import { anEvent, openTestBed, resultPath } from '../harness/test-bed.ts';

const CALLBACKS = 20;

/** Sizes of payloads in KiB. All of them are stored on the task. */
const PAYLOADS_KIB = [0.25, 1, 4, 8, 16, 32, 64];

const payloadOf = (kibibytes: number): string => {
  const empty = JSON.stringify({ text: '', confidence: 0.98 });
  return JSON.stringify({ text: 'x'.repeat(kibibytes * 1_024 - empty.length), confidence: 0.98 });
};

/** Units of a callback that AWS bills. They are the same in every run, so one round is enough. */
export const billedUnits: Suite = async (_, defer) => {
  const contenders = await buildCallbackContenders();
  const bed = await openTestBed(defer);
  const proxy = await openDynamoDbProxy(defer, bed.engine.endpoint);
  const logs = mkdtempSync(join(tmpdir(), 'postern-logs-'));
  defer(() => rmSync(logs, { recursive: true }));
  const variables = { ...variablesFor(bed, proxy.endpoint), INLINE_LIMIT_BYTES: `${64 * 1_024}` };
  const measured = await measureRounds(contenders, 1, ({ folder, name }) =>
    scope(async (inner) => {
      const log = join(logs, `${name}.log`);
      const process = await startContender(inner, folder, variables, openSync(log, 'w'));
      const values: Record<string, number> = {};
      for (const kibibytes of PAYLOADS_KIB) {
        const body = payloadOf(kibibytes);
        const callbacks = await bed.callbacks(CALLBACKS);
        const events = callbacks.map(({ task: { taskId }, token }) => anEvent(resultPath(taskId), token, { body }));
        proxy.consumed();
        await process.work({ events, concurrency: 1 });
        const { requests, units } = proxy.consumed();
        values.requests = requests / CALLBACKS;
        values[`units ${kibibytes}`] = units / CALLBACKS;
      }
      return { ...values, log: statSync(log).size / (CALLBACKS * PAYLOADS_KIB.length) };
    }),
  );
  return {
    title: 'Billed units of a callback',
    method: `${CALLBACKS} callbacks of each size and contender, one at a time, in tables with their indexes. Write units are the engine’s \`ReturnConsumedCapacity\`, indexes included. Log lines are counted as they leave the process.`,
    contenders: CALLBACK_CONTENDERS,
    measures: [
      measureOf('requests of DynamoDB', '', measured.requests),
      ...PAYLOADS_KIB.map((kibibytes) =>
        measureOf(`write units, payload of ${kibibytes} KiB`, '', measured[`units ${kibibytes}`]),
      ),
      measureOf('log, bytes', '', measured.log),
    ],
  };
};
