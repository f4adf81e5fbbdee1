import { table } from '../benchmarks/harness/table.ts';
import { INDEX_SHARDS } from '../lambda/contract/limits.ts';
import type { AwsEnvironmentInput } from '../lib/config/environment.ts';
import { RATES } from './model.ts';
import { PARTITION } from './quotas.ts';
import { durationsOf, type ProcessorTimes, TASK } from './workload.ts';
import { storesOf } from './write-units.ts';

/** Rates of the web ACL are counted over so many seconds. */
const WINDOW = 300;

/** For a rate that is not the same all day. */
const HEADROOM = 2;

/** Fewest and most executions that an environment file may reserve for one of these functions. */
export const RESERVABLE = { min: 50, max: 1_000 } as const;
const RESERVED = ['receive', 'create-task', 'tasks'] as const;

export type Knobs = Required<Pick<AwsEnvironmentInput, 'rateLimits' | 'reservedConcurrency' | 'indexShards'>>;

/**
 * What an environment file says for so many callbacks a second: with as much as that again above it, and all of it from one
 * address, as it is where processors or senders have one way out of their network.
 */
export const knobsFor = (rate: number, times: ProcessorTimes): Knobs => {
  const durations = durationsOf(times);
  const perWindow = (requests: number) => Math.ceil(requests * rate * WINDOW * HEADROOM);
  return {
    rateLimits: {
      callbacks: perWindow(1),
      callbackPath: 1_000,
      others: perWindow(TASK.requests - 1),
      handshake: 300,
    },
    reservedConcurrency: Object.fromEntries(
      RESERVED.map((name) => {
        const executions = Math.ceil((durations[name === 'create-task' ? 'open' : name] / 1_000) * rate * HEADROOM);
        return [name, Math.min(RESERVABLE.max, Math.max(RESERVABLE.min, executions))];
      }),
    ),
    indexShards: shardsFor(rate * HEADROOM),
  };
};

/** The next power of two, as far as they go: whoever has to raise it later has to do so seldom. */
const shardsFor = (rate: number): number => {
  const unitsOfATask = Math.max(
    ...storesOf(TASK.payloadBytes).map(({ callback, opening, shards }) =>
      shards === 'one for each item' ? 0 : opening + callback,
    ),
  );
  const enough = 2 ** Math.ceil(Math.log2((rate * unitsOfATask) / PARTITION.writeUnits));
  return Math.min(INDEX_SHARDS.max, Math.max(INDEX_SHARDS.default, enough));
};

export const environmentsFor = (times: ProcessorTimes): string =>
  table(
    ['callbacks', '`rateLimits`', '`reservedConcurrency`', '`indexShards`'],
    RATES.map((rate) => {
      const { indexShards, rateLimits, reservedConcurrency } = knobsFor(rate, times);
      return [`${rate.toLocaleString('en-US')}/s`, shown(rateLimits), shown(reservedConcurrency), `${indexShards}`];
    }),
    [0, 1, 2, 3],
  );

const shown = (values: object): string =>
  `\`{ ${Object.entries(values)
    .map(([name, value]) => `${name}: ${Number(value).toLocaleString('en-US').replaceAll(',', '_')}`)
    .join(', ')} }\``;
