import { defineCommand } from '../../command.ts';
import { changeDispatch } from './change-dispatch.ts';
import { DISPATCH_ACTION_OPTIONS, EXITS_OF_ONE, PROCESSOR_ARGUMENT } from './shared-options.ts';

export const OPERATOR_DISPATCH_PAUSE_COMMAND = defineCommand({
  name: 'operator dispatch pause',
  summary: 'Sends no more work to a processor until it is resumed; tasks wait without using attempts up',
  arguments: PROCESSOR_ARGUMENT,
  options: DISPATCH_ACTION_OPTIONS,
  examples: ['postern operator dispatch pause acme-ocr --reason "their database is down"'],
  exits: EXITS_OF_ONE,
  run: (context, { arguments: { PROCESSOR }, options }) =>
    changeDispatch(context, {
      processor: PROCESSOR,
      does: 'Sends no more work to',
      options,
      act: ({ processors }, request) => processors.pause(PROCESSOR, request, { signal: context.signal }),
    }),
});
