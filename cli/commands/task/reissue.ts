import { defineCommand } from '../../command.ts';
import { confirmAction } from '../../confirm.ts';
import { senderOf } from '../../sign-in/clients.ts';
import { CALLBACK_OPTIONS, CONFIRM_OPTIONS, ISSUE_OPTIONS, readIssueOptions } from './shared-options.ts';
import { issueCallbacks } from './show-task.ts';

export const TASK_REISSUE_COMMAND = defineCommand({
  name: 'task reissue',
  summary: 'Issues new callback URLs, so that the earlier ones stop working',
  arguments: { TASK: { doc: 'id of the task, which must be pending' } },
  options: {
    ...ISSUE_OPTIONS,
    ...CALLBACK_OPTIONS,
    reason: { doc: 'why; for your own records, because the gateway keeps none', value: 'TEXT' },
    ...CONFIRM_OPTIONS,
  },
  examples: ['postern task reissue TASK --out task.json', 'postern task reissue TASK --expires 2h --show-callbacks'],
  exits: ['notFound', 'signIn', 'refused', 'unavailable'],
  run: async (context, { arguments: { TASK }, options }) => {
    const request = readIssueOptions(options);
    await confirmAction(context, {
      action: `Issues new callbacks of ${TASK}`,
      reason: options.reason,
      yes: options.yes,
    });
    const { tasks } = await senderOf(context);
    await issueCallbacks(context, options, () => tasks.reissue(TASK, request, { signal: context.signal }));
    return 'ok';
  },
});
