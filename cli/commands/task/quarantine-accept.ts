import { defineCommand } from '../../command.ts';
import { confirmAction } from '../../confirm.ts';
import { senderOf } from '../../sign-in/clients.ts';
import { CONFIRM_OPTIONS } from './shared-options.ts';
import { taskLines } from './show-task.ts';

export const TASK_QUARANTINE_ACCEPT_COMMAND = defineCommand({
  name: 'task quarantine accept',
  summary: 'Takes a late delivery as the outcome of its expired task',
  arguments: { TASK: { doc: 'id of the task' }, ID: { doc: 'id of the delivery' } },
  options: {
    reason: { doc: 'why; for your own records, because the gateway keeps none', value: 'TEXT' },
    ...CONFIRM_OPTIONS,
  },
  examples: ['postern task quarantine accept TASK ID'],
  exits: ['notFound', 'signIn', 'refused', 'unavailable'],
  run: async (context, { arguments: { ID, TASK }, options }) => {
    await confirmAction(context, {
      action: `Accepts a late delivery of ${TASK}`,
      reason: options.reason,
      yes: options.yes,
    });
    const { tasks } = await senderOf(context);
    const task = await tasks.quarantine.accept(TASK, ID, { signal: context.signal });
    context.io.print(task, () => taskLines(task, context.now()));
    return 'ok';
  },
});
