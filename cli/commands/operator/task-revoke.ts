import { defineCommand } from '../../command.ts';
import { actOnTask } from './act-on-task.ts';
import { EXITS_OF_ONE, TASK_ACTION_OPTIONS, TASK_ARGUMENT } from './shared-options.ts';

export const OPERATOR_TASK_REVOKE_COMMAND = defineCommand({
  name: 'operator task revoke',
  summary: 'Stops the callbacks of a pending task; its sender can issue new ones',
  arguments: TASK_ARGUMENT,
  options: TASK_ACTION_OPTIONS,
  examples: ['postern operator task revoke TASK --reason "the URL was in a log"'],
  exits: EXITS_OF_ONE,
  run: (context, { arguments: { TASK }, options }) =>
    actOnTask(context, {
      taskId: TASK,
      does: 'Revokes the callbacks of',
      options,
      act: ({ tasks }, request) => tasks.revoke(TASK, request, { signal: context.signal }),
    }),
});
