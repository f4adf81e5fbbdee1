import type { PlanView } from '@postern/client/operator';
import { defineCommand } from '../../command.ts';
import { CommandError } from '../../command-error.ts';
import { confirmAction } from '../../confirm.ts';
import { showTime } from '../../durations.ts';
import type { Settings } from '../../settings/settings.ts';
import { operatorOf } from '../../sign-in/clients.ts';
import { suggestCommand } from '../../suggest-command.ts';
import { followJob } from './follow-job.ts';
import { ACTION_OPTIONS, EXITS_OF_ONE, readWhole } from './shared-options.ts';

export const OPERATOR_PROCESSORS_REVOKE_COMMAND = defineCommand({
  name: 'operator processors revoke',
  summary: 'Stops the callbacks of all pending tasks of a processor, such as one whose database leaked',
  description:
    'Without --confirm it shows how many tasks that concerns and changes nothing; on a terminal it then asks. With --confirm and ' +
    'that number it starts a job and shows its progress. Ctrl-C ends this command, not the job.',
  arguments: { PROCESSOR: { doc: 'id of the processor' } },
  options: {
    confirm: { doc: 'number of tasks that you expect; another number changes nothing', value: 'NUMBER' },
    reason: { doc: `${ACTION_OPTIONS.reason.doc}; needed for the job, not for the plan`, value: 'TEXT' },
    yes: ACTION_OPTIONS.yes,
  },
  examples: [
    'postern operator processors revoke acme-ocr',
    'postern operator processors revoke acme-ocr --confirm 128 --reason "their database leaked"',
  ],
  exits: ['failed', ...EXITS_OF_ONE],
  run: async (context, { arguments: { PROCESSOR }, options: { confirm, reason, yes } }) => {
    const { io, now, settings, signal } = context;
    const expected = confirm === undefined ? undefined : readWhole('--confirm', confirm);
    if (expected !== undefined && reason === undefined) {
      throw new CommandError('usage', '--confirm needs --reason: the audit records why.', 'Give --reason TEXT.');
    }
    const operator = await operatorOf(context);
    const plan = await operator.processors.revoke(PROCESSOR, { plan: true }, { signal });
    let count = expected;
    if (count === undefined) {
      if (!settings.mayAsk || io.format !== 'text' || reason === undefined) {
        io.print(plan, () => planLines(PROCESSOR, plan, settings, now()));
        return 'ok';
      }
      io.note(planLines(PROCESSOR, plan, settings, now()));
      count = readWhole('The number', (await io.ask('Type the number of tasks to revoke their callbacks:')).trim());
    }
    await confirmAction(context, { action: `Revokes the callbacks of ${count} tasks of ${PROCESSOR}`, reason, yes });
    const request = { planId: plan.planId, confirm: count, reason: reason ?? '' };
    const { jobId } = await operator.processors.revoke(PROCESSOR, request, { signal });
    return followJob(context, operator, jobId);
  },
});

const planLines = (
  processor: string,
  { count, expiresAt, sample }: PlanView,
  settings: Settings,
  now: number,
): string =>
  count === 0
    ? `No pending task of ${processor} has a callback that works. There is nothing to revoke.`
    : [
        `Pending tasks of ${processor} with callbacks that work: ${count}, such as`,
        ...sample.map((taskId) => `  ${taskId}`),
        'Nothing was changed. This revokes them:',
        '',
        `  ${suggestCommand(settings, `operator processors revoke ${processor} --confirm ${count} --reason TEXT`)}`,
        '',
        `The plan itself ends ${showTime(expiresAt, now)}; the command above makes a new one and compares the number.`,
      ].join('\n');
