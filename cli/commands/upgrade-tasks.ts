import { defineCommand } from '../command.ts';
import { CommandError } from '../command-error.ts';

/** Tasks per second. */
const PACE = { min: 10, default: 50, max: 1_000 };

export const UPGRADE_TASKS_COMMAND = defineCommand({
  name: 'upgrade-tasks',
  summary: 'Gives every task of an earlier version the application "default", so that lists show it',
  description:
    'It may run while the gateway works, and several times: a task that has an application is left as it is. It changes the table ' +
    'itself, with AWS_REGION and the credentials of a role in "dataOperators" that may scan and update the table and use its key. ' +
    'docs/operate/upgrading.md has the step before it. Exit code 1 with busy tasks: other requests changed them at every attempt. Run it again.',
  options: {
    table: { doc: 'name of the tasks table: output TasksTableName of the State stack', value: 'NAME', required: true },
    pace: {
      doc: `tasks per second, a multiple of 10 from ${PACE.min} to ${PACE.max}`,
      value: 'TASKS',
      default: `${PACE.default}`,
    },
    dryRun: { doc: 'only counts the tasks' },
  },
  examples: [
    'postern upgrade-tasks --table Prod-State-Tasks12345678-ABCDEFGHIJKL --dry-run',
    'postern upgrade-tasks --table Prod-State-Tasks12345678-ABCDEFGHIJKL --pace 200',
  ],
  exits: ['failed'],
  run: async (context, { options: { dryRun, pace, table } }) => {
    const perSecond = Number(pace);
    if (!Number.isInteger(perSecond / 10) || perSecond < PACE.min || perSecond > PACE.max) {
      throw new CommandError(
        'usage',
        `--pace is "${pace}"; expected a multiple of 10 from ${PACE.min} to ${PACE.max}.`,
      );
    }
    const { upgradeTasks } = await import('../upgrade-tasks.ts');
    const counts = await upgradeTasks(context, { table, pace: perSecond, dryRun });
    return counts.busy === 0 ? 'ok' : 'failed';
  },
});
