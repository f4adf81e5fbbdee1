import type { QuarantinePage } from '../../../contract/operator-api.ts';
import { LIVE_SECONDS } from '../../../contract/operator-limits.ts';
import { inSeconds, statusAt } from '../../../contract/task.ts';
import type { ConsolePage, Visit } from '../../../shared/console/visit.ts';
import { countOf, showTime, sizeInWords } from '../../../shared/console/words.ts';
import { showProcessorText } from '../../../shared/html/shown-text.ts';
import { html } from '../../../shared/html/template.ts';
import { urlOf } from '../../../shared/html/url.ts';
import { listOperatorQuarantine, readEvidenceQuery } from '../../../shared/operator/list-evidence.ts';
import { orUnavailable } from '../../../shared/or-unavailable.ts';
import { isRefusal, type Refusal } from '../../../shared/refusal.ts';
import { type DeliveryTask, offerDeliveryActions } from './delivery-actions.ts';
import { oldestFirst } from './list-query.ts';
import { nextPage, processorLink, type ServicesOf, statusLabel, table, taskLink, WHY_KEPT } from './parts.ts';

type Entry = QuarantinePage['quarantine'][number];

/** Late deliveries of all tasks, the oldest first. */
export const quarantinePage = async (
  visit: Visit,
  services: ServicesOf<'taskLists' | 'disabledActions'>,
): Promise<ConsolePage | Refusal> => {
  const now = visit.now * 1000;
  const query = readEvidenceQuery(oldestFirst(visit.request), 'consoleQuarantine');
  if (isRefusal(query)) return query;
  const { cursor, quarantine } = await listOperatorQuarantine(services.taskLists, query, now);
  const tasks = await readTasks(services, quarantine, now);
  const count = countOf(quarantine.length, 'late delivery', 'late deliveries');
  const next = cursor === undefined ? undefined : urlOf('consoleQuarantine', {}, { cursor });
  return {
    title: 'Quarantine',
    live: { seconds: LIVE_SECONDS.list, count },
    body: html`${table<Entry>(
      {
        caption: `${count}, oldest first`,
        empty: 'No delivery waits for a decision.',
        idOf: ({ id }) => `quarantined-${id}`,
      },
      [
        { name: 'Task', cell: ({ taskId }) => taskLink(taskId) },
        {
          name: 'Status',
          cell: ({ taskId }) => {
            const task = tasks.get(taskId);
            return html`${task && statusLabel(task.status)}`;
          },
        },
        { name: 'Application', cell: ({ application }) => html`${application}` },
        { name: 'Processor', cell: ({ processor }) => processorLink(processor) },
        { name: 'Received', cell: ({ receivedAt }) => showTime(receivedAt) },
        { name: 'Why', cell: ({ capability, why }) => html`a ${capability}, ${WHY_KEPT[why]}` },
        {
          name: 'Content',
          cell: ({ contentType, size }) => html`${showProcessorText(contentType)}, ${sizeInWords(size)}`,
        },
        {
          name: 'Actions',
          cell: ({ id, taskId }) => offerDeliveryActions(visit, { taskId, id, task: tasks.get(taskId) }, services),
        },
      ],
      quarantine,
    )}
${nextPage(next)}`,
  };
};

/** The task decides what can be done with its deliveries. */
const readTasks = async (
  { taskLists }: ServicesOf<'taskLists'>,
  entries: readonly Entry[],
  now: number,
): Promise<ReadonlyMap<string, DeliveryTask>> => {
  const ids = [...new Set(entries.map(({ taskId }) => taskId))];
  if (ids.length === 0) return new Map();
  const tasks = await orUnavailable('tasks table', taskLists.index.load(ids, READ_ATTRIBUTES));
  return new Map(tasks.map((task) => [task.taskId, { ...task, status: statusAt(task, inSeconds(now)) }]));
};

const READ_ATTRIBUTES = [
  'taskId',
  'status',
  'deadline',
  'heartbeatDeadline',
  'purgeAt',
  'failure',
  'dispatch',
] as const;
