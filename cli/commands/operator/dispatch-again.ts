import { BULK_SENDINGS } from '../../../lambda/contract/operator-api.ts';
import { defineCommand } from '../../command.ts';
import { BULK_OPTIONS, planAndStart } from './plan-and-start.ts';
import { EXITS_OF_ONE, PROCESSOR_ARGUMENT } from './shared-options.ts';

/** The tasks of each kind, in words. */
const TASKS = {
  failed: 'tasks whose work could not be sent to',
  retired_key: 'tasks with callbacks of a retired key at',
  answer_unknown: 'tasks with an unknown answer at',
} as const;

export const OPERATOR_DISPATCH_AGAIN_COMMAND = defineCommand({
  name: 'operator dispatch again',
  summary: 'Sends the work of many tasks of a processor again, with new callback URLs',
  description:
    'Without --confirm it shows how many tasks that concerns and changes nothing; on a terminal it then asks. With --confirm and ' +
    'that number it starts a job and shows its progress. Ctrl-C ends this command, not the job. The processor may do work twice that ' +
    'it has already.',
  arguments: PROCESSOR_ARGUMENT,
  options: {
    of: {
      doc:
        'tasks whose work could not be sent, tasks that the processor has with callbacks of a retired key, or tasks that it may not ' +
        'have: it refused a job that it may have got before',
      value: 'KIND',
      choices: BULK_SENDINGS,
      default: 'failed',
    },
    ...BULK_OPTIONS,
  },
  examples: [
    'postern operator dispatch again acme-ocr',
    'postern operator dispatch again acme-ocr --confirm 12 --reason "their API works again"',
    'postern operator dispatch again acme-ocr --of retired_key',
  ],
  exits: ['failed', ...EXITS_OF_ONE],
  run: (context, { arguments: { PROCESSOR }, options }) => {
    const { signal } = context;
    const of = options.of as (typeof BULK_SENDINGS)[number];
    return planAndStart(context, {
      options,
      words: {
        command: `operator dispatch again ${PROCESSOR} --of ${of}`,
        tasks: `${TASKS[of]} ${PROCESSOR}`,
        nothing: 'There is nothing to send again',
        does: 'This sends them again',
        purpose: 'To send all these tasks again',
        action: (count) => `Sends ${count} tasks to ${PROCESSOR} again`,
      },
      plan: ({ processors }) => processors.dispatch(PROCESSOR, { plan: true, of }, { signal }),
      start: ({ processors }, request) => processors.dispatch(PROCESSOR, request, { signal }),
    });
  },
});
