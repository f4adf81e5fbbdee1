import { callbackCosts, monthOf, type ReceiverSettings } from './callback-costs.ts';
import { type CostItem, total, usd } from './cost-item.ts';
import { breakEvenWithRestApi, type Estimate } from './estimate.ts';
import { MEASURED } from './measured.ts';
import { PRICES, PRICES_AS_OF, PRICES_REGION } from './prices.ts';
import { EXTRA_WRITE_UNITS } from './usage.ts';

const money = (amount: number): string =>
  amount.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const number = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: value < 10 ? 2 : 0 });

const NAME_WIDTH = 42;

/** One line, or two if the name is too long. */
const row = (name: string, amount: string, sum: string): string => {
  const cells = `${amount.padStart(34)}${sum.padStart(12)}`;
  return name.length > NAME_WIDTH
    ? `  ${name}\n  ${''.padEnd(NAME_WIDTH)}${cells}`
    : `  ${name.padEnd(NAME_WIDTH)}${cells}`;
};

/** Quantity and price. A quantity in millions is printed in full. */
const amountOf = ({ price, quantity, unit }: CostItem): string => {
  const isByMillion = unit.startsWith('million');
  return `${number(isByMillion ? quantity * 1e6 : quantity)} × ${price} USD per ${unit}`;
};

const rows = (items: readonly CostItem[]): readonly string[] =>
  items.map((item) => row(item.name, amountOf(item), money(usd(item))));

/** Write units by what a task has. */
const EXTRAS = [
  ['an owner', EXTRA_WRITE_UNITS.owner],
  ['a delivery in quarantine', EXTRA_WRITE_UNITS.quarantined],
  ['a replay', EXTRA_WRITE_UNITS.replayed],
  ['an action of an operator, with its audit item', EXTRA_WRITE_UNITS.operatorAction],
] as const;

const VOLUMES = [1e5, 1e7, 1e9] as const;

/** Costs of a callback, beside those of the peer behind the same load balancer. */
export const reportCallback = (settings: ReceiverSettings, fixed: readonly CostItem[]): string => {
  const costs = Object.values(MEASURED).map((measured) => callbackCosts(measured, settings));
  const cells = (amounts: readonly number[]) => amounts.map((amount) => money(amount).padStart(18)).join('');
  const line = (name: string, amounts: readonly number[]) => `  ${name.padEnd(NAME_WIDTH)}${cells(amounts)}`;
  const [first = []] = costs;
  return [
    `A callback with a result of 1 KB: USD per million, at ${settings.memoryMegabytes} MB.`,
    'The table above has the costs of creating its task, of events, reads and metrics. This table omits them.',
    `  ${''.padEnd(NAME_WIDTH)}${Object.keys(MEASURED)
      .map((name) => name.padStart(18))
      .join('')}`,
    ...first.map(({ name }, i) =>
      line(
        name,
        costs.map((items) => usd(items[i] as CostItem)),
      ),
    ),
    line('A million', costs.map(total)),
    '',
    ...VOLUMES.map((callbacks) =>
      line(
        `Fixed costs and ${number(callbacks)} callbacks`,
        costs.map((items) => monthOf(items, fixed, callbacks)),
      ),
    ),
    '',
    'The peer is a receiver made of middy, Powertools, aws-jwt-verify and the SDK. It makes three requests instead of one',
    'transaction. Both have the same fixed costs, because they are behind the same load balancer.',
  ].join('\n');
};

/**
 * Monthly costs, one item per line.
 * @param region Region of the environment. A Region other than that of the prices is named
 */
export const report = (
  { name: environment, region }: { readonly name: string; readonly region: string },
  callbacks: number,
  { fixed, usage }: Estimate,
): string => {
  const withoutMetrics = usage.filter(({ unit }) => unit !== 'metric');
  const furtherMillion = (total(withoutMetrics) / callbacks) * 1e6;
  const breakEven = breakEvenWithRestApi({ fixed, usage }, callbacks);
  return [
    `${environment}: ${number(callbacks)} callbacks per month, USD, list prices of ${PRICES_REGION} as of ${PRICES_AS_OF}`,
    ...(region === PRICES_REGION ? [] : [`The environment is in ${region}, whose prices may differ.`]),
    '',
    'Fixed costs',
    ...rows(fixed),
    row('', '', money(total(fixed))),
    '',
    'Costs of the callbacks: tasks created, delivered, published, read',
    ...rows(usage),
    row('', '', money(total(usage))),
    '',
    row('Total per month', '', money(total(fixed) + total(usage))),
    ...(callbacks === 0
      ? []
      : [
          row('Each further million callbacks', '', money(furtherMillion)),
          '  (the metrics of functions cost the same for any number of callbacks)',
          '',
          'What only some tasks have, for a million of them:',
          ...EXTRAS.map(([name, units]) => {
            const price = money(units * PRICES.dynamodbMillionWriteUnits);
            return `  ${name.padEnd(NAME_WIDTH + 4)}${units} write units, ${price} USD`;
          }),
          '  (an index of quarantine or replays costs nothing for the other tasks; an action also calls a function once)',
          ...(breakEven === undefined
            ? []
            : [
                '',
                `The load balancer costs less than a REST API of API Gateway above ${number(Math.ceil(breakEven / 1e5) / 10)} million callbacks per month.`,
              ]),
        ]),
  ].join('\n');
};
