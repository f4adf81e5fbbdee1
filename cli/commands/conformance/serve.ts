import { defineCommand } from '../../command.ts';
import type { ServedCase } from '../../conformance/serve.ts';
import type { Context } from '../../context.ts';
import { formatOf, KIT_OPTIONS, readKitOptions, readNumber } from './kit-options.ts';
import { writeReport } from './write-report.ts';

const PORTS = { min: 0, max: 65_535 } as const;

export const CONFORMANCE_SERVE_COMMAND = defineCommand({
  name: 'conformance serve',
  summary: 'Plays a gateway for a processor that you drive by hand, and judges what it does',
  description:
    'Prints the callbacks of each case. Give them to your processor as the work of a task. GET /cases/ID of the gateway has them as JSON, and POST /cases/ID starts a case again. The report comes when all cases are judged, or after Ctrl-C.',
  options: {
    port: { doc: 'port on 127.0.0.1, 0 for a free one', value: 'PORT', default: '0' },
    ...KIT_OPTIONS,
  },
  examples: [
    'postern conformance serve --port 8090',
    'postern conformance serve --case retry-503,stop-409 --format markdown --out report.md',
  ],
  exits: ['failed'],
  run: async (context, { options }) => {
    const { io } = context;
    const kit = await readKitOptions(context, options, readNumber('--port', options.port, PORTS));
    const { serveConformance } = await import('../../conformance/serve.ts');
    const format = formatOf(context, options.format);
    const report = await writeReport(context, { format, out: options.out }, () =>
      serveConformance({
        ...kit,
        onReady: (origin, cases) => {
          // Programs that read the report from stdout get nothing else there.
          if (format === 'text' || options.out !== undefined) printCases(context, cases);
          io.note(`The gateway listens. ${origin}/cases has the callbacks. Ctrl-C ends it, and prints the report.`);
        },
        onRequest: io.note,
        onVerdict: ({ conformanceCase, result }, done, total) =>
          io.note(`${conformanceCase.id}: ${result.verdict} (${done} of ${total}). ${result.seen}`),
      }),
    );
    return report.failed > 0 ? 'failed' : 'ok';
  },
});

/** The callbacks are those of the kit. They open nothing of a gateway. */
const printCases = ({ io }: Context, cases: readonly ServedCase[]): void => {
  for (const { callbacks, does, id } of cases) {
    io.write(`${id}\n  ${does}\n  ${JSON.stringify({ callbacks })}\n\n`);
  }
};
