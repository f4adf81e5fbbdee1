import { defineCommand } from '../../command.ts';
import { actOnTask } from './act-on-task.ts';
import { EXITS_OF_ONE, TASK_ACTION_OPTIONS, TASK_ARGUMENT } from './shared-options.ts';

export const OPERATOR_QUARANTINE_ACCEPT_COMMAND = defineCommand({
  name: 'operator quarantine accept',
  summary: 'Takes a late delivery as the outcome of its expired task',
  arguments: { ...TASK_ARGUMENT, ID: { doc: 'id of the delivery' } },
  options: TASK_ACTION_OPTIONS,
  examples: ['postern operator quarantine accept TASK ID --reason "the sender agreed"'],
  exits: EXITS_OF_ONE,
  run: (context, { arguments: { ID, TASK }, options }) =>
    actOnTask(context, {
      taskId: TASK,
      does: 'Accepts a delivery of',
      options,
      act: ({ quarantine }, request) => quarantine.accept(TASK, ID, request, { signal: context.signal }),
    }),
});
