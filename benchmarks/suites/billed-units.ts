import { mkdtempSync, openSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startContender } from '../harness/contender-process.ts';
import { buildCallbackContenders, CALLBACK_CONTENDERS, variablesFor } from '../harness/contenders.ts';
import { openDynamoDbProxy } from '../harness/dynamodb-proxy.ts';
import { openLifeWorld, type Usage } from '../harness/life.ts';
import {
  EXPIRY_STEPS,
  type Life,
  live,
  measureExpiry,
  payloadOf,
  STEPS,
  type StepName,
} from '../harness/life-steps.ts';
import { type Measure, measureOf, measureRounds, type Suite, type SuiteResult } from '../harness/measure.ts';
import { type Defer, scope } from '../harness/scope.ts';
import { anEvent, openTestBed, resultPath } from '../harness/test-bed.ts';

const CALLBACKS = 20;

/** Sizes of payloads in KiB. All of them are stored on the task. */
const PAYLOADS_KIB = [0.25, 1, 4, 8, 16, 32, 64];

/** Sizes of results in the table of a whole life. */
const LIFE_KIB = [0.25, 1, 4, 16];

/** Size for which a row has its other numbers. */
const SHOWN_KIB = 1;

const INLINE_LIMIT_BYTES = 64 * 1_024;

/** Units of a callback, and of the whole life of a task. They are the same in every run, so one round is enough. */
export const billedUnits: Suite = async () => [await scope(measureCallback), await scope(measureLife)];

/** Units of a callback that AWS bills. */
const measureCallback = async (defer: Defer): Promise<SuiteResult> => {
  const contenders = await buildCallbackContenders();
  const bed = await openTestBed(defer);
  const proxy = await openDynamoDbProxy(defer, bed.engine.endpoint);
  const logs = mkdtempSync(join(tmpdir(), 'postern-logs-'));
  defer(() => rmSync(logs, { recursive: true }));
  const variables = { ...variablesFor(bed, proxy.endpoint), INLINE_LIMIT_BYTES: `${INLINE_LIMIT_BYTES}` };
  const measured = await measureRounds(contenders, 1, ({ folder, name }) =>
    scope(async (inner) => {
      const log = join(logs, `${name}.log`);
      const process = await startContender(inner, folder, variables, openSync(log, 'w'));
      const values: Record<string, number> = {};
      for (const kibibytes of PAYLOADS_KIB) {
        const body = payloadOf(kibibytes * 1_024);
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

/** What AWS bills for each step of a task's life. */
const measureLife = async (defer: Defer): Promise<SuiteResult> => {
  const world = await openLifeWorld(defer, INLINE_LIMIT_BYTES);
  // The first requests of a process also read its keys.
  await live(world, SHOWN_KIB * 1_024);
  const lives = new Map<number, Life>();
  for (const kibibytes of LIFE_KIB) lives.set(kibibytes, await live(world, kibibytes * 1_024));
  const expiry = await measureExpiry(world);
  const row = (name: string, usageAt: (kibibytes: number) => Usage): Measure => {
    const { logBytes, readUnits, requests } = usageAt(SHOWN_KIB);
    const cells = {
      ...Object.fromEntries(LIFE_KIB.map((kibibytes) => [columnOf(kibibytes), usageAt(kibibytes).writeUnits])),
      'read units': readUnits,
      requests,
      'log, bytes': logBytes,
    };
    return measureOf(name, '', Object.fromEntries(Object.entries(cells).map(([key, value]) => [key, [value]])), null);
  };
  return {
    title: 'Billed units of a whole life',
    method: `One task for each row and size, in tables with their indexes, by the shipped functions. Units are the engine’s \`ReturnConsumedCapacity\`. Every payload is stored on its task, as with \`inlineLimit\` of 64 KiB.`,
    contenders: {
      ...Object.fromEntries(
        LIFE_KIB.map((kibibytes) => [columnOf(kibibytes), `write units, result of ${kibibytes} KiB`]),
      ),
      'read units': `with a result of ${SHOWN_KIB} KiB`,
      requests: 'requests of DynamoDB, with the same result',
      'log, bytes': 'the function’s log line, with the same result',
    },
    rows: 'measures',
    measures: [
      ...(Object.keys(STEPS) as StepName[]).map((name) =>
        row(STEPS[name], (kibibytes) => (lives.get(kibibytes) as Life)[name]),
      ),
      ...(['expired', 'passed', 'idle'] as const).map((name) => row(EXPIRY_STEPS[name], () => expiry[name])),
    ],
  };
};

const columnOf = (kibibytes: number): string => `${kibibytes} KiB`;
