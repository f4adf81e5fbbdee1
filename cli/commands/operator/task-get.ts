import { defineCommand } from '../../command.ts';
import { operatorOf } from '../../sign-in/clients.ts';
import { readHold } from './read-hold.ts';
import { EXITS_OF_ONE, TASK_ARGUMENT } from './shared-options.ts';
import { operatorTaskLines } from './show-operator-task.ts';

export const OPERATOR_TASK_GET_COMMAND = defineCommand({
  name: 'operator task get',
  summary: 'Shows a task with its timeline, callbacks and quarantine, and what you can do',
  arguments: TASK_ARGUMENT,
  options: {},
  examples: ['postern operator task get TASK', 'postern operator task get TASK -o json | jq .timeline'],
  exits: EXITS_OF_ONE,
  run: async (context, { arguments: { TASK } }) => {
    const { signal } = context;
    const operator = await operatorOf(context);
    const task = await operator.tasks.get(TASK, { signal });
    const hold = await readHold(operator, task, signal);
    context.io.print(task, () => operatorTaskLines(task, context.settings, context.now(), hold));
    return 'ok';
  },
});
