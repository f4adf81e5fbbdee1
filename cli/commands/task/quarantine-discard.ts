import { defineCommand } from '../../command.ts';
import { confirmAction } from '../../confirm.ts';
import { senderOf } from '../../sign-in/clients.ts';
import { CONFIRM_OPTIONS } from './shared-options.ts';

export const TASK_QUARANTINE_DISCARD_COMMAND = defineCommand({
  name: 'task quarantine discard',
  summary: 'Deletes a late delivery',
  arguments: { TASK: { doc: 'id of the task' }, ID: { doc: 'id of the delivery' } },
  options: {
    reason: { doc: 'why; for your own records, because the gateway keeps none', value: 'TEXT' },
    ...CONFIRM_OPTIONS,
  },
  examples: ['postern task quarantine discard TASK ID'],
  exits: ['notFound', 'signIn', 'refused', 'unavailable'],
  run: async (context, { arguments: { ID, TASK }, options }) => {
    await confirmAction(context, {
      action: `Discards a late delivery of ${TASK}`,
      reason: options.reason,
      yes: options.yes,
    });
    const { tasks } = await senderOf(context);
    await tasks.quarantine.discard(TASK, ID, { signal: context.signal });
    context.io.note('The delivery was discarded.');
    return 'ok';
  },
});
