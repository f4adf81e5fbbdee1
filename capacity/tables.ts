import { formatNumber, table } from '../benchmarks/harness/markdown.ts';
import type { Distribution } from './key-distribution.ts';
import { exceededAt, limitsOf, openingLimit } from './limits.ts';
import { MEASURED } from './measured.ts';
import { type Estimate, RATES } from './model.ts';
import { PARTITION, QUOTAS, QUOTAS_AS_OF, type Quota } from './quotas.ts';
import { durationsOf, expiryReadUnits, LOOKS, lookRateOf, WORKLOAD } from './workload.ts';
import { taskWrites, unitsPerTask } from './write-units.ts';

const perSecond = (rate: number): string => `${rate.toLocaleString('en-US')}/s`;
const percent = (share: number): string => (share === 0 ? 'none' : `${formatNumber(share * 100)} %`);
const threeDigits = (value: number): number => Number(value.toPrecision(3));

const keysTable = ({ keys }: Estimate): string => {
  const row = (name: string, { counts, deviation, maxByMean }: Distribution) => [
    name,
    counts.length.toLocaleString('en-US'),
    formatNumber(maxByMean),
    formatNumber(deviation),
  ];
  return table(
    ['keys', 'partitions or shards', 'fullest ÷ mean', 'χ², standard deviations from its expected value'],
    [
      row('tasks table, by task id', keys.tasks),
      row('jti table, by issuer and jti', keys.jti),
      row('indexes by shard', keys.shards),
    ],
  );
};

const partitionsTable = ({ byRate }: Estimate): string =>
  table(
    [
      'callbacks',
      'table or index',
      'write units',
      'refused at first',
      'refused until',
      'refused for ever',
      'partitions in the end',
    ],
    byRate.flatMap(({ rate, simulations }) =>
      simulations.map((each) => [
        perSecond(rate),
        `\`${each.store}\``,
        perSecond(each.unitsPerSecond),
        percent(each.refusedAtStart),
        each.minutesUntilEnough === null ? 'for ever' : `${each.minutesUntilEnough} min`,
        percent(each.refusedInTheEnd),
        each.partitionsInTheEnd.toLocaleString('en-US'),
      ]),
    ),
    [0, 1],
  );

const limitsTable = ({ limits }: Estimate): string =>
  table(
    ['limit', 'available', 'reached at', ...RATES.map(perSecond), 'remedy'],
    limits.map(({ available, name, perCallback, reachedAt, remedy, unit }) => [
      name,
      `${formatNumber(threeDigits(available))} ${unit}`,
      perSecond(threeDigits(reachedAt)),
      ...RATES.map((rate) => formatNumber((rate * perCallback) / available)),
      remedy,
    ]),
    [0, 3 + RATES.length],
  );

const exceededList = ({ limits }: Estimate): string =>
  RATES.map((rate) => {
    const names = exceededAt(limits, rate).map(({ name }) => name);
    return `- **${rate.toLocaleString('en-US')} callbacks per second**: ${names.length === 0 ? 'none' : names.join('; ')}.`;
  }).join('\n');

/** Compares the rate of `publish` and of `expire` with the rate of what they follow. */
const backgroundTable = ({ expiryRate, publishRate }: Estimate): string => {
  const tasks = taskWrites(WORKLOAD.payloadBytes).filter(({ name }) => name === 'tasks');
  const changesPerShard = (PARTITION.writeUnits / unitsPerTask(tasks)) * WORKLOAD.changes;
  const { expire, publish } = durationsOf(MEASURED);
  return table(
    ['function', 'rate', 'runs', 'result'],
    [
      [
        '`publish`',
        `${formatNumber(threeDigits(publishRate))} changes/s; the two changes of a task take ${formatNumber(publish)} ms`,
        'one batch at a time per shard of the stream',
        `a shard has at most ${formatNumber(threeDigits(changesPerShard))} changes/s: ${publishRate >= changesPerShard ? '`publish` keeps up at every rate' : '`publish` falls behind on a busy shard'}`,
      ],
      [
        '`expire`',
        `${formatNumber(threeDigits(expiryRate))} tasks/s; each takes ${formatNumber(expire)} ms of CPU time`,
        'every minute, for at most 50 seconds',
        `keeps up if at most ${formatNumber(threeDigits(expiryRate))} tasks per second get no answer`,
      ],
      [
        '`expire`, tasks that were closed in time',
        `${formatNumber(threeDigits(lookRateOf(MEASURED)))} looks/s; each takes ${formatNumber(MEASURED.look * 1_000)} µs of CPU time`,
        'in the same run',
        `keeps up with ${formatNumber(threeDigits(lookRateOf(MEASURED) / LOOKS))} tasks per second`,
      ],
    ],
    [0, 1, 2, 3],
  );
};

/** What `expire` reads if every task is closed in time. */
const expiryTable = (): string =>
  table(
    ['tasks closed in time', 'looks', 'read units', 'CPU time of a run, which has 50 s'],
    RATES.map((rate) => [
      perSecond(rate),
      perSecond(rate * LOOKS),
      perSecond(threeDigits(expiryReadUnits(rate))),
      `${formatNumber(threeDigits((rate * LOOKS * 60 * MEASURED.look) / 1_000))} s`,
    ]),
    [0],
  );

/** First quota that ends opening, by the way to sign. */
const openingTable = (): string =>
  table(
    ['signing', 'tasks opened', 'first quota'],
    (['rotating', 'kms'] as const).map((signing) => {
      const { name, reachedAt } = openingLimit(MEASURED, signing);
      return [`\`${signing}\``, perSecond(threeDigits(reachedAt)), name];
    }),
    [0, 2],
  );

/** Limits that only `signing: { kind: 'kms' }` has. */
const kmsTable = ({ limits }: Estimate): string => {
  const others = limits.map(({ name }) => name);
  return table(
    ['limit', 'available', 'reached at', 'remedy'],
    limitsOf(MEASURED, 'kms')
      .filter(({ name }) => !others.includes(name))
      .map(({ available, name, reachedAt, remedy, unit }) => [
        name,
        `${formatNumber(available)} ${unit}`,
        perSecond(threeDigits(reachedAt)),
        remedy,
      ]),
    [0, 3],
  );
};

const settingsTable = ({ byRate }: Estimate): string => {
  const literal = (values: object): string =>
    `\`{ ${Object.entries(values)
      .map(([name, value]) => {
        const key = /^\w+$/.test(name) ? name : `'${name}'`;
        return `${key}: ${Number(value).toLocaleString('en-US').replaceAll(',', '_')}`;
      })
      .join(', ')} }\``;
  return table(
    ['callbacks', '`rateLimits`', '`reservedConcurrency`', '`indexShards`'],
    byRate.map(({ rate, settings: { indexShards, rateLimits, reservedConcurrency } }) => [
      perSecond(rate),
      literal(rateLimits),
      literal(reservedConcurrency),
      `${indexShards}`,
    ]),
    [0, 1, 2, 3],
  );
};

const quotasTable = (): string =>
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
    [0, 1, 2, 3, 4],
  );

/** Tables of `docs/reference/capacity.md`, in its order. */
export const capacityTables = (estimated: Estimate): readonly string[] => [
  backgroundTable(estimated),
  expiryTable(),
  keysTable(estimated),
  partitionsTable(estimated),
  limitsTable(estimated),
  exceededList(estimated),
  openingTable(),
  kmsTable(estimated),
  settingsTable(estimated),
  quotasTable(),
];
