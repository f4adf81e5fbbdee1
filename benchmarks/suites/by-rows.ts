import type { Counted, Station } from '../harness/function-pool.ts';
import { createRounds, measureOf } from '../harness/measure.ts';
import type { Measure } from '../harness/result.ts';
import type { Amounts } from '../harness/sizes.ts';
import { inTurn, percentile } from '../harness/statistics.ts';
import type { World } from '../harness/test-bed.ts';
import { writeUnitsOfACallback } from '../harness/write-units.ts';

/** What the expirer has under way at most: shards by tasks of each. */
export const EXPIRED_AT_ONCE = 48;
const CALLBACKS_AT_ONCE = 16;

/** A task is two changes: it is opened, and it is closed. */
const CHANGES_OF_A_TASK = 2;

const rateOf = ({ count, milliseconds }: Counted): number => (count / milliseconds) * 1000;

/**
 * What callbacks, openings, expiries and events cost where there are more and more rows.
 * @param places by name of their size
 */
export const measureByRows = async (
  places: ReadonlyMap<string, { readonly world: World; readonly station: Station }>,
  amounts: Amounts,
  rounds: number,
): Promise<readonly Measure[]> => {
  const gathered = createRounds();
  for (const { station } of places.values()) {
    await station.callbacks(amounts.warmUp, CALLBACKS_AT_ONCE);
    await station.openings(amounts.warmUp, CALLBACKS_AT_ONCE);
    await station.expiries(amounts.warmUp);
    await station.changes(1);
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, { station, world }] of inTurn([...places], round)) {
      const add = (measure: string, value: number) => gathered.add(measure, name, value);
      const callbacks = await station.callbacks(amounts.callbacks, CALLBACKS_AT_ONCE);
      add('callback', callbacks.cpuMicroseconds / callbacks.count);
      add('latency', percentile(callbacks.latencies, 50));
      add('requests', callbacks.requests / callbacks.count);
      add('units', await writeUnitsOfACallback(world));
      const opened = await station.openings(amounts.opened, EXPIRED_AT_ONCE);
      const openedSingly = await station.openings(amounts.opened / 4, 1);
      const expired = await station.expiries(amounts.due);
      const changes = await station.changes(amounts.batches);
      add('opening', opened.cpuMicroseconds / opened.count);
      add('opened', rateOf(opened));
      add('expiry', expired.cpuMicroseconds / expired.count);
      add('expired', rateOf(expired));
      add('expired for each opened', rateOf(expired) / rateOf(opened));
      add('change', changes.cpuMicroseconds / changes.count);
      add('changes', rateOf(changes));
      add('published for each change', rateOf(changes) / (CHANGES_OF_A_TASK * rateOf(openedSingly)));
    }
  }
  const measure = (name: string, unit: string, higherIsBetter: boolean, of: string): Measure =>
    measureOf(name, unit, higherIsBetter, gathered.of(of), 'large');
  return [
    measure('a callback, processor time', 'µs', false, 'callback'),
    measure(`a callback, median latency, ${CALLBACKS_AT_ONCE} at a time`, 'ms', false, 'latency'),
    measure('a callback, DynamoDB requests', '', false, 'requests'),
    measure('a callback, write units', '', false, 'units'),
    measure('a task opened, processor time', 'µs', false, 'opening'),
    measure(`tasks opened, ${EXPIRED_AT_ONCE} at a time`, '1/s', true, 'opened'),
    measure('a task expired, processor time', 'µs', false, 'expiry'),
    measure(`tasks expired, ${EXPIRED_AT_ONCE} at a time`, '1/s', true, 'expired'),
    measure(`expired for each that is opened, both ${EXPIRED_AT_ONCE} at a time`, '', true, 'expired for each opened'),
    measure('a change published, processor time', 'µs', false, 'change'),
    measure('changes published, one batch at a time', '1/s', true, 'changes'),
    measure(
      'published for each change of a task, opened one at a time and closed',
      '',
      true,
      'published for each change',
    ),
  ];
};
