import { type Measure, POSTERN, type SuiteResult } from './measure.ts';
import type { Spread } from './statistics.ts';

/** A number with at most three significant decimals: whole, 123, 12.3 or 1.23. */
export const formatNumber = (value: number): string => {
  if (Number.isInteger(value)) return value.toLocaleString('en-US');
  const size = Math.abs(value);
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : 2;
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
};

/** The median, with the lowest and the highest value in parentheses if they differ. */
export const formatSpread = ({ max, median, min }: Spread): string =>
  min === max ? formatNumber(median) : `${formatNumber(median)} (${formatNumber(min)}–${formatNumber(max)})`;

/**
 * A Markdown table.
 * @param textColumns columns, counted from 0, that contain text; all others contain numbers and are aligned right
 */
export const table = (
  head: readonly string[],
  rows: readonly (readonly string[])[],
  textColumns: readonly number[] = [0],
): string =>
  [head, head.map((_, column) => (textColumns.includes(column) ? '---' : '---:')), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');

/** Tables with more contenders than this have one row per contender instead of one column. */
const MAX_COLUMNS = 3;

/** A result as it is published: table, contenders, method and machine. */
export const renderResult = (result: SuiteResult, machine: string): string => {
  const { contenders, method, rows, title } = result;
  const isWide = Object.keys(contenders).length > MAX_COLUMNS && rows !== 'measures';
  return [
    `## ${title}`,
    isWide ? rowPerContender(result) : rowPerMeasure(result),
    Object.entries(contenders)
      .map(([name, description]) => `- \`${name}\`: ${description}`)
      .join('\n'),
    `${method} ${machine}`,
  ].join('\n\n');
};

const titleOf = ({ name, unit }: Measure): string => (unit === '' ? name : `${name}, ${unit}`);
const cell = (spread: Spread | undefined): string => (spread === undefined ? '' : formatSpread(spread));

const rowPerMeasure = ({ compared = POSTERN, contenders, measures }: SuiteResult): string => {
  const names = Object.keys(contenders);
  const others = names.filter((name) => measures.some(({ ratios }) => ratios[name] !== undefined));
  return table(
    ['', ...names, ...others.map((name) => `${compared} ÷ ${name}`)],
    measures.map((measure) => [
      titleOf(measure),
      ...names.map((name) => cell(measure.values[name])),
      ...others.map((name) => cell(measure.ratios[name])),
    ]),
  );
};

const rowPerContender = ({ compared = POSTERN, contenders, measures }: SuiteResult): string => {
  const isCompared = measures.some(({ ratios }) => Object.keys(ratios).length > 0);
  return table(
    ['', ...measures.flatMap((measure) => [titleOf(measure), ...(isCompared ? [`${compared} ÷ this`] : [])])],
    Object.keys(contenders).map((name) => [
      name,
      ...measures.flatMap(({ ratios, values }) => [cell(values[name]), ...(isCompared ? [cell(ratios[name])] : [])]),
    ]),
  );
};
