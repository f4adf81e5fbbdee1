import type { PlanView, PosternError, PosternOperator, StartedJob } from '@postern/client/operator';
import { CommandError } from '../../command-error.ts';
import { confirmAction } from '../../confirm.ts';
import type { Context } from '../../context.ts';
import { showTime } from '../../durations.ts';
import type { Exit } from '../../exit-codes.ts';
import { operatorOf } from '../../sign-in/clients.ts';
import { suggestCommand } from '../../suggest-command.ts';
import { followJob } from './follow-job.ts';
import { ACTION_OPTIONS, readWhole } from './shared-options.ts';

/** Options of a command that changes many tasks. */
export const BULK_OPTIONS = {
  confirm: { doc: 'number of tasks that you expect; another number changes nothing', value: 'NUMBER' },
  reason: { doc: `${ACTION_OPTIONS.reason.doc}; needed for the job, not for the plan`, value: 'TEXT' },
  yes: ACTION_OPTIONS.yes,
} as const;

/** What a command says about the tasks that it changes. */
export interface BulkWords {
  /** The command without `--confirm` and `--reason`. */
  readonly command: string;
  /** The tasks, as in "Pending tasks of acme-ocr with callbacks that work". */
  readonly tasks: string;
  /** "There is nothing to revoke". */
  readonly nothing: string;
  /** "This revokes them". */
  readonly does: string;
  /** "To revoke the callbacks of all these tasks". */
  readonly purpose: string;
  /** The action, with the number of tasks, as a sentence without a full stop. */
  readonly action: (count: number) => string;
}

export interface BulkWork {
  readonly options: {
    readonly confirm: string | undefined;
    readonly reason: string | undefined;
    readonly yes: boolean;
  };
  readonly words: BulkWords;
  readonly plan: (operator: PosternOperator) => Promise<PlanView>;
  readonly start: (
    operator: PosternOperator,
    request: { readonly planId: string; readonly confirm: number; readonly reason: string },
  ) => Promise<StartedJob>;
}

/**
 * Shows how many tasks a job would change, and starts it if a person or `--confirm` names their number. Then it shows the progress
 * of the job.
 */
export const planAndStart = async (
  context: Context,
  { options, plan: makePlan, start, words }: BulkWork,
): Promise<Exit> => {
  const { io, settings } = context;
  const { confirm, reason, yes } = options;
  const expected = confirm === undefined ? undefined : readWhole('--confirm', confirm);
  if (expected !== undefined && reason === undefined) {
    throw new CommandError('usage', '--confirm needs --reason: the audit records why.', 'Give --reason TEXT.');
  }
  const operator = await operatorOf(context);
  const plan = await makePlan(operator);
  let count = expected;
  if (count === undefined) {
    if (!settings.mayAsk || io.format !== 'text' || reason === undefined || plan.count === 0) {
      io.print(plan, () => planLines(context, words, plan));
      return 'ok';
    }
    io.note(planLines(context, words, plan));
    const answer = (await io.ask(`${words.purpose}, type their number, ${plan.count}:`)).trim();
    if (answer === '') throw new CommandError('usage', 'No number was typed. Nothing was done.');
    count = readWhole('The number', answer);
  }
  await confirmAction(context, { action: words.action(count), reason, yes });
  try {
    const { jobId } = await start(operator, { planId: plan.planId, confirm: count, reason: reason ?? '' });
    return await followJob(context, operator, jobId);
  } catch (error) {
    throw isOtherNumber(error) ? otherNumber(context, words, { count, plan, page: error.problem?.type }) : error;
  }
};

const isOtherNumber = (error: unknown): error is PosternError =>
  error instanceof Error && error.name === 'PosternError' && (error as PosternError).code === 'plan_changed';

/** The refusal in words of the command line: the gateway names neither number, and its remedy is for programs. */
const otherNumber = (
  { settings }: Context,
  { command, tasks }: BulkWords,
  { count, page, plan }: { readonly count: number; readonly plan: PlanView; readonly page: string | undefined },
): CommandError =>
  new CommandError(
    'refused',
    `plan_changed: The number of ${tasks} is ${plan.count} now, and not ${count}. Nothing was done.`,
    `Look at them with "${suggestCommand(settings, command)}", then confirm their number.` +
      (page === undefined ? '' : ` See ${page}`),
  );

const planLines = (
  { now, settings }: Context,
  { command, does, nothing, tasks }: BulkWords,
  { count, expiresAt, sample }: PlanView,
): string =>
  count === 0
    ? `There are no ${tasks}. ${nothing}.`
    : [
        `${tasks.charAt(0).toUpperCase()}${tasks.slice(1)}: ${count}, such as`,
        ...sample.map((taskId) => `  ${taskId}`),
        `Nothing was changed. ${does}:`,
        '',
        `  ${suggestCommand(settings, `${command} --confirm ${count} --reason TEXT`)}`,
        '',
        `The plan itself ends ${showTime(expiresAt, now())}; the command above makes a new one and compares the number.`,
      ].join('\n');
