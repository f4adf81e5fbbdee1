import { CONFORMANCE_PARALLEL } from '../../../lambda/contract/conformance.ts';
import { defineCommand } from '../../command.ts';
import { CommandError } from '../../command-error.ts';
import { formatOf, KIT_OPTIONS, readKitOptions, readNumber } from './kit-options.ts';
import { writeReport } from './write-report.ts';

export const CONFORMANCE_RUN_COMMAND = defineCommand({
  name: 'conformance run',
  summary: 'Drives a processor by its start URL, and judges what it does',
  description:
    'Plays a gateway on 127.0.0.1, and POSTs {"callbacks": {"result": {"method", "url", "token"?, "expiresAt"}, …}} to the start URL for each case. The processor answers 2xx, works, and calls back.',
  options: {
    start: { doc: 'start URL of the processor, which gives it its work', value: 'URL', required: true },
    parallel: {
      doc: 'cases at the same time',
      value: 'N',
      default: String(CONFORMANCE_PARALLEL.default),
    },
    ...KIT_OPTIONS,
  },
  examples: [
    'postern conformance run --start http://127.0.0.1:9000/start',
    'postern conformance run --start http://127.0.0.1:9000/start --proof dpop --key @key.jwk --upload --logs processor.log',
    'postern conformance run --start http://127.0.0.1:9000/start --format junit --out conformance.xml',
  ],
  exits: ['failed', 'unavailable'],
  run: async (context, { options }) => {
    const { io } = context;
    const start = readStart(options.start);
    const parallel = readNumber('--parallel', options.parallel, CONFORMANCE_PARALLEL);
    const kit = await readKitOptions(context, options, 0);
    const { runConformance } = await import('../../conformance/run.ts');
    const format = formatOf(context, options.format);
    const report = await writeReport(context, { format, out: options.out }, async () => {
      io.showProgress(`0 of ${kit.cases.length} cases`);
      const made = await runConformance({
        ...kit,
        start,
        parallel,
        fetch: context.fetch,
        onVerdict: ({ conformanceCase, result }, done, total) =>
          io.showProgress(`${done} of ${total} cases: ${conformanceCase.id} ${result.verdict}`),
      });
      io.showProgress('');
      return made;
    });
    return report.failed > 0 ? 'failed' : 'ok';
  },
});

const readStart = (text: string): URL => {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return new URL(text);
  throw new CommandError('usage', '--start is not a URL.', 'Give the http or https URL of the processor.');
};
