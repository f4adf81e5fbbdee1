import { type AuditEntry, OPERATOR_ACTIONS } from '../../../contract/audit.ts';
import { LIVE_SECONDS } from '../../../contract/operator-limits.ts';
import type { ConsolePage, Visit } from '../../../shared/console/visit.ts';
import { countOf, showTime } from '../../../shared/console/words.ts';
import { showSenderText } from '../../../shared/html/shown-text.ts';
import { html } from '../../../shared/html/template.ts';
import { urlOf } from '../../../shared/html/url.ts';
import { listAudit, readAuditQuery } from '../../../shared/operator/list-audit.ts';
import { fieldsOf, readFilters } from './list-query.ts';
import { type Column, filterForm, nextPage, type ServicesOf, TIME_FORM, table, taskLink } from './parts.ts';

/** All actions of operators, done and refused, newest first. */
export const auditPage = async (
  { now, request }: Visit,
  { auditList }: ServicesOf<'auditList'>,
): Promise<ConsolePage> => {
  const { faults, query } = readFilters(request, readAuditQuery);
  const field = fieldsOf(request, faults);
  const above = filterForm(urlOf('consoleAudit'), [
    field('Operator', 'operator', { placeholder: 'the sub' }),
    field('Action', 'action', { options: OPERATOR_ACTIONS }),
    field('Target', 'target', { placeholder: 'id or name' }),
    field('After', 'after', { placeholder: TIME_FORM }),
    field('Before', 'before', { placeholder: TIME_FORM }),
  ]);
  if (query === undefined) {
    return {
      title: 'Audit',
      status: 400,
      above,
      body: html`<p class="warning">Correct the filters. Nothing was read.</p>`,
    };
  }
  const { audit, cursor } = await listAudit(auditList, query, now * 1000);
  const count = countOf(audit.length, 'action');
  const next = cursor === undefined ? undefined : urlOf('consoleAudit', {}, { ...query.filters, cursor });
  return {
    title: 'Audit',
    above,
    live: { seconds: LIVE_SECONDS.list, count },
    body: html`${table({ caption: `${count}, newest first`, empty: 'No action matches.', idOf: ({ id }) => `action-${id}` }, COLUMNS, audit)}
${nextPage(next)}`,
  };
};

const COLUMNS: readonly Column<AuditEntry>[] = [
  { name: 'Time', cell: ({ at }) => showTime(at) },
  { name: 'Operator', cell: ({ operator }) => html`<code>${showSenderText(operator.sub)}</code>` },
  { name: 'Action', cell: ({ action }) => html`${action}` },
  { name: 'Target', cell: ({ target, taskId }) => (taskId === undefined ? html`${target}` : taskLink(taskId)) },
  { name: 'Reason', cell: ({ reason }) => html`${showSenderText(reason)}`, kind: 'text' },
  {
    name: 'Outcome',
    cell: ({ outcome, revision }) =>
      outcome === 'done'
        ? html`<span class="state good">done</span>${revision !== undefined && ` revision ${revision.before} → ${revision.after}`}`
        : html`<span class="state bad">refused</span> <code>${outcome}</code>`,
  },
  {
    name: 'Job',
    cell: ({ jobId }) =>
      jobId === undefined ? html`` : html`<a href="${urlOf('consoleJob', { id: jobId })}"><code>${jobId}</code></a>`,
  },
  { name: 'From', cell: ({ from }) => html`<code>${from}</code>` },
];
