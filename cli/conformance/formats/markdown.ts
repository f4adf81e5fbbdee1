import type { Report } from '../report.ts';
import { summaryOf, titleOf } from './text.ts';

/** A cell of a table: one line, and no border in it. */
const cell = (text: string): string => text.replaceAll(/\s*\n\s*/g, ' ').replaceAll('|', '\\|');

export const toMarkdown = (report: Report): string => {
  const rows = report.cases.map((each) =>
    [each.verdict, `\`${each.id}\``, titleOf(each), each.seen, each.change ?? '', each.rule].map(cell).join(' | '),
  );
  return [
    '# Conformance of the processor',
    '',
    summaryOf(report),
    '',
    '| verdict | case | the processor | seen | change | rule |',
    '|---|---|---|---|---|---|',
    ...rows.map((row) => `| ${row} |`),
    '',
  ].join('\n');
};
