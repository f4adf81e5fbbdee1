import { type ContenderProcess, startContender } from '../harness/contender-process.ts';
import { buildContenders, variablesOf } from '../harness/contenders.ts';
import { openLink } from '../harness/latency-proxy.ts';
import { createRounds, measureOf, type Rounds } from '../harness/measure.ts';
import type { PartResult } from '../harness/result.ts';
import { inTurn } from '../harness/statistics.ts';
import { openWorld } from '../harness/test-bed.ts';

const SIMULTANEOUS = 50;
const PROCESSES = 2;
/** Of a DynamoDB call: what makes them meet. */
const MILLISECONDS = 5;

/** What a processor hears whose retries come all at once: the same callback fifty times. */
export const once = async (rounds: number): Promise<PartResult> => {
  const contenders = await buildContenders();
  const world = await openWorld();
  const link = await openLink(world.engine.endpoint, MILLISECONDS);
  const gathered = createRounds();
  const processes = new Map<string, readonly ContenderProcess[]>();
  try {
    for (const { folder, name } of contenders) {
      const started = Array.from({ length: PROCESSES }, () =>
        startContender(folder, variablesOf(world, link.endpoint)),
      );
      processes.set(name, await Promise.all(started));
    }
    const run = async (name: string) => {
      const [callback] = await world.callbacks(1);
      if (callback === undefined) throw new Error('There is no callback.');
      const events = Array.from({ length: SIMULTANEOUS / PROCESSES }, () => callback.event);
      await link.requests();
      const answers = await Promise.all((processes.get(name) ?? []).map((process) => process.race(events)));
      const statuses = answers.flat();
      if (!statuses.includes(200)) throw new Error(`${name} accepted none of ${SIMULTANEOUS} callbacks.`);
      return { statuses, requests: await link.requests() };
    };
    for (const { name } of contenders) await run(name);
    for (let round = 0; round < rounds; round += 1) {
      for (const { name } of inTurn(contenders, round)) {
        const { requests, statuses } = await run(name);
        const count = (matches: (status: number) => boolean) => statuses.filter(matches).length;
        gathered.add(
          'done',
          name,
          count((status) => status === 200),
        );
        gathered.add(
          'refused',
          name,
          count((status) => status >= 400 && status < 500),
        );
        gathered.add(
          'failed',
          name,
          count((status) => status >= 500),
        );
        gathered.add('requests', name, requests);
      }
    }
  } finally {
    for (const process of [...processes.values()].flat()) await process.stop();
    link.stop();
    await world.close();
  }
  /** Counts, which nobody wants to see divided. */
  const countOf = (name: string, higherIsBetter: boolean, rounds: Rounds) => ({
    ...measureOf(name, '', higherIsBetter, rounds),
    ratios: {},
  });
  return {
    part: 'once',
    title: 'The same callback fifty times at once',
    method: `${SIMULTANEOUS} identical callbacks at once in ${PROCESSES} processes of each contender, ${MILLISECONDS} ms a DynamoDB call, ${rounds} rounds, in turn.`,
    contenders: Object.fromEntries(contenders.map(({ description, name }) => [name, description])),
    measures: [
      countOf('answered 200: it is stored', true, gathered.of('done')),
      countOf('answered 4xx: do not come again', false, gathered.of('refused')),
      countOf('answered 5xx: come again', false, gathered.of('failed')),
      countOf('DynamoDB requests', false, gathered.of('requests')),
    ],
    pictured: [],
  };
};
