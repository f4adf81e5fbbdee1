import { defineCommand } from '../../command.ts';
import { actOnTask } from './act-on-task.ts';
import { EXITS_OF_ONE, TASK_ACTION_OPTIONS, TASK_ARGUMENT } from './shared-options.ts';

export const OPERATOR_TASK_CANCEL_COMMAND = defineCommand({
  name: 'operator task cancel',
  summary: 'Cancels a task, so that its callbacks stop working at once',
  arguments: TASK_ARGUMENT,
  options: TASK_ACTION_OPTIONS,
  examples: ['postern operator task cancel TASK --reason "the customer withdrew"'],
  exits: EXITS_OF_ONE,
  run: (context, { arguments: { TASK }, options }) =>
    actOnTask(context, {
      taskId: TASK,
      does: 'Cancels',
      options,
      act: ({ tasks }, request) => tasks.cancel(TASK, request, { signal: context.signal }),
    }),
});
