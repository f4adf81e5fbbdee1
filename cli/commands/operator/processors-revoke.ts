import { defineCommand } from '../../command.ts';
import { BULK_OPTIONS, planAndStart } from './plan-and-start.ts';
import { EXITS_OF_ONE, PROCESSOR_ARGUMENT } from './shared-options.ts';

export const OPERATOR_PROCESSORS_REVOKE_COMMAND = defineCommand({
  name: 'operator processors revoke',
  summary: 'Stops the callbacks of all pending tasks of a processor, such as one whose database leaked',
  description:
    'Without --confirm it shows how many tasks that concerns and changes nothing; on a terminal it then asks. With --confirm and ' +
    'that number it starts a job and shows its progress. Ctrl-C ends this command, not the job.',
  arguments: PROCESSOR_ARGUMENT,
  options: BULK_OPTIONS,
  examples: [
    'postern operator processors revoke acme-ocr',
    'postern operator processors revoke acme-ocr --confirm 128 --reason "their database leaked"',
  ],
  exits: ['failed', ...EXITS_OF_ONE],
  run: (context, { arguments: { PROCESSOR }, options }) => {
    const { signal } = context;
    return planAndStart(context, {
      options,
      words: {
        command: `operator processors revoke ${PROCESSOR}`,
        tasks: `pending tasks of ${PROCESSOR} with callbacks that work`,
        nothing: 'There is nothing to revoke',
        does: 'This revokes them',
        purpose: 'To revoke the callbacks of all these tasks',
        action: (count) => `Revokes the callbacks of ${count} tasks of ${PROCESSOR}`,
      },
      plan: ({ processors }) => processors.revoke(PROCESSOR, { plan: true }, { signal }),
      start: ({ processors }, request) => processors.revoke(PROCESSOR, request, { signal }),
    });
  },
});
