import { startContender } from '../harness/contender-process.ts';
import { variablesFor } from '../harness/contenders.ts';
import {
  type FunctionPool,
  openFunctionPool,
  type PoolResult,
  registryOf,
  writeFunctions,
} from '../harness/function-pool.ts';
import {
  countRounds,
  type Measure,
  measureOf,
  measureRounds,
  type Suite,
  type SuiteResult,
} from '../harness/measure.ts';
import { type Defer, scope } from '../harness/scope.ts';
import { createTaskVariables, openSender, type Sender } from '../harness/sender.ts';
import { percentile } from '../harness/statistics.ts';
import { openTestBed, type TestBed } from '../harness/test-bed.ts';

export interface Size {
  readonly name: string;
  /** Rows in the tables, half of them tasks and half of them used tokens. */
  readonly rows: number;
  readonly processors: number;
}

const SIZES: readonly Size[] = [
  { name: 'small', rows: 1e3, processors: 10 },
  { name: 'middle', rows: 1e5, processors: 1_000 },
  { name: 'large', rows: 1e6, processors: 10_000 },
];

/** Amount of work per round. */
export interface Amounts {
  readonly warmUp: number;
  readonly callbacks: number;
  readonly tasks: number;
  readonly dueTasks: number;
  readonly batches: number;
  /** New processes of the receiver. */
  readonly coldStarts: number;
}

const AMOUNTS: Amounts = { warmUp: 200, callbacks: 480, tasks: 480, dueTasks: 960, batches: 20, coldStarts: 3 };

const COMPARED = 'large';
const CALLBACKS_AT_ONCE = 16;
const TASKS_AT_ONCE = 48;

/** Cost of the functions by the number of rows and of processors. */
export const growth: Suite = (rounds, defer) => measureGrowth(SIZES, AMOUNTS, rounds, defer);

/** @param sizes from `small` to `large` */
export const measureGrowth = async (
  sizes: readonly Size[],
  amounts: Amounts,
  rounds: number,
  defer: Defer,
): Promise<SuiteResult> => {
  const [smallest] = sizes;
  if (smallest === undefined) throw new RangeError('Growth needs at least one size.');
  const sender = await openSender(defer);
  const folders = await writeFunctions(registryOf(smallest.processors));
  const beds = new Map<string, TestBed>();
  const pools: { readonly name: string; readonly pool: FunctionPool }[] = [];
  for (const { name, rows } of sizes) {
    const bed = await openTestBed(defer, { rows });
    beds.set(name, bed);
    pools.push({ name, pool: await openFunctionPool(defer, bed, folders, sender) });
  }
  const bed = beds.get(smallest.name) as TestBed;
  return {
    title: 'Cost by number of rows and processors',
    method: `The shipped functions on ${bed.engine.description}, in tables with their indexes, which are filled first. ${countRounds(rounds)}, sizes in turn. The rows "by processors" use the tables of \`small\`; all others use its processors. One processor in ten has a schema.`,
    contenders: Object.fromEntries(
      sizes.map(({ name, processors, rows }) => [
        name,
        `${rows.toLocaleString('en-US')} rows, half of them tasks and half of them used tokens; ${processors.toLocaleString('en-US')} processors`,
      ]),
    ),
    compared: COMPARED,
    measures: [
      ...(await measureByRows(pools, amounts, rounds)),
      ...(await scope((inner) => measureByProcessors(sizes, bed, sender, amounts, rounds, inner))),
    ],
  };
};

const rateOf = ({ count, milliseconds }: PoolResult): number => (count / milliseconds) * 1000;
const cpuOf = ({ count, cpuMicroseconds }: Pick<PoolResult, 'count' | 'cpuMicroseconds'>): number =>
  cpuMicroseconds / count;

const measureByRows = async (
  pools: readonly { readonly name: string; readonly pool: FunctionPool }[],
  amounts: Amounts,
  rounds: number,
): Promise<readonly Measure[]> => {
  for (const { pool } of pools) {
    await pool.callbacks(amounts.warmUp, CALLBACKS_AT_ONCE);
    await pool.createTasks(amounts.warmUp, CALLBACKS_AT_ONCE);
    await pool.expireTasks(amounts.warmUp);
    await pool.publishBatches(1);
  }
  const measured = await measureRounds(pools, rounds, async ({ pool }) => {
    const callbacks = await pool.callbacks(amounts.callbacks, CALLBACKS_AT_ONCE);
    const created = await pool.createTasks(amounts.tasks, TASKS_AT_ONCE);
    const expired = await pool.expireTasks(amounts.dueTasks);
    const changes = await pool.publishBatches(amounts.batches);
    return {
      callback: cpuOf(callbacks),
      latency: percentile(callbacks.latencies, 50),
      requests: callbacks.requests / callbacks.count,
      creation: cpuOf(created),
      created: rateOf(created),
      expiry: cpuOf(expired),
      expired: rateOf(expired),
      change: cpuOf(changes),
      changes: rateOf(changes),
    };
  });
  const measure = (name: string, unit: string, key: string) => measureOf(name, unit, measured[key], COMPARED);
  return [
    measure('a callback, CPU time', 'µs', 'callback'),
    measure(`a callback, median latency, ${CALLBACKS_AT_ONCE} at a time`, 'ms', 'latency'),
    measure('a callback, DynamoDB requests', '', 'requests'),
    measure('a task created, CPU time', 'µs', 'creation'),
    measure(`tasks created, ${TASKS_AT_ONCE} at a time`, '1/s', 'created'),
    measure('a task expired, CPU time', 'µs', 'expiry'),
    measure('tasks expired', '1/s', 'expired'),
    measure('a change published, CPU time', 'µs', 'change'),
    measure('changes published, one batch at a time', '1/s', 'changes'),
  ];
};

/** A cold start reads the registry, so its cost depends on the number of processors. */
const measureByProcessors = async (
  sizes: readonly Size[],
  bed: TestBed,
  sender: Sender,
  amounts: Amounts,
  rounds: number,
  defer: Defer,
): Promise<readonly Measure[]> => {
  const tasks = amounts.tasks / 4;
  const open = async ({ name, processors }: Size) => {
    const registry = registryOf(processors);
    const folders = await writeFunctions(registry);
    const start = () => startContender(defer, folders.receive, variablesFor(bed));
    const receive = await start();
    const variables = createTaskVariables(bed, sender, bed.services);
    const createTask = await startContender(defer, folders['create-task'], variables);
    const callbacks = async (count: number, process = receive) =>
      process.work({ events: await bed.events(count), concurrency: 1, expected: 200 });
    const createTasks = (count: number) =>
      createTask.work({ events: Array.from({ length: count }, () => sender.event), concurrency: 1, expected: 201 });
    const coldStart = async () => {
      const process = await start();
      const { latencies } = await callbacks(1, process);
      await process.stop();
      return process.load.to - process.load.from + (latencies[0] ?? 0);
    };
    await callbacks(amounts.warmUp);
    await createTasks(amounts.warmUp);
    return { name, kibibytes: Buffer.byteLength(JSON.stringify(registry)) / 1024, callbacks, createTasks, coldStart };
  };
  const opened = await Promise.all(sizes.map(open));
  const warm = await measureRounds(opened, rounds, async ({ callbacks, createTasks, kibibytes }) => ({
    registry: kibibytes,
    callback: cpuOf({ ...(await callbacks(amounts.callbacks)), count: amounts.callbacks }),
    creation: cpuOf({ ...(await createTasks(tasks)), count: tasks }),
  }));
  const cold = await measureRounds(opened, rounds * amounts.coldStarts, async ({ coldStart }) => ({
    milliseconds: await coldStart(),
  }));
  return [
    measureOf('registry', 'KiB', warm.registry, COMPARED),
    measureOf('a callback, CPU time, by processors', 'µs', warm.callback, COMPARED),
    measureOf('a task created, CPU time, by processors', 'µs', warm.creation, COMPARED),
    measureOf('cold start of `receive` to its first response, by processors', 'ms', cold.milliseconds, COMPARED),
  ];
};
