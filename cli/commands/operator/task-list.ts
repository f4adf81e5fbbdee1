import type { Task } from '@postern/client';
import { TASK_FINDINGS, type TaskFinding } from '../../../lambda/contract/operator-api.ts';
import { defineCommand } from '../../command.ts';
import { readDuration } from '../../durations.ts';
import { given } from '../../given.ts';
import { PAGE_OPTIONS, partOf, readPart } from '../../list-options.ts';
import { operatorOf } from '../../sign-in/clients.ts';
import { readTaskFilters, TASK_FILTER_OPTIONS, taskColumns } from '../../task-filters.ts';
import { EXITS_OF_LIST } from './shared-options.ts';

export const OPERATOR_TASK_LIST_COMMAND = defineCommand({
  name: 'operator task list',
  summary: 'Lists the tasks of all applications, newest first',
  options: {
    application: { doc: 'only tasks of this application', value: 'ID' },
    ...TASK_FILTER_OPTIONS,
    has: {
      doc: 'only tasks with such evidence, with callbacks of a retired key, or that the processor may not have',
      value: 'KIND',
      choices: TASK_FINDINGS,
    },
    expiresWithin: { doc: 'only pending tasks that expire within this time, such as 1h', value: 'DURATION' },
    expiresBefore: { doc: 'only pending tasks that expire before this time, in RFC 3339', value: 'TIME' },
    ...PAGE_OPTIONS,
  },
  examples: [
    'postern operator task list --status pending --expires-within 1h',
    'postern operator task list --has replay --since 1d -o json',
  ],
  exits: EXITS_OF_LIST,
  run: async (context, { options }) => {
    const { io, now, signal } = context;
    const { expiresWithin } = options;
    const part =
      expiresWithin === undefined
        ? readPart(options, { flag: '--since', value: options.since, instead: '--created-after' })
        : readPart(options, { flag: '--expires-within', value: expiresWithin, instead: '--expires-before' });
    const expiresBefore =
      expiresWithin === undefined
        ? options.expiresBefore
        : new Date(now() + readDuration('--expires-within', expiresWithin) * 1_000).toISOString();
    const query = given({
      ...readTaskFilters(options, now()),
      application: options.application,
      has: options.has as TaskFinding | undefined,
      expiresBefore,
    });
    const { tasks } = await operatorOf(context);
    const items = partOf(
      part,
      (page) => tasks.list({ ...query, ...page }, { signal }),
      (page) => page.tasks,
    );
    const all = taskColumns(now());
    await io.printList<Task>({
      name: 'tasks',
      items,
      nextCursor: items.nextCursor,
      columns: [all.task, all.status, all.application, all.processor, all.resource, all.owner, all.opened, all.expires],
      none: 'No task matches.',
    });
    return 'ok';
  },
});
