import { defineCommand } from '../../command.ts';
import { senderOf } from '../../sign-in/clients.ts';
import { outputPayload } from './payload.ts';

export const TASK_FAILURE_COMMAND = defineCommand({
  name: 'task failure',
  summary: 'Writes the bytes of the failure',
  description: 'Without --out they go to stdout as they came; a terminal gets text without control characters.',
  arguments: { TASK: { doc: 'id of the task' } },
  options: { out: { doc: 'writes them to a new file that only you can read', value: 'FILE' } },
  examples: ['postern task failure TASK', 'postern task failure TASK --out failure.bin'],
  exits: ['notFound', 'signIn', 'refused', 'unavailable'],
  run: async (context, { arguments: { TASK }, options }) => {
    const { tasks } = await senderOf(context);
    await outputPayload(context, options.out, () => tasks.failure(TASK, { signal: context.signal }));
    return 'ok';
  },
});
