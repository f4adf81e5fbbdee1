import { startContenders } from '../harness/contender-process.ts';
import { bundleBaseline, bundleFunction, withStatus, writeContenders } from '../harness/contenders.ts';
import { openLatencyProxy } from '../harness/latency-proxy.ts';
import { countRounds, type Measure, measureOf, measureRounds, POSTERN, type Suite } from '../harness/measure.ts';
import { scope } from '../harness/scope.ts';
import { BATCH, countPublished, publishVariables, streamBatch } from '../harness/stream-batch.ts';
import { openTestBed } from '../harness/test-bed.ts';

const CONTENDERS = {
  [POSTERN]: 'the shipped function: records read and checked, events in the order of their tasks, log written',
  limit: 'ten entries of three members per hand-signed request, one request after the other',
} as const;

const BATCHES = 20;
/** Delays of every EventBridge response. */
const MILLISECONDS = [0, 10] as const;

/** Changes of tasks from the stream to the bus, one batch of a shard at a time. */
export const publish: Suite = async (rounds, defer) => {
  const contenders = writeContenders({
    [POSTERN]: withStatus(await bundleFunction('publish')),
    limit: withStatus(await bundleBaseline('publish-limit.cjs')),
  });
  const bed = await openTestBed(defer);
  const batch = await streamBatch(bed);
  const changes = BATCHES * BATCH;

  const measureDelay = (milliseconds: number): Promise<readonly Measure[]> =>
    scope(async (inner) => {
      const proxy = await openLatencyProxy(inner, bed.services, milliseconds);
      const processOf = await startContenders(inner, contenders, publishVariables(bed, proxy.endpoint));
      const run = async (name: string) => {
        const before = countPublished(bed);
        const events = Array.from({ length: BATCHES }, () => batch);
        const result = await processOf(name).work({ events, concurrency: 1, expected: 200 });
        const count = countPublished(bed) - before;
        if (count !== changes) throw new Error(`${name} published ${count} events of ${changes}.`);
        return result;
      };
      for (const { name } of contenders) await run(name);
      await proxy.requests();
      const measured = await measureRounds(contenders, rounds, async ({ name }) => {
        const result = await run(name);
        return {
          rate: (changes / result.milliseconds) * 1000,
          cpu: result.cpuMicroseconds / changes,
          requests: (await proxy.requests()) / BATCHES,
        };
      });
      const where = `${milliseconds} ms per EventBridge call`;
      return [
        measureOf(`changes, ${where}`, '1/s', measured.rate),
        measureOf(`CPU time of a change, ${where}`, 'µs', measured.cpu),
        measureOf(`requests of a batch, ${where}`, '', measured.requests),
      ];
    });

  const measures: Measure[] = [];
  for (const milliseconds of MILLISECONDS) measures.push(...(await measureDelay(milliseconds)));
  return {
    title: 'Publishing changes',
    method: `Batches of ${BATCH} changes of as many tasks, one batch at a time, as Lambda reads a shard of the stream. The bus is a stand-in on the same cores. Every event of every batch had to arrive. ${countRounds(rounds)}, in turn.`,
    contenders: CONTENDERS,
    measures,
  };
};
