import { defineCommand } from '../../command.ts';
import { readInput } from '../../files.ts';
import { formatOf, REPORT_OPTIONS } from './kit-options.ts';
import { writeReport } from './write-report.ts';

export const CONFORMANCE_REPORT_COMMAND = defineCommand({
  name: 'conformance report',
  summary: 'Shows a report of the conformance kit in another format',
  arguments: { FILE: { doc: 'what "conformance run --format json --out FILE" wrote, - for stdin' } },
  options: REPORT_OPTIONS,
  examples: [
    'postern conformance report report.json',
    'postern conformance report report.json --format junit --out conformance.xml',
  ],
  exits: [],
  run: async (context, { arguments: { FILE }, options }) => {
    const { readReport } = await import('../../conformance/read-report.ts');
    const bytes = await readInput(context, 'The report', /^[@-]/.test(FILE) ? FILE : `@${FILE}`);
    const report = readReport(new TextDecoder().decode(bytes));
    await writeReport(context, { format: formatOf(context, options.format), out: options.out }, async () => report);
    return 'ok';
  },
});
