import type { ProcessorView } from '../../../contract/operator-api.ts';
import { LIVE_SECONDS } from '../../../contract/operator-limits.ts';
import { actionLink, refusalOfAction } from '../../../shared/console/action.ts';
import type { ConsolePage, Visit } from '../../../shared/console/visit.ts';
import { countOf, explainRefusal, showTime } from '../../../shared/console/words.ts';
import { type Html, html } from '../../../shared/html/template.ts';
import { urlOf } from '../../../shared/html/url.ts';
import { listOperatorTasks, readTaskQuery } from '../../../shared/operator/list-tasks.ts';
import type { OverviewProcessor } from '../../../shared/operator/overview.ts';
import { isRefusal, type Refusal } from '../../../shared/refusal.ts';
import { type Column, gradeInWords, processorLink, type ServicesOf, table } from './parts.ts';
import { taskTable } from './tasks.ts';

/** All processors with their grades and counts. */
export const processorsPage = async ({
  processorOperations,
}: ServicesOf<'processorOperations'>): Promise<ConsolePage> => {
  const processors = await processorOperations.processors.list();
  const count = countOf(processors.length, 'processor');
  return {
    title: 'Processors',
    live: { seconds: LIVE_SECONDS.list, count },
    body: processorTable(processors, [
      { name: 'Proof', cell: ({ proof }) => html`${proof}` },
      { name: 'Carriers', cell: ({ carriers }) => html`${carriers.join(', ')}` },
    ]),
  };
};

/** A table of processors: grade and counts. @param more further columns after the grade */
export const processorTable = (
  processors: readonly OverviewProcessor[],
  more: readonly Column<OverviewProcessor>[] = [],
): Html =>
  table<OverviewProcessor>(
    {
      caption: countOf(processors.length, 'processor'),
      empty: 'The environment has no processor.',
      idOf: ({ id }) => `processor-${id}`,
    },
    [
      { name: 'Processor', cell: ({ id }) => processorLink(id) },
      { name: 'Grade', cell: ({ grade }) => html`${gradeInWords(grade)}` },
      ...more,
      { name: 'Pending', cell: ({ id, pending }) => pendingLink(id, pending), kind: 'number' },
      {
        name: 'Oldest pending',
        cell: ({ oldestPendingAt }) => (oldestPendingAt === undefined ? html`` : showTime(oldestPendingAt)),
      },
      {
        name: 'Expiring within the hour',
        cell: ({ expiringWithinHour }) => html`${expiringWithinHour}`,
        kind: 'number',
      },
      { name: 'Accepted, 24 h', cell: ({ accepted24h }) => metric(accepted24h), kind: 'number' },
      { name: 'Replays, 24 h', cell: ({ replays24h }) => metric(replays24h), kind: 'number' },
    ],
    processors,
  );

const pendingLink = (processor: string, pending: number): Html =>
  html`<a href="${urlOf('consoleTasks', {}, { processor, status: 'pending' })}">${pending.toLocaleString('en')}</a>`;

/** A count of CloudWatch; null if CloudWatch did not answer. */
export const metric = (count: number | null): Html =>
  count === null ? html`<span class="muted">not available now</span>` : html`${count.toLocaleString('en')}`;

/** One processor: its entry, its counts, its pending tasks, and the revocation of all its callbacks. */
export const processorPage = async (
  visit: Visit,
  id: string,
  services: ServicesOf<'processorOperations' | 'taskLists' | 'registry' | 'disabledActions'>,
): Promise<ConsolePage | Refusal> => {
  const processor = await services.processorOperations.processors.read(id);
  if (isRefusal(processor)) return processor;
  const query = readTaskQuery(
    {
      ...visit.request,
      query: [
        ['processor', id],
        ['status', 'pending'],
      ],
    },
    services.registry,
  );
  if (isRefusal(query)) return query;
  const { cursor, tasks } = await listOperatorTasks(services.taskLists, query, visit.now * 1000);
  const refusal = refusalOfAction(visit, services, { access: 'act', action: 'revoke_all' }, undefined);
  const why = refusal && explainRefusal(refusal, visit.operator.roles);
  const count = countOf(processor.pending, 'pending task');
  return {
    title: id,
    live: { seconds: LIVE_SECONDS.list, count },
    body: html`<div class="choices">${actionLink('Revoke all callbacks', urlOf('consoleConfirmRevokeAll', { id }), 'revoke-all', why, true)}</div>
<h2>Processor</h2>
${entry(processor)}
<h2>Pending tasks</h2>
<p>The processor can still call back for these tasks, unless their callbacks were revoked.</p>
${taskTable(tasks, visit.now, 'No task of this processor is pending.')}
${cursor !== undefined && html`<p class="more"><a href="${urlOf('consoleTasks', {}, { processor: id, status: 'pending' })}">All pending tasks of ${id}</a></p>`}`,
  };
};

const entry = (view: ProcessorView): Html => html`<dl class="card">
<dt>Grade</dt><dd>${gradeInWords(view.grade)}</dd>
<dt>Proof</dt><dd>${view.proof}</dd>
<dt>Carriers</dt><dd>${view.carriers.join(', ')}</dd>
<dt>Content types</dt><dd>${view.contentTypes.join(', ')}</dd>
<dt>Longest life of a callback</dt><dd>${view.maxExpiresIn.toLocaleString('en')} s</dd>
<dt>A replay is</dt><dd>${view.replayMode === 'acknowledge' ? 'acknowledged if it is a repeat with the same content, refused otherwise' : 'always refused'}</dd>
<dt>Pending</dt><dd>${view.pending.toLocaleString('en')}</dd>
<dt>Oldest pending</dt><dd>${view.oldestPendingAt === undefined ? 'none' : showTime(view.oldestPendingAt)}</dd>
<dt>Expiring within the hour</dt><dd>${view.expiringWithinHour}</dd>
<dt>Accepted in 24 hours</dt><dd>${view.accepted24h.toLocaleString('en')}</dd>
<dt>Replays in 24 hours</dt><dd>${view.replays24h.toLocaleString('en')}</dd>
</dl>`;
