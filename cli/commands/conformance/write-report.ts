import type { ReportFormat } from '../../../lambda/contract/conformance.ts';
import type { Report } from '../../conformance/report.ts';
import type { Context } from '../../context.ts';
import { intoNewFile } from '../../files.ts';

/**
 * Makes a report, and writes it to stdout or into a new file. The file is made before the work, so that no report is lost.
 * @returns the report
 */
export const writeReport = async (
  context: Context,
  { format, out }: { readonly format: ReportFormat; readonly out: string | undefined },
  make: () => Promise<Report>,
): Promise<Report> => {
  const { formatReport } = await import('../../conformance/formats/format-report.ts');
  const { summaryOf } = await import('../../conformance/formats/text.ts');
  if (out === undefined) {
    const report = await make();
    context.io.write(formatReport(report, format));
    return report;
  }
  const { file, outcome } = await intoNewFile(context, out, make, (report) => formatReport(report, format));
  context.io.note(`${summaryOf(outcome)} The report is in ${file}.`);
  return outcome;
};
