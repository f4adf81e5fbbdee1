import type { BreakerPhase, ProcessorDispatchView } from '../../../contract/operator-api.ts';
import { LIVE_SECONDS } from '../../../contract/operator-limits.ts';
import { actionLink, refusalOfAction } from '../../../shared/console/action.ts';
import type { ConsolePage, Visit } from '../../../shared/console/visit.ts';
import { countOf, explainRefusal, showDeadline, showTime } from '../../../shared/console/words.ts';
import { showSenderText } from '../../../shared/html/shown-text.ts';
import { type Html, html } from '../../../shared/html/template.ts';
import { urlOf } from '../../../shared/html/url.ts';
import { processorLink, type ServicesOf, table } from './parts.ts';

type Services = ServicesOf<'processorDispatch' | 'disabledActions'>;

/** The processors that Postern sends work to: what waits, what failed, and what keeps it from being sent. */
export const dispatchPage = async (visit: Visit, services: Services): Promise<ConsolePage> => {
  const processors = await services.processorDispatch.list();
  const queued = processors.reduce((sum, one) => sum + one.queued, 0);
  return {
    title: 'Dispatch',
    live: { seconds: LIVE_SECONDS.list, count: `${countOf(queued, 'task')} queued` },
    body: html`<p class="lead">Work that Postern sends to processors. Only the dispatcher and the processor ever have its callback URLs.</p>
${numbers(processors, visit.now)}
${processors.map((processor) => section(processor, visit, services))}`,
  };
};

const numbers = (processors: readonly ProcessorDispatchView[], now: number): Html =>
  table<ProcessorDispatchView>(
    {
      caption: `${countOf(processors.length, 'processor')}. Counts of the last hour are up to two minutes old.`,
      empty:
        'The environment sends no work. A processor whose entry has the setting dispatch gets its tasks from Postern.',
      idOf: ({ processor }) => `dispatch-${processor}`,
    },
    [
      { name: 'Processor', cell: ({ processor }) => processorLink(processor) },
      { name: 'Sending', cell: sendingLabel },
      {
        name: 'Queued',
        cell: ({ processor, queued }) =>
          html`<a href="${urlOf('consoleTasks', {}, { processor, status: 'pending' })}">${queued.toLocaleString('en')}</a>`,
        kind: 'number',
      },
      { name: 'Oldest', cell: ({ oldestAt }) => (oldestAt === undefined ? html`` : showTime(oldestAt)) },
      {
        name: 'Next attempt',
        cell: ({ nextAttemptAt }) => (nextAttemptAt === undefined ? html`` : showDeadline(nextAttemptAt, now)),
      },
      { name: 'Not sent', cell: ({ failed }) => html`${failed.toLocaleString('en')}`, kind: 'number' },
      { name: 'Accepted, 1 h', cell: ({ lastHour }) => html`${lastHour.accepted}`, kind: 'number' },
      { name: 'Retried, 1 h', cell: ({ lastHour }) => html`${lastHour.retried}`, kind: 'number' },
      { name: 'Failed, 1 h', cell: ({ lastHour }) => html`${lastHour.failed}`, kind: 'number' },
    ],
    processors,
  );

const BREAKER_WORDS: Readonly<Record<BreakerPhase, string>> = {
  closed: 'closed: attempts are made',
  open: 'open: the processor could not be reached, and no attempt is made for a while',
  halfOpen: 'half open: one attempt decides',
};

/** Why work is sent or not, in a word with a colour. */
export const sendingLabel = ({ breaker, paused }: Pick<ProcessorDispatchView, 'breaker' | 'paused'>): Html => {
  if (paused !== undefined) return html`<span class="state bad">paused</span>`;
  return breaker === 'closed'
    ? html`<span class="state good">sending</span>`
    : html`<span class="state warn">breaker ${breaker === 'open' ? 'open' : 'half open'}</span>`;
};

const section = (view: ProcessorDispatchView, visit: Visit, services: Services): Html => {
  const { breaker, failed, paused, processor: id } = view;
  const why = (action: 'pause' | 'resume_dispatch' | 'dispatch') => {
    const refusal = refusalOfAction(visit, services, { access: 'act', action }, undefined);
    return refusal && explainRefusal(refusal, visit.operator.roles);
  };
  const redrive = urlOf('consoleConfirmDispatchAll', { id }, { of: 'failed' });
  return html`<h2 id="${id}">${id}</h2>
<div class="choices">${
    paused === undefined
      ? actionLink('Pause', urlOf('consoleConfirmPause', { id }), `pause-${id}`, why('pause'), true)
      : actionLink('Resume', urlOf('consoleConfirmResume', { id }), `resume-${id}`, why('resume_dispatch'))
  }
${actionLink('Send failed work again', redrive, `redrive-${id}`, why('dispatch') ?? (failed === 0 ? 'No work failed.' : undefined))}
${actionLink('Send work of a retired key again', urlOf('consoleConfirmDispatchAll', { id }, { of: 'retired_key' }), `retired-${id}`, why('dispatch'))}
${actionLink('Send work with an unknown answer again', urlOf('consoleConfirmDispatchAll', { id }, { of: 'answer_unknown' }), `unknown-${id}`, why('dispatch'))}</div>
<dl class="card">
<dt>Breaker</dt><dd>${paused === undefined ? BREAKER_WORDS[breaker] : '–'}</dd>
<dt>Paused</dt><dd>${pause(paused)}</dd>
</dl>
`;
};

const pause = (paused: ProcessorDispatchView['paused']): Html => {
  if (paused === undefined) return html`no`;
  const { at, by, reason } = paused;
  const who = by === 'postern' ? html`Postern itself` : html`the operator <code>${showSenderText(by.sub)}</code>`;
  return html`by ${who}, ${showTime(at)}<br>
Reason: ${showSenderText(reason)}`;
};
