import { TASK_FINDINGS } from '../../../contract/operator-api.ts';
import { LIVE_SECONDS } from '../../../contract/operator-limits.ts';
import { TASK_STATUSES, type TaskView } from '../../../contract/task.ts';
import type { ConsolePage, Visit } from '../../../shared/console/visit.ts';
import { countOf, showDeadline, showTime } from '../../../shared/console/words.ts';
import { showSenderText } from '../../../shared/html/shown-text.ts';
import { type Html, html } from '../../../shared/html/template.ts';
import { urlOf } from '../../../shared/html/url.ts';
import { listOperatorTasks, readTaskQuery } from '../../../shared/operator/list-tasks.ts';
import { fieldsOf, readFilters } from './list-query.ts';
import {
  type Column,
  filterForm,
  nextPage,
  processorLink,
  type ServicesOf,
  statusLabel,
  TIME_FORM,
  table,
  taskLink,
} from './parts.ts';

/** The list of tasks with its filters. A filtered view is a URL. */
export const tasksPage = async (
  { request, now }: Visit,
  { registry, taskLists }: ServicesOf<'registry' | 'taskLists'>,
): Promise<ConsolePage> => {
  const { faults, query } = readFilters(request, (sent) => readTaskQuery(sent, registry));
  const field = fieldsOf(request, faults);
  const above = filterForm(urlOf('consoleTasks'), [
    field('Application', 'application', { options: taskLists.applications }),
    field('Status', 'status', { options: TASK_STATUSES }),
    field('Processor', 'processor', { options: Object.keys(registry) }),
    field('Resource', 'resource', { placeholder: 'exact' }),
    field('Owner', 'owner', { placeholder: 'exact' }),
    field('Created after', 'createdAfter', { placeholder: TIME_FORM }),
    field('Created before', 'createdBefore', { placeholder: TIME_FORM }),
    field('Expires before', 'expiresBefore', { placeholder: TIME_FORM }),
    field('Has', 'has', { options: TASK_FINDINGS }),
  ]);
  if (query === undefined) {
    return {
      title: 'Tasks',
      status: 400,
      above,
      body: html`<p class="warning">Correct the filters. No task was read.</p>`,
    };
  }
  const { cursor, tasks } = await listOperatorTasks(taskLists, query, now * 1000);
  const count = countOf(tasks.length, 'task');
  const next = cursor === undefined ? undefined : urlOf('consoleTasks', {}, { ...query.filters, cursor });
  return {
    title: 'Tasks',
    above,
    live: { seconds: LIVE_SECONDS.list, count },
    body: html`${taskTable(tasks, now, 'No task matches.')}
${nextPage(next)}`,
  };
};

/** A table of tasks, newest first. @param now seconds since 1970 */
export const taskTable = (tasks: readonly TaskView[], now: number, empty: string): Html =>
  table(
    { caption: `${countOf(tasks.length, 'task')}, newest first`, empty, idOf: ({ taskId }) => `task-${taskId}` },
    columns(now),
    tasks,
  );

const columns = (now: number): readonly Column<TaskView>[] => [
  { name: 'Task', cell: ({ taskId }) => taskLink(taskId) },
  { name: 'Status', cell: ({ status }) => statusLabel(status) },
  { name: 'Application', cell: ({ application }) => html`${application}` },
  { name: 'Processor', cell: ({ processor }) => processorLink(processor) },
  { name: 'Resource', cell: ({ resource }) => html`${showSenderText(resource)}`, kind: 'text' },
  { name: 'Created', cell: ({ createdAt }) => showTime(createdAt) },
  {
    name: 'Ends',
    cell: ({ closedAt, expiresAt, status }) =>
      status === 'pending' ? showDeadline(expiresAt, now) : showTime(closedAt ?? expiresAt),
  },
];
