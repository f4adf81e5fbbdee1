import { INDEX_SHARDS } from '../lambda/contract/limits.ts';
import { PARTITION, QUOTAS, type QuotaName } from './quotas.ts';
import { needsOf, type ProcessorTimes, TASK } from './workload.ts';
import { storesOf } from './write-units.ts';

/** Something that comes to its end as callbacks grow more. */
export interface Limit {
  readonly name: string;
  /** How much there is, and what of it one callback a second takes. */
  readonly available: number;
  readonly unit: string;
  readonly need: number;
  /** Callbacks a second at which all of it is taken. */
  readonly reachedAt: number;
  readonly remedy: string;
}

const REMEDIES: Readonly<Record<QuotaName, string>> = {
  signatures:
    'Ask AWS for twice the tasks that are opened in a second. Senders that open tasks with `callbacks: ["result"]` need one signature instead of two.',
  codes: 'For tasks with short URLs alone. Ask AWS.',
  publicKeys: 'Ask AWS. Retire signing keys whose tokens have expired: a process asks for each key that is live.',
  newProcesses: '',
  concurrency: 'Ask AWS; then `reservedConcurrency` keeps `receive` its own, up to 1,000.',
  invocations: 'Ask AWS for a tenth as much concurrency, though less is ever used at once.',
  webAclRequests: 'Ask AWS. `rateLimits` end one address long before.',
  tableWrites:
    'Ask AWS, for the tasks table. `tableThroughput` caps it before, at 40,000 or less: leave it out. A smaller `inlineLimit` takes fewer units of large results.',
  putEvents: 'Ask AWS.',
  eventInvocations: 'Ask AWS, or put up with events that come later.',
  payloadPuts: 'Nothing: S3 answers 503 while it splits, and the processor comes again.',
  logRequests: '',
  reservedCapacityUnits: 'Ask AWS for a reservation before a rise that is known; otherwise nothing.',
};

/** Index shards have as many limits as there are shards; the fullest decides. */
const shardLimits = (fullestByMean: number): readonly Limit[] =>
  storesOf(TASK.payloadBytes).flatMap(({ callback, name, opening, shards }) => {
    if (shards === 'one for each item') return [];
    const available = (INDEX_SHARDS.default * PARTITION.writeUnits) / fullestByMean;
    const need = opening + callback;
    return [
      {
        name: `index ${name}: ${INDEX_SHARDS.default} shards of one partition each`,
        available,
        unit: 'write units/s',
        need,
        reachedAt: available / need,
        remedy: `Raise \`indexShards\`, up to ${INDEX_SHARDS.max}.`,
      },
    ];
  });

/**
 * Everything that ends somewhere, the first that is reached first.
 * @param fullestByMean how full the fullest shard of an index is, by the mean
 */
export const limitsOf = (times: ProcessorTimes, fullestByMean: number): readonly Limit[] => {
  const needs = needsOf(times);
  const quotas = (Object.keys(QUOTAS) as QuotaName[]).flatMap((quota): readonly Limit[] => {
    const need = needs[quota];
    const { name, unit, value } = QUOTAS[quota];
    return need === null
      ? []
      : [{ name, available: value, unit, need, reachedAt: value / need, remedy: REMEDIES[quota] }];
  });
  return [...quotas, ...shardLimits(fullestByMean)].toSorted((a, b) => a.reachedAt - b.reachedAt);
};

/** Those that callbacks at this rate go beyond. */
export const reachedAt = (limits: readonly Limit[], rate: number): readonly Limit[] =>
  limits.filter((limit) => limit.reachedAt < rate);
