import { type ContenderProcess, startContender } from '../harness/contender-process.ts';
import { bundle, layOut } from '../harness/contenders.ts';
import { openLink } from '../harness/latency-proxy.ts';
import { createRounds, measureOf, POSTERN } from '../harness/measure.ts';
import type { Measure, PartResult } from '../harness/result.ts';
import { inTurn } from '../harness/statistics.ts';
import { answering, BATCH, changesOf, countPublished, publishVariables } from '../harness/stream-batch.ts';
import { openWorld } from '../harness/test-bed.ts';

const DESCRIPTIONS = {
  [POSTERN]: 'the shipped function: records read and judged, events in the order of their tasks, log written',
  limit: 'ten entries of three members each a hand-signed request, one request after the other',
} as const;

const BATCHES = 20;
const WARM_UP = 20;
/** Added to every answer of EventBridge. */
const MILLISECONDS = [0, 10] as const;

/** Changes of tasks on their way from the stream to the bus, one batch of a shard at a time. */
export const publish = async (rounds: number): Promise<PartResult> => {
  const contenders = layOut(
    {
      [POSTERN]: answering(await bundle('lambda/functions/publish/handler.ts')),
      limit: answering(await bundle('benchmarks/baselines/publish-limit.cjs')),
    },
    DESCRIPTIONS,
  );
  const world = await openWorld();
  const measures: Measure[] = [];
  try {
    const event = await changesOf(world);
    for (const milliseconds of MILLISECONDS) measures.push(...(await measureLatency(event, milliseconds)));
  } finally {
    await world.close();
  }

  async function measureLatency(event: object, milliseconds: number): Promise<readonly Measure[]> {
    const gathered = createRounds();
    const processes = new Map<string, ContenderProcess>();
    const link = await openLink(world.services, milliseconds);
    const run = async (name: string, batches: number) => {
      const before = countPublished(world);
      const events = Array.from({ length: batches }, () => event);
      const done = await (processes.get(name) as ContenderProcess).work({ events, concurrency: 1, expected: 200 });
      const count = countPublished(world) - before;
      if (count !== batches * BATCH) throw new Error(`${name} published ${count} events of ${batches * BATCH}.`);
      return done;
    };
    try {
      for (const { folder, name } of contenders) {
        processes.set(name, await startContender(folder, publishVariables(world, link.endpoint)));
        await run(name, WARM_UP);
      }
      for (let round = 0; round < rounds; round += 1) {
        for (const { name } of inTurn(contenders, round)) {
          await link.requests();
          const done = await run(name, BATCHES);
          const changes = BATCHES * BATCH;
          gathered.add('rate', name, (changes / done.milliseconds) * 1000);
          gathered.add('cpu', name, done.cpuMicroseconds / changes);
          gathered.add('requests', name, (await link.requests()) / BATCHES);
        }
      }
    } finally {
      for (const process of processes.values()) await process.stop();
      link.stop();
    }
    const where = `${milliseconds} ms a call of EventBridge`;
    return [
      measureOf(`changes, ${where}`, '1/s', true, gathered.of('rate')),
      measureOf(`processor time of a change, ${where}`, 'µs', false, gathered.of('cpu')),
      measureOf(`requests of a batch, ${where}`, '', false, gathered.of('requests')),
    ];
  }

  return {
    part: 'publish',
    title: 'Changes, published',
    method: `Batches of ${BATCH} changes of as many tasks, one batch at a time, as a shard of the stream has it; the bus is a stand-in on the same cores. Every event of every batch had to arrive. ${rounds} rounds, in turn.`,
    contenders: DESCRIPTIONS,
    measures,
    pictured: [`changes, 10 ms a call of EventBridge`, `processor time of a change, 0 ms a call of EventBridge`],
  };
};
