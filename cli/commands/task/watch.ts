import { defineCommand } from '../../command.ts';
import { senderOf } from '../../sign-in/clients.ts';
import { progressLine } from './wait-for-task.ts';

export const TASK_WATCH_COMMAND = defineCommand({
  name: 'task watch',
  summary: 'Prints each change of a task until it has ended',
  arguments: { TASK: { doc: 'id of the task' } },
  options: {},
  examples: ['postern task watch TASK', 'postern task watch TASK -o jsonl'],
  exits: ['notFound', 'signIn', 'refused', 'unavailable', 'endedOtherwise'],
  run: async (context, { arguments: { TASK } }) => {
    const { io, signal } = context;
    const { tasks } = await senderOf(context);
    let last = '';
    const { status } = await tasks.wait(TASK, {
      signal,
      until: (task) => {
        const state = JSON.stringify(task);
        if (state !== last) io.print(task, () => progressLine(task));
        last = state;
        return task.status !== 'pending';
      },
    });
    return status === 'succeeded' ? 'ok' : 'endedOtherwise';
  },
});
