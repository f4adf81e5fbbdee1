import { CASES } from '../cases.ts';
import type { Report, ReportedCase } from '../report.ts';

const INDENT = '  ';

/** Title of a case, for people. */
export const titleOf = ({ id }: Pick<ReportedCase, 'id'>): string => CASES.find((each) => each.id === id)?.title ?? id;

/** One sentence about the whole run. */
export const summaryOf = ({ carrier, failed, grade, passed, proof, skipped }: Report): string =>
  `Grade ${grade} with carrier ${carrier} and proof ${proof}: ${passed} passed, ${failed} failed, ${skipped} skipped.`;

export const toText = (report: Report): string => {
  const width = Math.max(0, ...report.cases.map(({ id }) => id.length));
  const lines = report.cases.flatMap((each) => [
    `${each.verdict.padEnd('skipped'.length)}  ${each.id.padEnd(width)}  ${titleOf(each)}`,
    ...(each.verdict === 'passed' ? [] : [`${INDENT}seen    ${each.seen}`]),
    ...(each.change === undefined ? [] : [`${INDENT}change  ${each.change}`, `${INDENT}rule    ${each.rule}`]),
  ]);
  return `${[...lines, '', summaryOf(report)].join('\n')}\n`;
};
