import type { Effort } from '../harness/effort.ts';
import { countRounds, measureOf, measureRounds, type Suite, type SuiteResult } from '../harness/measure.ts';
import type { Defer } from '../harness/scope.ts';
import { openSender } from '../harness/sender.ts';
import { type Amounts, AT_ONCE, openGateway, type Size, type WholeGateway } from '../harness/whole-gateway.ts';

const SIZES: readonly Size[] = [
  { name: 'small', rows: 1e3, processors: 10 },
  { name: 'middle', rows: 1e5, processors: 1_000 },
  { name: 'large', rows: 1e6, processors: 10_000 },
];

const AMOUNTS: Amounts = { callbacks: 480, tasks: 480, dueTasks: 960, batches: 20, coldStarts: 3 };

const amountsOf = (amount: Effort['amount']): Amounts => ({
  callbacks: amount(AMOUNTS.callbacks),
  tasks: amount(AMOUNTS.tasks),
  dueTasks: amount(AMOUNTS.dueTasks),
  batches: amount(AMOUNTS.batches),
  coldStarts: amount(AMOUNTS.coldStarts),
});

const COMPARED = 'large';

/** Cost of the functions by the size of the gateway. */
export const growth: Suite = ({ amount, rounds }, defer) =>
  measureGrowth(
    SIZES.map(({ name, processors, rows }) => ({ name, rows: amount(rows), processors: amount(processors) })),
    amountsOf(amount),
    rounds,
    defer,
  );

/** @param sizes from `small` to `large` */
export const measureGrowth = async (
  sizes: readonly Size[],
  amounts: Amounts,
  rounds: number,
  defer: Defer,
): Promise<SuiteResult> => {
  const sender = await openSender(defer);
  const gateways: WholeGateway[] = [];
  for (const size of sizes) gateways.push(await openGateway(defer, size, sender));
  // The first round of a process also compiles its code.
  for (const gateway of gateways) await gateway.measure(amounts);
  const measured = await measureRounds(gateways, rounds, (gateway) => gateway.measure(amounts));
  const measure = (name: string, unit: string, key: string) => measureOf(name, unit, measured[key], COMPARED);
  return {
    title: 'Cost by number of rows and processors',
    method: `The shipped functions on the native engine, in tables with their indexes, which are filled first. ${countRounds(rounds)}, sizes in turn. One processor in ten has a schema.`,
    contenders: Object.fromEntries(
      sizes.map(({ name, processors, rows }) => [
        name,
        `${rows.toLocaleString('en-US')} rows, half of them tasks and half of them used tokens; ${processors.toLocaleString('en-US')} processors`,
      ]),
    ),
    compared: COMPARED,
    measures: [
      measure('a callback, CPU time', 'µs', 'callback'),
      measure(`a callback, median latency, ${AT_ONCE} at a time`, 'ms', 'latency'),
      measure('a callback, DynamoDB requests', '', 'requests'),
      measure('a task created, CPU time', 'µs', 'creation'),
      measure(`tasks created, ${AT_ONCE} at a time`, '1/s', 'created'),
      measure('a task expired, CPU time', 'µs', 'expiry'),
      measure('tasks expired', '1/s', 'expired'),
      measure('a change published, CPU time', 'µs', 'change'),
      measure('changes published, one batch at a time', '1/s', 'changes'),
      measure('registry', 'KiB', 'registry'),
      measure('cold start of `receive` to its first response', 'ms', 'coldStart'),
    ],
  };
};
