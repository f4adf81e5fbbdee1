import { INDEX_SHARDS } from '../lambda/contract/limits.ts';
import type { AwsEnvironmentInput } from '../lib/config/environment.ts';
import type { CpuTimes } from './measured.ts';
import { PARTITION } from './quotas.ts';
import { durationsOf, WORKLOAD } from './workload.ts';
import { taskWrites, unitsPerTask } from './write-units.ts';

/** Seconds over which the web ACL counts a rate. */
const WINDOW = 300;

/** The load is not the same all day: room for twice the rate. */
const HEADROOM = 2;

/** Fewest and most executions that an environment file may reserve for one of these functions. */
export const RESERVABLE = { min: 50, max: 1_000 } as const;
const RESERVED = ['receive', 'create-task', 'tasks'] as const;

export type CapacitySettings = Required<
  Pick<AwsEnvironmentInput, 'rateLimits' | 'reservedConcurrency' | 'indexShards'>
>;

/**
 * Settings of an environment for this number of callbacks per second. They leave room for twice the rate, and for all of
 * it from one address, as if all processors or all senders used one outgoing address.
 */
export const settingsFor = (rate: number, times: CpuTimes): CapacitySettings => {
  const durations = durationsOf(times);
  const perWindow = (requests: number) => Math.ceil(requests * rate * WINDOW * HEADROOM);
  return {
    rateLimits: {
      callbacks: perWindow(1),
      callbackPath: 1_000,
      others: perWindow(WORKLOAD.requests - 1),
      handshake: 300,
    },
    reservedConcurrency: Object.fromEntries(
      RESERVED.map((name) => {
        const executions = Math.ceil((durations[name] / 1_000) * rate * HEADROOM);
        return [name, Math.min(RESERVABLE.max, Math.max(RESERVABLE.min, executions))];
      }),
    ),
    indexShards: shardsFor(rate * HEADROOM),
  };
};

/** The next power of two within the bounds of `indexShards`, so that it seldom has to be raised again. */
const shardsFor = (rate: number): number => {
  const indexes = taskWrites(WORKLOAD.payloadBytes).filter(({ spread }) => spread === 'shards');
  const perTask = Math.max(...indexes.map((index) => unitsPerTask([index])));
  const needed = 2 ** Math.ceil(Math.log2((rate * perTask) / PARTITION.writeUnits));
  return Math.min(INDEX_SHARDS.max, Math.max(INDEX_SHARDS.default, needed));
};
