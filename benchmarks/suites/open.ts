import { REGISTRY_FILE } from '../../lambda/contract/registry.ts';
import { type ContenderProcess, startContender } from '../harness/contender-process.ts';
import { bundle, layOut, REGISTRY } from '../harness/contenders.ts';
import { openLink } from '../harness/latency-proxy.ts';
import { createRounds, measureOf, POSTERN } from '../harness/measure.ts';
import { PROCESSOR } from '../harness/names.ts';
import type { Measure, PartResult } from '../harness/result.ts';
import { openIdentityProvider, openVariables } from '../harness/sender.ts';
import { inTurn, percentile } from '../harness/statistics.ts';
import { anEvent, openWorld } from '../harness/test-bed.ts';

const DESCRIPTIONS = {
  [POSTERN]: 'the shipped function: access token checked, two callback tokens minted, the task stored, log written',
  limit: 'two signatures of KMS at a time and one item, by hand-signed requests: nobody is asked who they are',
} as const;

interface Setting {
  readonly concurrency: number;
  /** Added to every answer of KMS. */
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

/** Tasks opened with their callbacks: the rate of minting. */
export const open = async (rounds: number): Promise<PartResult> => {
  const contenders = layOut(
    {
      [POSTERN]: {
        'index.js': await bundle('lambda/functions/create-task/handler.ts'),
        [REGISTRY_FILE]: JSON.stringify(REGISTRY),
      },
      limit: { 'index.js': await bundle('benchmarks/baselines/open-limit.cjs') },
    },
    DESCRIPTIONS,
  );
  const world = await openWorld();
  const idp = await openIdentityProvider();
  const event = anEvent('/v1/tasks', await idp.accessToken(), {
    body: JSON.stringify({ processor: PROCESSOR, resource: 'invoice-77', expiresIn: 3_600 }),
  });
  const measures: Measure[] = [];
  let signatures = 0;
  const measureSetting = async ({ concurrency, milliseconds, tasks }: Setting) => {
    const gathered = createRounds();
    const processes = new Map<string, ContenderProcess>();
    const link = await openLink(world.services, milliseconds);
    const run = (name: string, count: number) =>
      (processes.get(name) as ContenderProcess).work({
        events: Array.from({ length: count }, () => event),
        concurrency,
        expected: 201,
        containing: '"callbacks":{"result":',
      });
    try {
      for (const { folder, name } of contenders) {
        processes.set(name, await startContender(folder, openVariables(world, idp.issuer, link.endpoint)));
        await run(name, WARM_UP);
      }
      for (let round = 0; round < rounds; round += 1) {
        for (const { name } of inTurn(contenders, round)) {
          await link.requests();
          const done = await run(name, tasks);
          signatures = (await link.requests()) / tasks;
          gathered.add('rate', name, (tasks / done.milliseconds) * 1000);
          gathered.add('cpu', name, done.cpuMicroseconds / tasks);
          gathered.add('p50', name, percentile(done.latencies, 50));
        }
      }
    } finally {
      for (const process of processes.values()) await process.stop();
      link.stop();
    }
    const where = `${concurrency} at a time${milliseconds === 0 ? '' : `, ${milliseconds} ms a KMS call`}`;
    return [
      measureOf(`tasks, ${where}`, '1/s', true, gathered.of('rate')),
      measureOf(`processor time of a task, ${where}`, 'µs', false, gathered.of('cpu')),
      measureOf(`median latency, ${where}`, 'ms', false, gathered.of('p50')),
    ];
  };
  try {
    for (const setting of SETTINGS) measures.push(...(await measureSetting(setting)));
  } finally {
    idp.close();
    await world.close();
  }
  return {
    part: 'open',
    title: 'A task, opened',
    method: `Each task has two callbacks, so ${signatures} signatures of KMS, by a stand-in on the same cores: beside it the rates say little, and processor time more. ${rounds} rounds, in turn.`,
    contenders: DESCRIPTIONS,
    measures,
    pictured: ['processor time of a task, 16 at a time', 'median latency, 1 at a time, 10 ms a KMS call'],
  };
};
