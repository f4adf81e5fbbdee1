import type { Task } from '@postern/client';
import { TASK_STATUSES, type TaskStatus } from '../../../lambda/contract/task.ts';
import { defineCommand } from '../../command.ts';
import { readDuration, showTime } from '../../durations.ts';
import { PAGE_OPTIONS, partOf, readPart, sinceOrAfter } from '../../list-options.ts';
import { operatorOf } from '../../sign-in/clients.ts';
import { EXITS_OF_LIST, given } from './shared-options.ts';

export const OPERATOR_TASK_LIST_COMMAND = defineCommand({
  name: 'operator task list',
  summary: 'Lists the tasks of all applications, newest first',
  options: {
    application: { doc: 'only tasks of this application', value: 'ID' },
    status: { doc: 'only tasks with this status', value: 'STATUS', choices: TASK_STATUSES },
    processor: { doc: 'only tasks of this processor', value: 'ID' },
    resource: { doc: 'only tasks about this, exactly as it was given', value: 'NAME' },
    owner: { doc: 'only tasks of this owner', value: 'ID' },
    has: { doc: 'only tasks with such evidence', value: 'KIND', choices: ['quarantine', 'replay'] },
    since: { doc: 'only tasks that were opened in this time, such as 2h', value: 'DURATION' },
    createdAfter: { doc: 'only tasks that were opened after this time, in RFC 3339', value: 'TIME' },
    createdBefore: { doc: 'only tasks that were opened before this time, in RFC 3339', value: 'TIME' },
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
    const { application, createdBefore, expiresWithin, owner, processor, resource } = options;
    const part =
      expiresWithin === undefined
        ? readPart(options, { flag: '--since', value: options.since, instead: '--created-after' })
        : readPart(options, { flag: '--expires-within', value: expiresWithin, instead: '--expires-before' });
    const expiresBefore =
      expiresWithin === undefined
        ? options.expiresBefore
        : new Date(now() + readDuration('--expires-within', expiresWithin) * 1_000).toISOString();
    const query = given({
      application,
      status: options.status as TaskStatus | undefined,
      processor,
      resource,
      owner,
      has: options.has as 'quarantine' | 'replay' | undefined,
      createdAfter: sinceOrAfter(options.since, options.createdAfter, now()),
      createdBefore,
      expiresBefore,
    });
    const { tasks } = await operatorOf(context);
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
        { title: 'APPLICATION', value: ({ application }) => application },
        { title: 'PROCESSOR', value: ({ processor }) => processor },
        { title: 'RESOURCE', value: ({ resource }) => resource },
        { title: 'OWNER', value: ({ owner }) => owner },
        { title: 'OPENED', value: ({ createdAt }) => showTime(createdAt, now()) },
        {
          title: 'EXPIRES',
          value: ({ expiresAt, status }) => (status === 'pending' ? showTime(expiresAt, now()) : ''),
        },
      ],
      none: 'No task matches.',
    });
    return 'ok';
  },
});
