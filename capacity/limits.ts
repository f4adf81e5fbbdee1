import { INDEX_SHARDS } from '../lambda/contract/limits.ts';
import type { CpuTimes } from './measured.ts';
import { PARTITION, QUOTAS, type QuotaName } from './quotas.ts';
import { LOOKS, lookRateOf, type QuotaUse, type Signing, usePerCallback, usePerOpening, WORKLOAD } from './workload.ts';
import { taskWrites, unitsPerTask } from './write-units.ts';

/** A limit on the number of callbacks per second. */
export interface Limit {
  readonly name: string;
  readonly available: number;
  readonly unit: string;
  /** Use of it at one callback per second. */
  readonly perCallback: number;
  /** Callbacks per second that use all of it. */
  readonly reachedAt: number;
  readonly remedy: string;
}

const REMEDIES: Readonly<Record<QuotaName, string>> = {
  signatures:
    'Ask AWS for twice as many as tasks are opened per second. Senders that open tasks with `callbacks: ["result"]` need one signature instead of two.',
  codes: 'Counts only for tasks with short URLs. Ask AWS.',
  publicKeys: 'Ask AWS. Retire signing keys whose tokens have expired: each new process requests every live key.',
  newProcesses: '',
  concurrency: 'Ask AWS; then `reservedConcurrency` keeps up to 1,000 of them for `receive`.',
  invocations: 'Ask AWS for a tenth as much concurrency, although less of it is ever used at once.',
  webAclRequests: 'Ask AWS. `rateLimits` stops a single address long before.',
  tableWrites:
    'Ask AWS, for the tasks table. `tableThroughput` caps it earlier, at 40,000 or less: omit it. A smaller `inlineLimit` uses fewer units for large results.',
  tableReads: 'Ask AWS, for the tasks table.',
  putEvents: 'Ask AWS.',
  eventInvocations: 'Ask AWS, or accept that events come later.',
  payloadPuts: 'Nothing: S3 answers 503 while it splits the prefix, and the processor sends the callback again.',
  logRequests: '',
  reservedCapacityUnits: 'Ask AWS for a reservation before a rise that you know of; otherwise nothing.',
};

/** An index has one partition per shard, because new entries always have the latest time. */
const shardLimits = (): readonly Limit[] =>
  taskWrites(WORKLOAD.payloadBytes)
    .filter(({ spread }) => spread === 'shards')
    .map((index) => {
      const available = INDEX_SHARDS.default * PARTITION.writeUnits;
      const perCallback = unitsPerTask([index]);
      return {
        name: `index ${index.name}: ${INDEX_SHARDS.default} shards of one partition each`,
        available,
        unit: 'write units/s',
        perCallback,
        reachedAt: available / perCallback,
        remedy: `Raise \`indexShards\`, up to ${INDEX_SHARDS.max}.`,
      };
    });

const quotaLimits = (use: QuotaUse): readonly Limit[] =>
  (Object.keys(QUOTAS) as QuotaName[]).flatMap((quota): readonly Limit[] => {
    const perCallback = use[quota];
    const { name, unit, value } = QUOTAS[quota];
    if (perCallback === null) return [];
    const reachedAt = value / perCallback;
    return [{ name, available: value, unit, perCallback, reachedAt, remedy: REMEDIES[quota] }];
  });

/** `expire` has one vCPU, and looks at tasks that are closed too. */
const expiryLimit = (times: CpuTimes): Limit => {
  const available = lookRateOf(times);
  return {
    name: '`expire`: looks at closed tasks, with one vCPU',
    available,
    unit: 'looks/s',
    perCallback: LOOKS,
    reachedAt: available / LOOKS,
    remedy:
      'None. Above it, events of expired tasks come later and later. What senders and processors are answered stays right, because readers compare the deadline.',
  };
};

const inOrder = (limits: readonly Limit[]): readonly Limit[] => limits.toSorted((a, b) => a.reachedAt - b.reachedAt);

/** Every limit, in the order in which a growing load reaches them. */
export const limitsOf = (times: CpuTimes, signing: Signing = 'rotating'): readonly Limit[] =>
  inOrder([...quotaLimits(usePerCallback(times, signing)), ...shardLimits(), expiryLimit(times)]);

/** The quota that ends a growing number of tasks opened per second, without what follows. Short URLs are not counted. */
export const openingLimit = (times: CpuTimes, signing: Signing): Limit => {
  const [first] = inOrder(quotaLimits({ ...usePerOpening(times, signing), codes: null }));
  if (first === undefined) throw new Error('Opening a task uses no quota.');
  return first;
};

/** Limits that this number of callbacks per second exceeds. */
export const exceededAt = (limits: readonly Limit[], rate: number): readonly Limit[] =>
  limits.filter(({ reachedAt }) => reachedAt < rate);
