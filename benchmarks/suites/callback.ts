import { startContenders } from '../harness/contender-process.ts';
import { buildCallbackContenders, CALLBACK_CONTENDERS, variablesFor } from '../harness/contenders.ts';
import { openDynamoDbProxy } from '../harness/dynamodb-proxy.ts';
import { countRounds, type Measure, measureOf, measureRounds, type Suite } from '../harness/measure.ts';
import { scope } from '../harness/scope.ts';
import { openTestBed } from '../harness/test-bed.ts';

interface Setting {
  readonly concurrency: number;
  /** Delay of every DynamoDB response. */
  readonly milliseconds: number;
  /** Callbacks per round. */
  readonly callbacks: number;
  /** Callbacks before the first round. */
  readonly warmUp: number;
}

const SETTINGS: readonly Setting[] = [
  { concurrency: 1, milliseconds: 0, callbacks: 200, warmUp: 200 },
  { concurrency: 16, milliseconds: 0, callbacks: 480, warmUp: 200 },
  { concurrency: 64, milliseconds: 0, callbacks: 640, warmUp: 200 },
  { concurrency: 1, milliseconds: 5, callbacks: 60, warmUp: 50 },
  { concurrency: 16, milliseconds: 5, callbacks: 480, warmUp: 50 },
];

/** Callbacks from event to response, in warm processes. */
export const callback: Suite = async ({ amount, rounds }, defer) => {
  const contenders = await buildCallbackContenders();
  const bed = await openTestBed(defer);

  const measureSetting = ({ callbacks, concurrency, milliseconds, warmUp }: Setting): Promise<readonly Measure[]> =>
    scope(async (inner) => {
      const proxy = milliseconds === 0 ? undefined : await openDynamoDbProxy(inner, bed.engine.endpoint, milliseconds);
      const processOf = await startContenders(inner, contenders, variablesFor(bed, proxy?.endpoint));
      const run = async (name: string, count: number) =>
        processOf(name).work({ events: await bed.events(count), concurrency });
      for (const { name } of contenders) await run(name, amount(warmUp));
      proxy?.consumed();
      const measured = await measureRounds(contenders, rounds, async ({ name }) => ({
        ...(await run(name, amount(callbacks))),
        ...(proxy !== undefined && { requests: proxy.consumed().requests / amount(callbacks) }),
      }));
      const where = `${concurrency} at a time${proxy === undefined ? '' : `, ${milliseconds} ms per DynamoDB call`}`;
      return [
        measureOf(`callbacks, ${where}`, '1/s', measured.perSecond),
        measureOf(`CPU time of a callback, ${where}`, 'µs', measured.cpuMicroseconds),
        measureOf(`median latency, ${where}`, 'ms', measured.medianMilliseconds),
        measureOf(`99th percentile of latency, ${where}`, 'ms', measured.p99Milliseconds),
        ...(proxy === undefined ? [] : [measureOf(`DynamoDB requests of a callback, ${where}`, '', measured.requests)]),
      ];
    });

  const measures: Measure[] = [];
  for (const setting of SETTINGS) measures.push(...(await measureSetting(setting)));
  return {
    title: 'A callback',
    method: `Events of the load balancer with a fresh token and a payload of 1 KB each, in one process per contender, on ${bed.engine.description}. ${countRounds(rounds)}, contenders in turn.`,
    contenders: CALLBACK_CONTENDERS,
    measures,
  };
};
