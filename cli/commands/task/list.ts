import type { Task } from '@postern/client';
import { TASK_STATUSES } from '../../../lambda/contract/task.ts';
import { defineCommand } from '../../command.ts';
import { showTime } from '../../durations.ts';
import { PAGE_OPTIONS, partOf, readPart, sinceOrAfter } from '../../list-options.ts';
import { senderOf } from '../../sign-in/clients.ts';

export const TASK_LIST_COMMAND = defineCommand({
  name: 'task list',
  summary: 'Lists the tasks of your application, newest first',
  options: {
    status: { doc: 'only tasks with this status', value: 'STATUS', choices: TASK_STATUSES },
    processor: { doc: 'only tasks of this processor', value: 'ID' },
    resource: { doc: 'only tasks about this, exactly as it was given', value: 'NAME' },
    owner: { doc: 'only tasks of this owner', value: 'ID' },
    since: { doc: 'only tasks that were opened in this time, such as 2h', value: 'DURATION' },
    createdAfter: { doc: 'only tasks that were opened after this time, in RFC 3339', value: 'TIME' },
    createdBefore: { doc: 'only tasks that were opened before this time, in RFC 3339', value: 'TIME' },
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
    const createdAfter = sinceOrAfter(options.since, options.createdAfter, now());
    const { tasks } = await senderOf(context);
    const query = {
      ...(options.status !== undefined && { status: options.status as Task['status'] }),
      ...(options.processor !== undefined && { processor: options.processor }),
      ...(options.resource !== undefined && { resource: options.resource }),
      ...(options.owner !== undefined && { owner: options.owner }),
      ...(createdAfter !== undefined && { createdAfter }),
      ...(options.createdBefore !== undefined && { createdBefore: options.createdBefore }),
    };
    const items = partOf(
      part,
      (page) => tasks.list({ ...query, ...page }, { signal }),
      (page) => page.tasks,
    );
    await io.printList<Task>({
      name: 'tasks',
      items,
      nextCursor: items.nextCursor,
      columns: [
        { title: 'TASK', value: ({ taskId }) => taskId },
        { title: 'STATUS', value: ({ status }) => status },
        { title: 'PROCESSOR', value: ({ processor }) => processor },
        { title: 'RESOURCE', value: ({ resource }) => resource },
        { title: 'OWNER', value: ({ owner }) => owner },
        { title: 'OPENED', value: ({ createdAt }) => showTime(createdAt, now()) },
        {
          title: 'EXPIRES',
          value: ({ expiresAt, status }) => (status === 'pending' ? showTime(expiresAt, now()) : ''),
        },
        {
          title: 'PROGRESS',
          value: ({ progress }) => (progress?.percent === undefined ? '' : `${progress.percent} %`),
        },
      ],
      none: 'No task matches.',
    });
    return 'ok';
  },
});
