import { defineCommand } from '../../command.ts';
import { confirmAction } from '../../confirm.ts';
import { senderOf } from '../../sign-in/clients.ts';
import { CONFIRM_OPTIONS } from './shared-options.ts';
import { taskLines } from './show-task.ts';

export const TASK_CANCEL_COMMAND = defineCommand({
  name: 'task cancel',
  summary: 'Cancels a task, so that its callback URLs stop working',
  arguments: { TASK: { doc: 'id of the task' } },
  options: {
    reason: { doc: 'why; for your own records, because the gateway keeps none', value: 'TEXT' },
    ...CONFIRM_OPTIONS,
  },
  examples: ['postern task cancel TASK --reason "opened twice"'],
  exits: ['notFound', 'signIn', 'refused', 'unavailable'],
  run: async (context, { arguments: { TASK }, options }) => {
    await confirmAction(context, { action: `Cancels the task ${TASK}`, reason: options.reason, yes: options.yes });
    const { tasks } = await senderOf(context);
    const task = await tasks.cancel(TASK, { signal: context.signal });
    context.io.print(task, () => taskLines(task, context.now()));
    return 'ok';
  },
});
