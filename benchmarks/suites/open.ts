import { REGISTRY_FILE } from '../../lambda/contract/registry.ts';
import { startContenders } from '../harness/contender-process.ts';
import { bundleBaseline, bundleFunction, REGISTRY, writeContenders } from '../harness/contenders.ts';
import { openLatencyProxy } from '../harness/latency-proxy.ts';
import { countRounds, type Measure, measureOf, measureRounds, POSTERN, type Suite } from '../harness/measure.ts';
import { scope } from '../harness/scope.ts';
import { createTaskVariables, openSender } from '../harness/sender.ts';
import { percentile } from '../harness/statistics.ts';
import { openTestBed } from '../harness/test-bed.ts';

const CONTENDERS = {
  [POSTERN]: 'the shipped function: access token checked, two callback tokens minted, the task stored, log written',
  limit: 'two signatures of KMS at a time and one item, by hand-signed requests; no check of the sender',
} as const;

interface Setting {
  readonly concurrency: number;
  /** Delay of every KMS response. */
  readonly milliseconds: number;
  readonly tasks: number;
}

const SETTINGS: readonly Setting[] = [
  { concurrency: 1, milliseconds: 0, tasks: 100 },
  { concurrency: 16, milliseconds: 0, tasks: 240 },
  { concurrency: 1, milliseconds: 10, tasks: 50 },
  { concurrency: 16, milliseconds: 10, tasks: 240 },
];
const WARM_UP = 200;

/** Tasks created with two callbacks each. */
export const open: Suite = async (rounds, defer) => {
  const contenders = writeContenders({
    [POSTERN]: { 'index.js': await bundleFunction('create-task'), [REGISTRY_FILE]: JSON.stringify(REGISTRY) },
    limit: { 'index.js': await bundleBaseline('open-limit.cjs') },
  });
  const bed = await openTestBed(defer);
  const sender = await openSender(defer);

  const measureSetting = ({ concurrency, milliseconds, tasks }: Setting): Promise<readonly Measure[]> =>
    scope(async (inner) => {
      const proxy = await openLatencyProxy(inner, bed.services, milliseconds);
      const variables = createTaskVariables(bed, sender, proxy.endpoint);
      const processOf = await startContenders(inner, contenders, variables);
      const run = (name: string, count: number) =>
        processOf(name).work({
          events: Array.from({ length: count }, () => sender.event),
          concurrency,
          expected: 201,
          containing: '"callbacks":{"result":',
        });
      for (const { name } of contenders) await run(name, WARM_UP);
      const measured = await measureRounds(contenders, rounds, async ({ name }) => {
        const result = await run(name, tasks);
        return {
          rate: (tasks / result.milliseconds) * 1000,
          cpu: result.cpuMicroseconds / tasks,
          p50: percentile(result.latencies, 50),
        };
      });
      const where = `${concurrency} at a time${milliseconds === 0 ? '' : `, ${milliseconds} ms per KMS call`}`;
      return [
        measureOf(`tasks, ${where}`, '1/s', measured.rate),
        measureOf(`CPU time of a task, ${where}`, 'µs', measured.cpu),
        measureOf(`median latency, ${where}`, 'ms', measured.p50),
      ];
    });

  const measures: Measure[] = [];
  for (const setting of SETTINGS) measures.push(...(await measureSetting(setting)));
  return {
    title: 'Creating a task',
    method: `Each task has two callbacks, and so two signatures of KMS. A stand-in for KMS uses the same cores, so the CPU time says more than the rates. ${countRounds(rounds)}, in turn.`,
    contenders: CONTENDERS,
    measures,
  };
};
