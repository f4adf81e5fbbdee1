import { openStation, type Sender, type Station } from '../harness/function-pool.ts';
import { layOutFunctions, registryOf } from '../harness/growth-functions.ts';
import { PROCESSOR } from '../harness/names.ts';
import type { PartResult } from '../harness/result.ts';
import { openIdentityProvider } from '../harness/sender.ts';
import { AMOUNTS, type Amounts, SIZES, type Size } from '../harness/sizes.ts';
import { anEvent, openWorld, type World } from '../harness/test-bed.ts';
import { measureByProcessors } from './by-processors.ts';
import { measureByRows } from './by-rows.ts';

/** What everything costs where there are more and more tasks, used tokens and processors. */
export const growth = (rounds: number): Promise<PartResult> => measureGrowth(SIZES, AMOUNTS, rounds);

/** @param sizes from the smallest, named `small`, to the largest, named `large` */
export const measureGrowth = async (sizes: readonly Size[], amounts: Amounts, rounds: number): Promise<PartResult> => {
  const idp = await openIdentityProvider();
  const places = new Map<string, { readonly world: World; readonly station: Station }>();
  try {
    const sender: Sender = {
      issuer: idp.issuer,
      event: anEvent('/v1/tasks', await idp.accessToken(), {
        body: JSON.stringify({ processor: PROCESSOR, resource: 'invoice-77', expiresIn: 3_600 }),
      }),
    };
    const [smallest] = sizes;
    if (smallest === undefined) throw new RangeError('There is nothing that could grow.');
    const folders = await layOutFunctions(registryOf(smallest.processors));
    for (const { name, rows } of sizes) {
      const world = await openWorld({ rows });
      places.set(name, { world, station: await openStation(world, folders, sender) });
    }
    const byRows = await measureByRows(places, amounts, rounds);
    const { world } = places.get(smallest.name) as { readonly world: World };
    const byProcessors = await measureByProcessors(sizes, world, sender, amounts, rounds);
    return {
      part: 'growth',
      title: 'The same, where more is there',
      method: `The shipped functions on ${world.engine.description}, with the indexes of the tasks; rows are loaded before, ${rounds} rounds, sizes in turn. Rows and processors grow apart: the lines “by processors” have the rows of \`small\`, the others its processors. Of ten processors one has a schema; all are in one file.`,
      contenders: Object.fromEntries(
        sizes.map(({ name, processors, rows }) => [
          name,
          `${rows.toLocaleString('en-US')} rows, half of them tasks and half of them used tokens; ${processors.toLocaleString('en-US')} processors`,
        ]),
      ),
      compared: 'large',
      measures: [...byRows, ...byProcessors],
      pictured: [],
    };
  } finally {
    for (const { station, world } of places.values()) {
      station.stop();
      await world.close();
    }
    idp.close();
  }
};
