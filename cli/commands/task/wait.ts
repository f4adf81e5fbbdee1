import { defineCommand } from '../../command.ts';
import { readDuration } from '../../durations.ts';
import { senderOf } from '../../sign-in/clients.ts';
import { waitForTask } from './wait-for-task.ts';

export const TASK_WAIT_COMMAND = defineCommand({
  name: 'task wait',
  summary: 'Waits until a task has ended, and prints it',
  arguments: { TASK: { doc: 'id of the task' } },
  options: { timeout: { doc: 'longest time to wait, such as 90s, 30m, 1h or 2d', value: 'DURATION' } },
  examples: ['postern task wait TASK', 'postern task wait TASK --timeout 10m'],
  exits: ['notFound', 'signIn', 'refused', 'unavailable', 'endedOtherwise'],
  run: async (context, { arguments: { TASK }, options }) => {
    const seconds = options.timeout === undefined ? undefined : readDuration('--timeout', options.timeout);
    return waitForTask(context, await senderOf(context), TASK, seconds);
  },
});
