import { formatNumber, formatSpread } from './markdown.ts';
import { POSTERN } from './measure.ts';
import type { Measure, PartResult } from './result.ts';

type Compared = { readonly names: readonly string[]; readonly compared: string };

const others = ({ compared, names }: Compared): readonly string[] => names.filter((name) => name !== compared);

const rowOf = (all: Compared, { name, ratios, unit, values }: Measure): readonly string[] => [
  unit === '' ? name : `${name}, ${unit}`,
  ...all.names.map((contender) => {
    const spread = values[contender];
    return spread === undefined ? '' : formatSpread(spread);
  }),
  ...others(all).map((contender) => {
    const ratio = ratios[contender];
    return ratio === undefined ? '' : formatNumber(ratio.median);
  }),
];

const headOf = (all: Compared): readonly string[] => [
  '',
  ...all.names,
  ...others(all).map((name) => `${all.compared} ÷ ${name}`),
];

/** A table for a terminal. */
export const renderText = ({ compared = POSTERN, contenders, measures, title }: PartResult): string => {
  const all: Compared = { names: Object.keys(contenders), compared };
  const rows = [headOf(all), ...measures.map((measure) => rowOf(all, measure))];
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  );
  return [title, ...lines].join('\n');
};
