import { formatNumber, formatSpread } from './format.ts';
import { POSTERN } from './measure.ts';
import type { Measure, PartResult } from './result.ts';

const others = (names: readonly string[]): readonly string[] => names.filter((name) => name !== POSTERN);

const rowOf = (names: readonly string[], { name, ratios, unit, values }: Measure): readonly string[] => [
  unit === '' ? name : `${name}, ${unit}`,
  ...names.map((contender) => {
    const spread = values[contender];
    return spread === undefined ? '' : formatSpread(spread);
  }),
  ...others(names).map((contender) => {
    const ratio = ratios[contender];
    return ratio === undefined ? '' : formatNumber(ratio.median);
  }),
];

const headOf = (names: readonly string[]): readonly string[] => [
  '',
  ...names,
  ...others(names).map((name) => `${POSTERN} ÷ ${name}`),
];

/** A table for a terminal. */
export const renderText = ({ contenders, measures, title }: PartResult): string => {
  const names = Object.keys(contenders);
  const rows = [headOf(names), ...measures.map((measure) => rowOf(names, measure))];
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  );
  return [title, ...lines].join('\n');
};
