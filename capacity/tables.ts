import { formatNumber } from '../benchmarks/harness/markdown.ts';
import { table } from '../benchmarks/harness/table.ts';
import type { Distribution } from './key-distribution.ts';
import { type Limit, limitsOf, reachedAt } from './limits.ts';
import { type Paper, RATES } from './model.ts';
import { PARTITION, QUOTAS, QUOTAS_AS_OF, type Quota } from './quotas.ts';
import { durationsOf, expiryRateOf, type ProcessorTimes, publishRateOf, TASK } from './workload.ts';
import { storesOf } from './write-units.ts';

const perSecond = (rate: number): string => `${rate.toLocaleString('en-US')}/s`;
const percent = (share: number): string => (share === 0 ? 'none' : `${formatNumber(share * 100)} %`);

/** How evenly keys are spread. */
export const keysTable = ({ keys }: Paper): string => {
  const row = (what: string, { counts, deviation, maxByMean }: Distribution) => [
    what,
    counts.length.toLocaleString('en-US'),
    formatNumber(maxByMean),
    formatNumber(deviation),
  ];
  return table(
    ['keys', 'over', 'fullest ÷ mean', 'χ², in deviations from chance'],
    [
      row('tasks table, by task id', keys.tasks),
      row('jti table, by issuer and jti', keys.jti),
      row('both indexes, by shard', keys.shards),
    ],
  );
};

/** What becomes of a load on new tables. */
export const partitionsTable = ({ simulations }: Paper): string =>
  table(
    [
      'callbacks',
      'table or index',
      'write units',
      'refused at first',
      'enough after',
      'refused for ever',
      'partitions',
    ],
    simulations.map((each) => [
      perSecond(each.rate),
      `\`${each.store}\``,
      perSecond(each.unitsPerSecond),
      percent(each.throttledAtStart),
      each.minutesUntilEnough === null ? 'never' : `${each.minutesUntilEnough} min`,
      percent(each.throttledInTheEnd),
      each.partitionsInTheEnd.toLocaleString('en-US'),
    ]),
    [0, 1],
  );

/** What is reached first, and what to do. */
export const limitsTable = (times: ProcessorTimes, { keys }: Paper): string => {
  const limits = limitsOf(times, keys.shards.maxByMean);
  return table(
    ['', 'there is', 'reached at', ...RATES.map(perSecond), 'what to do'],
    limits.map(({ available, name, need, reachedAt: rate, remedy, unit }) => [
      name,
      `${formatNumber(round(available))} ${unit}`,
      perSecond(round(rate)),
      ...RATES.map((each) => formatNumber((each * need) / available)),
      remedy,
    ]),
    [0, 3 + RATES.length],
  );
};

/** Three digits at most. */
const round = (value: number): number => Number(value.toPrecision(3));

/** What is beyond its end, rate by rate, the first first. */
export const reachedList = (times: ProcessorTimes, { keys }: Paper): string => {
  const limits = limitsOf(times, keys.shards.maxByMean);
  return RATES.map((rate) => {
    const reached = reachedAt(limits, rate);
    const names = reached.map(({ name }: Limit) => name).join('; ');
    return `- **${rate.toLocaleString('en-US')} callbacks a second**: ${reached.length === 0 ? 'nothing' : names}.`;
  }).join('\n');
};

/** Whether what follows an opening keeps up with it. */
export const keepingUpTable = (times: ProcessorTimes, expiredAtOnce: number): string => {
  const tasks = storesOf(TASK.payloadBytes).find(({ name }) => name === 'tasks');
  const units = tasks === undefined ? 0 : tasks.opening + tasks.callback;
  const most = (PARTITION.writeUnits / units) * TASK.changes;
  const published = publishRateOf(times);
  const { expire, publish } = durationsOf(times);
  return table(
    ['', 'one at work', 'at work', 'so'],
    [
      [
        'publishing',
        `${formatNumber(round(published))} changes/s, for the two of a task take ${formatNumber(publish)} ms`,
        'one for each shard of the stream',
        `a shard brings ${formatNumber(round(most))} changes/s at most: ${published >= most ? 'the publisher keeps up at any rate' : 'it falls behind where a shard is that busy'}`,
      ],
      [
        'expiry',
        `${formatNumber(round(expiryRateOf(times, expiredAtOnce)))} tasks/s, for each takes ${formatNumber(expire)} ms of its processor`,
        'one run a minute, of fifty seconds at most',
        'keeps up with as many tasks that nobody answers',
      ],
    ],
    [0, 1, 2, 3],
  );
};

export const quotasTable = (): string =>
  table(
    ['quota', 'eu-west-1', 'adjustable', 'remark', 'looked up'],
    (Object.values(QUOTAS) as readonly Quota[]).map(
      ({ adjustable, confirmation, name, remark, source, unit, value }) => [
        `[${name}](${source})`,
        `${value.toLocaleString('en-US')} ${unit}`,
        adjustable ? 'yes' : 'no',
        remark ?? '',
        `${confirmation}, ${QUOTAS_AS_OF}`,
      ],
    ),
  );
