import type { PlanView, PosternError } from '@postern/client/operator';
import { defineCommand } from '../../command.ts';
import { CommandError } from '../../command-error.ts';
import { confirmAction } from '../../confirm.ts';
import type { Context } from '../../context.ts';
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
      if (!settings.mayAsk || io.format !== 'text' || reason === undefined || plan.count === 0) {
        io.print(plan, () => planLines(PROCESSOR, plan, settings, now()));
        return 'ok';
      }
      io.note(planLines(PROCESSOR, plan, settings, now()));
      const answer = (
        await io.ask(`To revoke the callbacks of all these tasks, type their number, ${plan.count}:`)
      ).trim();
      if (answer === '') throw new CommandError('usage', 'No number was typed. Nothing was done.');
      count = readWhole('The number', answer);
    }
    await confirmAction(context, { action: `Revokes the callbacks of ${count} tasks of ${PROCESSOR}`, reason, yes });
    const request = { planId: plan.planId, confirm: count, reason: reason ?? '' };
    try {
      const { jobId } = await operator.processors.revoke(PROCESSOR, request, { signal });
      return await followJob(context, operator, jobId);
    } catch (error) {
      throw isOtherNumber(error) ? otherNumber(context, PROCESSOR, { count, plan, page: error.problem?.type }) : error;
    }
  },
});

const isOtherNumber = (error: unknown): error is PosternError =>
  error instanceof Error && error.name === 'PosternError' && (error as PosternError).code === 'plan_changed';

/** The refusal in words of the command line: the gateway names neither number, and its remedy is for programs. */
const otherNumber = (
  { settings }: Context,
  processor: string,
  { count, page, plan }: { readonly count: number; readonly plan: PlanView; readonly page: string | undefined },
): CommandError =>
  new CommandError(
    'refused',
    `plan_changed: The number of pending tasks of ${processor} with callbacks that work is ${plan.count} now, and not ${count}. Nothing was done.`,
    `Look at them with "${suggestCommand(settings, `operator processors revoke ${processor}`)}", then confirm their number.` +
      (page === undefined ? '' : ` See ${page}`),
  );

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
