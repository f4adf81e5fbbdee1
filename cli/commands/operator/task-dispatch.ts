import { defineCommand } from '../../command.ts';
import { actOnTask } from './act-on-task.ts';
import { EXITS_OF_ONE, TASK_ACTION_OPTIONS, TASK_ARGUMENT } from './shared-options.ts';

export const OPERATOR_TASK_DISPATCH_COMMAND = defineCommand({
  name: 'operator task dispatch',
  summary: 'Sends the work of a task to its processor again',
  arguments: TASK_ARGUMENT,
  options: TASK_ACTION_OPTIONS,
  examples: ['postern operator task dispatch TASK --reason "the processor works again"'],
  exits: EXITS_OF_ONE,
  run: (context, { arguments: { TASK }, options }) =>
    actOnTask(context, {
      taskId: TASK,
      does: 'Sends again',
      options,
      act: ({ tasks }, request) => tasks.dispatch(TASK, request, { signal: context.signal }),
    }),
});
