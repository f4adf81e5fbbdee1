import { defineCommand } from '../../command.ts';
import { confirmAction } from '../../confirm.ts';
import { senderOf } from '../../sign-in/clients.ts';
import { CONFIRM_OPTIONS } from './shared-options.ts';
import { taskLines } from './show-task.ts';

export const TASK_DISPATCH_COMMAND = defineCommand({
  name: 'task dispatch',
  summary: 'Sends the work of a task to its processor again',
  description:
    'A task that waits for its next attempt is sent now. One that the processor accepted, or that could not be sent, gets new callback URLs; the earlier ones stop working. The processor may do the work twice.',
  arguments: { TASK: { doc: 'id of the task, whose work Postern sends' } },
  options: {
    reason: { doc: 'why; for your own records, because the gateway keeps none', value: 'TEXT' },
    ...CONFIRM_OPTIONS,
  },
  examples: ['postern task dispatch TASK'],
  exits: ['notFound', 'signIn', 'refused', 'unavailable'],
  run: async (context, { arguments: { TASK }, options }) => {
    await confirmAction(context, { action: `Sends the task ${TASK} again`, reason: options.reason, yes: options.yes });
    const { tasks } = await senderOf(context);
    const task = await tasks.dispatch(TASK, { signal: context.signal });
    context.io.print(task, () => taskLines(task, context.now()));
    return 'ok';
  },
});
