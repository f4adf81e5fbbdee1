import { defineCommand } from '../../command.ts';
import { changeDispatch } from './change-dispatch.ts';
import { DISPATCH_ACTION_OPTIONS, EXITS_OF_ONE, PROCESSOR_ARGUMENT } from './shared-options.ts';

export const OPERATOR_DISPATCH_RESUME_COMMAND = defineCommand({
  name: 'operator dispatch resume',
  summary: 'Sends work to a processor again, also if its breaker is open',
  arguments: PROCESSOR_ARGUMENT,
  options: DISPATCH_ACTION_OPTIONS,
  examples: ['postern operator dispatch resume acme-ocr --reason "they are back"'],
  exits: EXITS_OF_ONE,
  run: (context, { arguments: { PROCESSOR }, options }) =>
    changeDispatch(context, {
      processor: PROCESSOR,
      does: 'Sends work again to',
      options,
      act: ({ processors }, request) => processors.resume(PROCESSOR, request, { signal: context.signal }),
    }),
});
