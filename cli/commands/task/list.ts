import type { Task } from '@postern/client';
import { defineCommand } from '../../command.ts';
import { given } from '../../given.ts';
import { PAGE_OPTIONS, partOf, readPart } from '../../list-options.ts';
import { senderOf } from '../../sign-in/clients.ts';
import { readTaskFilters, TASK_FILTER_OPTIONS, taskColumns } from '../../task-filters.ts';

export const TASK_LIST_COMMAND = defineCommand({
  name: 'task list',
  summary: 'Lists the tasks of your application, newest first',
  options: {
    ...TASK_FILTER_OPTIONS,
    ...PAGE_OPTIONS,
  },
  examples: [
    'postern task list --status pending',
    'postern task list --resource invoice-77 -o json',
    'postern task list --processor acme-ocr --since 2h --limit 500 -o jsonl',
  ],
  exits: ['signIn', 'refused', 'unavailable'],
  run: async (context, { options }) => {
    const { io, now, signal } = context;
    const part = readPart(options, { flag: '--since', value: options.since, instead: '--created-after' });
    const { tasks } = await senderOf(context);
    const query = given(readTaskFilters(options, now()));
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
      columns: [all.task, all.status, all.processor, all.resource, all.owner, all.opened, all.expires, all.progress],
      none: 'No task matches.',
    });
    return 'ok';
  },
});
