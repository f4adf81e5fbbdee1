import { type ContenderProcess, startContender } from '../harness/contender-process.ts';
import { buildContenders, type Contender, variablesOf } from '../harness/contenders.ts';
import { type Link, openLink } from '../harness/latency-proxy.ts';
import { createRounds, measureOf } from '../harness/measure.ts';
import type { Measure, PartResult } from '../harness/result.ts';
import { inTurn, percentile } from '../harness/statistics.ts';
import { openWorld } from '../harness/test-bed.ts';

interface Setting {
  readonly concurrency: number;
  /** Added to every answer of DynamoDB. */
  readonly milliseconds: number;
  /** Callbacks of one round. */
  readonly callbacks: number;
}

const SETTINGS: readonly Setting[] = [
  { concurrency: 1, milliseconds: 0, callbacks: 200 },
  { concurrency: 16, milliseconds: 0, callbacks: 480 },
  { concurrency: 64, milliseconds: 0, callbacks: 640 },
  { concurrency: 1, milliseconds: 5, callbacks: 60 },
  { concurrency: 16, milliseconds: 5, callbacks: 480 },
];

/** Callbacks before anything is counted: a process that has run for a while. */
const WARM_UP = 200;

/** Callbacks from event to answer: how many a second, and what one costs. */
export const pipeline = async (rounds: number): Promise<PartResult> => {
  const contenders = await buildContenders();
  const world = await openWorld();
  const measures: Measure[] = [];
  try {
    for (const setting of SETTINGS) {
      const link = setting.milliseconds === 0 ? undefined : await openLink(world.engine.endpoint, setting.milliseconds);
      const processes = new Map<string, ContenderProcess>();
      for (const { folder, name } of contenders) {
        processes.set(name, await startContender(folder, variablesOf(world, link?.endpoint)));
      }
      measures.push(...(await measureSetting(setting, contenders, processes, link, rounds)));
      for (const process of processes.values()) await process.stop();
      link?.stop();
    }
  } finally {
    await world.close();
  }

  async function measureSetting(
    { callbacks, concurrency, milliseconds }: Setting,
    contenders: readonly Contender[],
    processes: ReadonlyMap<string, ContenderProcess>,
    link: Link | undefined,
    rounds: number,
  ): Promise<readonly Measure[]> {
    const gathered = createRounds();
    const run = async (name: string, count: number) => {
      const events = (await world.callbacks(count)).map(({ event }) => event);
      await link?.requests();
      const done = await (processes.get(name) as ContenderProcess).work({ events, concurrency, expected: 200 });
      return { ...done, requests: await link?.requests() };
    };
    for (const { name } of contenders) await run(name, milliseconds === 0 ? WARM_UP : WARM_UP / 4);
    for (let round = 0; round < rounds; round += 1) {
      for (const { name } of inTurn(contenders, round)) {
        const done = await run(name, callbacks);
        gathered.add('rate', name, (callbacks / done.milliseconds) * 1000);
        gathered.add('cpu', name, done.cpuMicroseconds / callbacks);
        gathered.add('p50', name, percentile(done.latencies, 50));
        gathered.add('p99', name, percentile(done.latencies, 99));
        if (done.requests !== undefined) gathered.add('requests', name, done.requests / callbacks);
      }
    }
    const where = `${concurrency} at a time${milliseconds === 0 ? '' : `, ${milliseconds} ms a DynamoDB call`}`;
    return [
      measureOf(`callbacks, ${where}`, '1/s', true, gathered.of('rate')),
      measureOf(`processor time of a callback, ${where}`, 'µs', false, gathered.of('cpu')),
      measureOf(`median latency, ${where}`, 'ms', false, gathered.of('p50')),
      measureOf(`99th percentile of latency, ${where}`, 'ms', false, gathered.of('p99')),
      ...(link === undefined
        ? []
        : [measureOf(`DynamoDB requests of a callback, ${where}`, '', false, gathered.of('requests'))]),
    ];
  }

  return {
    part: 'pipeline',
    title: 'A callback, from event to answer',
    method: `Events of the load balancer with a fresh token and a payload of 1 KB each, in one process per contender, on ${world.engine.description}. ${rounds} rounds, contenders in turn.`,
    contenders: Object.fromEntries(contenders.map(({ description, name }) => [name, description])),
    measures,
    pictured: [
      'callbacks, 1 at a time',
      'callbacks, 16 at a time',
      '99th percentile of latency, 16 at a time',
      'processor time of a callback, 16 at a time',
      'DynamoDB requests of a callback, 1 at a time, 5 ms a DynamoDB call',
    ],
  };
};
