import { callbackLines, monthOf, type Setup } from './callback.ts';
import { type Line, total, usd } from './cost-item.ts';
import { breakEvenWithRestApi, type Estimate } from './estimate.ts';
import { CONTENDERS, readMeasured } from './measured.ts';
import { PRICES_AS_OF, PRICES_REGION } from './prices.ts';

const money = (amount: number): string =>
  amount.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const number = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: value < 10 ? 2 : 0 });

const row = (what: string, amount: string, sum: string): string => {
  const cells = `${amount.padStart(34)}${sum.padStart(12)}`;
  return what.length > WIDTH ? `  ${what}\n  ${''.padEnd(WIDTH)}${cells}` : `  ${what.padEnd(WIDTH)}${cells}`;
};
const WIDTH = 42;

/** How many, of what, at which price: what is priced by the million is shown by its number. */
const amountOf = ({ price, quantity, unit }: Line): string => {
  const isByMillion = unit.startsWith('million');
  return `${number(isByMillion ? quantity * 1e6 : quantity)} × ${price} USD per ${unit}`;
};

const rows = (lines: readonly Line[]): readonly string[] =>
  lines.map((line) => row(line.what, amountOf(line), money(usd(line))));

const VOLUMES = [1e5, 1e7, 1e9] as const;

/** What a callback costs, layer by layer, beside what the peer's would behind the same door; USD a million. */
export const reportCallback = (setup: Setup, idle: readonly Line[]): string => {
  const lines = CONTENDERS.map((name) => callbackLines(readMeasured(name), setup));
  const cells = (amounts: readonly number[]) => amounts.map((amount) => money(amount).padStart(18)).join('');
  const line = (what: string, amounts: readonly number[]) => `  ${what.padEnd(42)}${cells(amounts)}`;
  const [first = []] = lines;
  return [
    `The callback alone, with a result of 1 KB: USD a million, at ${setup.memoryMegabytes} MB. What the opening of its task, events,`,
    'reads and metrics cost is in the table above, and is left out here.',
    `  ${''.padEnd(42)}${CONTENDERS.map((name) => name.padStart(18)).join('')}`,
    ...first.map(({ what }, i) =>
      line(
        what,
        lines.map((each) => usd(each[i] as Line)),
      ),
    ),
    line('A million', lines.map(total)),
    '',
    ...VOLUMES.map((callbacks) =>
      line(
        `What stands there, and ${number(callbacks)} of them`,
        lines.map((each) => monthOf(each, idle, callbacks)),
      ),
    ),
    '',
    'The peer is a good team’s middy, Powertools, aws-jwt-verify and SDK: three requests in place of one transaction,',
    'behind the same door, so that what stands there anyway is counted alike.',
  ].join('\n');
};

/** The estimate for a person, line by line. */
export const report = (name: string, callbacks: number, { idle, volume }: Estimate): string => {
  const sum = total(idle) + total(volume);
  return [
    `${name}: ${number(callbacks)} callbacks a month, USD, list prices of ${PRICES_REGION} as of ${PRICES_AS_OF}`,
    '',
    'Whether or not anything comes',
    ...rows(idle),
    row('', '', money(total(idle))),
    '',
    'What the callbacks add: tasks opened, delivered, published, read',
    ...rows(volume),
    row('', '', money(total(volume))),
    '',
    row('A month in all', '', money(sum)),
    ...(callbacks === 0
      ? []
      : [
          row(
            'Each further million callbacks',
            '',
            money((total(volume.filter(({ unit }) => unit !== 'metric')) / callbacks) * 1e6),
          ),
          '  (the metrics of functions cost the same however many callbacks come)',
          '',
          `The load balancer costs less than a REST API of API Gateway from ${number(Math.ceil(breakEvenWithRestApi({ idle, volume }, callbacks) / 1e5) / 10)} million callbacks a month.`,
        ]),
  ].join('\n');
};
