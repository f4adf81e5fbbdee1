import { defineCommand } from '../../command.ts';
import { actOnTask } from './act-on-task.ts';
import { EXITS_OF_ONE, TASK_ACTION_OPTIONS, TASK_ARGUMENT } from './shared-options.ts';

export const OPERATOR_QUARANTINE_DISCARD_COMMAND = defineCommand({
  name: 'operator quarantine discard',
  summary: 'Deletes a delivery in quarantine',
  arguments: { ...TASK_ARGUMENT, ID: { doc: 'id of the delivery' } },
  options: TASK_ACTION_OPTIONS,
  examples: ['postern operator quarantine discard TASK ID --reason "the sender agreed"'],
  exits: EXITS_OF_ONE,
  run: (context, { arguments: { ID, TASK }, options }) =>
    actOnTask(context, {
      taskId: TASK,
      does: 'Discards a delivery of',
      options,
      act: ({ quarantine }, request) => quarantine.discard(TASK, ID, request, { signal: context.signal }),
    }),
});
