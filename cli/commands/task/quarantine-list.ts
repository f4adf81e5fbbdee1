import type { QuarantinedView } from '@postern/client';
import { defineCommand } from '../../command.ts';
import { showTime } from '../../durations.ts';
import { senderOf } from '../../sign-in/clients.ts';

export const TASK_QUARANTINE_LIST_COMMAND = defineCommand({
  name: 'task quarantine list',
  summary: 'Lists the deliveries of a task that came too late',
  arguments: { TASK: { doc: 'id of the task' } },
  options: {},
  examples: ['postern task quarantine list TASK'],
  exits: ['notFound', 'signIn', 'refused', 'unavailable'],
  run: async (context, { arguments: { TASK } }) => {
    const { tasks } = await senderOf(context);
    const items = await tasks.quarantine.list(TASK, { signal: context.signal });
    await context.io.printList<QuarantinedView>({
      name: 'quarantine',
      items,
      columns: [
        { title: 'ID', value: ({ id }) => id },
        { title: 'WHY', value: ({ why }) => why },
        { title: 'CALLBACK', value: ({ capability }) => capability },
        { title: 'RECEIVED', value: ({ receivedAt }) => showTime(receivedAt, context.now()) },
        { title: 'TYPE', value: ({ contentType }) => contentType },
        { title: 'BYTES', value: ({ size }) => size },
        { title: 'SHA-256', value: ({ sha256 }) => sha256 },
      ],
      none: 'No delivery is in quarantine.',
    });
    return 'ok';
  },
});
