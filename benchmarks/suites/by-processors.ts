import { type ContenderProcess, startContender } from '../harness/contender-process.ts';
import { variablesOf } from '../harness/contenders.ts';
import type { Sender } from '../harness/function-pool.ts';
import { layOutFunctions, registryOf } from '../harness/growth-functions.ts';
import { createRounds, measureOf } from '../harness/measure.ts';
import type { Measure } from '../harness/result.ts';
import { openVariables } from '../harness/sender.ts';
import type { Amounts, Size } from '../harness/sizes.ts';
import { inTurn } from '../harness/statistics.ts';
import type { World } from '../harness/test-bed.ts';

/** What it costs that there are more and more processors: at a cold start, which reads the registry, and after it. */
export const measureByProcessors = async (
  sizes: readonly Size[],
  world: World,
  sender: Sender,
  amounts: Amounts,
  rounds: number,
): Promise<readonly Measure[]> => {
  const gathered = createRounds();
  const variables = { receive: variablesOf(world), open: openVariables(world, sender.issuer, world.services) } as const;
  const places = await Promise.all(
    sizes.map(async ({ name, processors }) => {
      const registry = registryOf(processors);
      gathered.add('registry', name, Buffer.byteLength(JSON.stringify(registry)) / 1024);
      const folders = await layOutFunctions(registry);
      const start = (of: 'receive' | 'open') => startContender(folders[of], variables[of]);
      return { name, start, receive: await start('receive'), open: await start('open') };
    }),
  );
  const callbacks = async (process: ContenderProcess, count: number) => {
    const events = (await world.callbacks(count)).map(({ event }) => event);
    return process.work({ events, concurrency: 1, expected: 200 });
  };
  const openings = (process: ContenderProcess, count: number) =>
    process.work({ events: Array.from({ length: count }, () => sender.event), concurrency: 1, expected: 201 });

  for (const { open, receive } of places) {
    await callbacks(receive, amounts.warmUp);
    await openings(open, amounts.warmUp);
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, open, receive, start } of inTurn(places, round)) {
      const called = await callbacks(receive, amounts.callbacks);
      gathered.add('callback', name, called.cpuMicroseconds / amounts.callbacks);
      const opened = await openings(open, amounts.opened / 4);
      gathered.add('opening', name, opened.cpuMicroseconds / (amounts.opened / 4));
      for (let cold = 0; cold < amounts.coldStarts; cold += 1) {
        const process = await start('receive');
        const { latencies } = await callbacks(process, 1);
        process.stop();
        gathered.add('cold', name, process.load.to - process.load.from + (latencies[0] ?? 0));
      }
    }
  }
  for (const { open, receive } of places) {
    receive.stop();
    open.stop();
  }
  const measure = (name: string, unit: string, of: string): Measure =>
    measureOf(name, unit, false, gathered.of(of), 'large');
  return [
    measure('registry', 'KiB', 'registry'),
    measure('a callback, processor time, by processors', 'µs', 'callback'),
    measure('a task opened, processor time, by processors', 'µs', 'opening'),
    measure('cold start of the receiver until its first answer, by processors', 'ms', 'cold'),
  ];
};
