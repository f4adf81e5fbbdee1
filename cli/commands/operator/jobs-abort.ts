import { defineCommand } from '../../command.ts';
import { confirmAction } from '../../confirm.ts';
import { operatorOf } from '../../sign-in/clients.ts';
import { jobLines } from './follow-job.ts';
import { ACTION_OPTIONS, EXITS_OF_ONE } from './shared-options.ts';

export const OPERATOR_JOBS_ABORT_COMMAND = defineCommand({
  name: 'operator jobs abort',
  summary: 'Stops a job; what it has revoked stays revoked',
  arguments: { JOB: { doc: 'id of the job' } },
  options: ACTION_OPTIONS,
  examples: ['postern operator jobs abort JOB --reason "the wrong processor"'],
  exits: EXITS_OF_ONE,
  run: async (context, { arguments: { JOB }, options: { reason, yes } }) => {
    const { jobs } = await operatorOf(context);
    await confirmAction(context, { action: `Aborts the job ${JOB}`, reason, yes });
    const job = await jobs.abort(JOB, { reason }, { signal: context.signal });
    context.io.print(job, () => jobLines(job));
    return 'ok';
  },
});
