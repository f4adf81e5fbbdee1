import { defineCommand } from '../../command.ts';
import { actOnTask } from './act-on-task.ts';
import { EXITS_OF_ONE, TASK_ACTION_OPTIONS, TASK_ARGUMENT } from './shared-options.ts';

export const OPERATOR_TASK_REOPEN_COMMAND = defineCommand({
  name: 'operator task reopen',
  summary: 'Undoes the delivery that closed a task; its sender then issues new callbacks',
  arguments: TASK_ARGUMENT,
  options: TASK_ACTION_OPTIONS,
  examples: ['postern operator task reopen TASK --reason "the result is of another invoice" --revision 3'],
  exits: EXITS_OF_ONE,
  run: (context, { arguments: { TASK }, options }) =>
    actOnTask(context, {
      taskId: TASK,
      does: 'Reopens',
      options,
      act: ({ tasks }, request) => tasks.reopen(TASK, request, { signal: context.signal }),
    }),
});
