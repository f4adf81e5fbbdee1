import type { ReportFormat } from '../../../lambda/contract/conformance.ts';
import type { Report } from '../report.ts';
import { toJunit } from './junit.ts';
import { toMarkdown } from './markdown.ts';
import { toText } from './text.ts';

const FORMATS: Readonly<Record<ReportFormat, (report: Report) => string>> = {
  text: toText,
  json: (report) => `${JSON.stringify(report, undefined, 2)}\n`,
  junit: toJunit,
  markdown: toMarkdown,
};

/** Returns the text of a report in a format, with a line feed at its end. */
export const formatReport = (report: Report, format: ReportFormat): string => FORMATS[format](report);
