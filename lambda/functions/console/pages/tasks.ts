import { LIVE_SECONDS } from '../../../contract/limits.ts';
import { PROCESSOR_ID_PATTERN } from '../../../contract/registry.ts';
import { TASK_STATUSES, type TaskView } from '../../../contract/task.ts';
import type { ConsolePage, Visit } from '../../../shared/console/visit.ts';
import { countOf, showDeadline, showTime } from '../../../shared/console/words.ts';
import { showSenderText } from '../../../shared/html/shown-text.ts';
import { html } from '../../../shared/html/template.ts';
import { urlOf } from '../../../shared/html/url.ts';
import { listOperatorTasks, readTaskQuery } from '../../../shared/operator/list-tasks.ts';
import type { OperatorServices } from '../../../shared/operator/operator-services.ts';
import { readFilters, sentFields } from './list-query.ts';
import { type Column, type FilterField, filterForm, nextPage, statusLabel, table, taskLink } from './parts.ts';

const TIME = '2026-11-30T08:00:00Z';

/** The list of tasks with its filters. A filtered view is a URL. */
export const tasksPage = async (
  { request, now }: Visit,
  { registry, taskLists }: Pick<OperatorServices, 'registry' | 'taskLists'>,
): Promise<ConsolePage> => {
  const { faults, query } = readFilters(request, (sent) => readTaskQuery(sent, registry));
  const sent = sentFields(request);
  const field = (label: string, name: string, more: Partial<FilterField> = {}): FilterField => ({
    label,
    name,
    value: sent.get(name) ?? '',
    fault: faults?.get(name),
    ...more,
  });
  const above = filterForm(urlOf('consoleTasks'), [
    field('Application', 'application', { options: taskLists.applications }),
    field('Status', 'status', { options: TASK_STATUSES }),
    field('Processor', 'processor', { options: Object.keys(registry) }),
    field('Resource', 'resource', { placeholder: 'exact' }),
    field('Owner', 'owner', { placeholder: 'exact' }),
    field('Created after', 'createdAfter', { placeholder: TIME }),
    field('Created before', 'createdBefore', { placeholder: TIME }),
    field('Expires before', 'expiresBefore', { placeholder: TIME }),
    field('Has', 'has', { options: ['quarantine', 'replay'] }),
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
    body: html`${table(`${count}, newest first`, COLUMNS(now), tasks, ({ taskId }) => `task-${taskId}`, 'No task matches.')}
${nextPage(next)}`,
  };
};

const COLUMNS = (now: number): readonly Column<TaskView>[] => [
  { name: 'Task', cell: ({ taskId }) => taskLink(taskId) },
  { name: 'Status', cell: ({ status }) => statusLabel(status) },
  { name: 'Application', cell: ({ application }) => html`${application}` },
  { name: 'Processor', cell: ({ processor }) => processorLink(processor) },
  { name: 'Resource', cell: ({ resource }) => html`${showSenderText(resource)}` },
  { name: 'Created', cell: ({ createdAt }) => showTime(createdAt) },
  {
    name: 'Ends',
    cell: ({ closedAt, expiresAt, status }) =>
      status === 'pending' ? showDeadline(expiresAt, now) : showTime(closedAt ?? expiresAt),
  },
];

const processorLink = (id: string) =>
  PROCESSOR_ID_PATTERN.test(id) ? html`<a href="${urlOf('consoleProcessor', { id })}">${id}</a>` : html`${id}`;
