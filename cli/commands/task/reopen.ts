import { defineCommand } from '../../command.ts';
import { confirmAction } from '../../confirm.ts';
import { readJsonInput } from '../../files.ts';
import { senderOf } from '../../sign-in/clients.ts';
import { CALLBACK_OPTIONS, CONFIRM_OPTIONS, ISSUE_OPTIONS, REASON_OPTION, readIssueOptions } from './shared-options.ts';
import { issueCallbacks } from './show-task.ts';

export const TASK_REOPEN_COMMAND = defineCommand({
  name: 'task reopen',
  summary: 'Undoes a wrong delivery: the task is pending again, with new callback URLs',
  arguments: { TASK: { doc: 'id of the task, which must have succeeded or failed' } },
  options: {
    reason: { ...REASON_OPTION.reason, required: true },
    input: {
      doc: 'the input again, if Postern sends the work: it was deleted when the task succeeded',
      value: '@FILE',
    },
    ...ISSUE_OPTIONS,
    ...CALLBACK_OPTIONS,
    ...CONFIRM_OPTIONS,
  },
  examples: ['postern task reopen TASK --reason "result of another invoice" --out task.json'],
  exits: ['notFound', 'signIn', 'refused', 'unavailable'],
  run: async (context, { arguments: { TASK }, options }) => {
    const request = {
      reason: options.reason,
      ...readIssueOptions(options),
      ...(options.input !== undefined && {
        input: await readJsonInput(context, '--input', options.input),
      }),
    };
    await confirmAction(context, { action: `Reopens the task ${TASK}`, reason: options.reason, yes: options.yes });
    const { tasks } = await senderOf(context);
    await issueCallbacks(context, options, () => tasks.reopen(TASK, request, { signal: context.signal }));
    return 'ok';
  },
});
