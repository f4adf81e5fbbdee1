import type { BulkSending, JobView } from '../../../contract/operator-api.ts';
import { LIVE_SECONDS } from '../../../contract/operator-limits.ts';
import { actionLink, refusalOfAction } from '../../../shared/console/action.ts';
import type { ConsolePage, Visit } from '../../../shared/console/visit.ts';
import { explainRefusal } from '../../../shared/console/words.ts';
import { type Html, html } from '../../../shared/html/template.ts';
import { urlOf } from '../../../shared/html/url.ts';
import { isRefusal, type Refusal } from '../../../shared/refusal.ts';
import { processorLink, type ServicesOf, taskLink } from './parts.ts';

/** The progress of a bulk job. */
export const jobPage = async (
  visit: Visit,
  id: string,
  services: ServicesOf<'processorOperations' | 'disabledActions'>,
): Promise<ConsolePage | Refusal> => {
  const job = await services.processorOperations.revocations.describe(id);
  if (isRefusal(job)) return job;
  const { processor, sends, view } = job;
  const { count, done, failed, pace, skipped, state } = view;
  const refusal = refusalOfAction(visit, services, { access: 'act', action: 'abort' }, undefined);
  const why = state === 'running' ? refusal && explainRefusal(refusal, visit.operator.roles) : `The job is ${state}.`;
  return {
    title: `Job ${id}`,
    beside: html`<span class="state${TONES[state]}">${state}</span>`,
    live: { seconds: LIVE_SECONDS.task, count: `${done} of ${count} tasks are done.` },
    body: html`<div class="choices">${actionLink('Abort', urlOf('consoleConfirmAbort', { id }), 'abort', why, true)}</div>
<h2>Progress</h2>
<p><progress max="${Math.max(count, 1)}" value="${done + skipped + failed.length}" aria-label="Progress"></progress></p>
<dl class="card">
<dt>State</dt><dd>${state}</dd>
<dt>Work</dt><dd>${workOf(sends, processor)}</dd>
<dt>Tasks of the plan</dt><dd>${count.toLocaleString('en')}</dd>
<dt>${sends === undefined ? 'Callbacks revoked' : 'Sent again'}</dt><dd>${done.toLocaleString('en')}</dd>
<dt>Skipped</dt><dd>${skipped.toLocaleString('en')} that had changed since the plan</dd>
<dt>Failed</dt><dd>${failed.length.toLocaleString('en')}</dd>
<dt>Pace</dt><dd>${pace} tasks a second</dd>
</dl>
${
  failed.length > 0 &&
  html`<h2>Tasks that could not be changed</h2>
<ul>${failed.slice(0, MAX_FAILED).map((taskId) => html`<li>${taskLink(taskId)}</li>`)}</ul>
${failed.length > MAX_FAILED && html`<p class="muted">These are the first ${MAX_FAILED}. The operator API lists all.</p>`}`
}`,
  };
};

/** What the job does. */
const workOf = (sends: BulkSending | undefined, processor: string): Html => {
  const link = processorLink(processor);
  switch (sends) {
    case undefined:
      return html`revokes the callbacks of ${link}`;
    case 'failed':
      return html`sends work again that could not be sent to ${link}`;
    case 'retired_key':
      return html`sends work again that ${link} has with callbacks of a retired key`;
    case 'answer_unknown':
      return html`sends work again that ${link} may not have`;
  }
};

const TONES: Readonly<Record<JobView['state'], string>> = { running: ' warn', done: ' good', aborted: ' bad' };

/** Failed tasks that the page lists. A job may have thousands. */
const MAX_FAILED = 100;
