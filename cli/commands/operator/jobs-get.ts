import { defineCommand } from '../../command.ts';
import { operatorOf } from '../../sign-in/clients.ts';
import { jobLines } from './follow-job.ts';
import { EXITS_OF_ONE } from './shared-options.ts';

export const OPERATOR_JOBS_GET_COMMAND = defineCommand({
  name: 'operator jobs get',
  summary: 'Shows a job that revokes the callbacks of many tasks',
  arguments: { JOB: { doc: 'id of the job' } },
  options: {},
  examples: ['postern operator jobs get JOB'],
  exits: EXITS_OF_ONE,
  run: async (context, { arguments: { JOB } }) => {
    const { jobs } = await operatorOf(context);
    const job = await jobs.get(JOB, { signal: context.signal });
    context.io.print(job, () => jobLines(job));
    return 'ok';
  },
});
