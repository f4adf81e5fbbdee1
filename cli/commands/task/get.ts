import { defineCommand } from '../../command.ts';
import { senderOf } from '../../sign-in/clients.ts';
import { taskLines } from './show-task.ts';

export const TASK_GET_COMMAND = defineCommand({
  name: 'task get',
  summary: 'Shows a task',
  arguments: { TASK: { doc: 'id of the task' } },
  options: {},
  examples: ['postern task get TASK', 'postern task get TASK -o json'],
  exits: ['notFound', 'signIn', 'refused', 'unavailable'],
  run: async (context, { arguments: { TASK } }) => {
    const { tasks } = await senderOf(context);
    const task = await tasks.get(TASK, { signal: context.signal });
    context.io.print(task, () => taskLines(task, context.now()));
    return 'ok';
  },
});
