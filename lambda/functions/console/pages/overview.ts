import { LIVE_SECONDS } from '../../../contract/operator-limits.ts';
import type { ConsolePage } from '../../../shared/console/visit.ts';
import { countOf, showTime } from '../../../shared/console/words.ts';
import { type Html, html, type Url } from '../../../shared/html/template.ts';
import { urlOf, urlOutside } from '../../../shared/html/url.ts';
import type { OverviewView, ReadOverview, RefusalCount } from '../../../shared/operator/overview.ts';
import type { RaisedAlarm } from '../../../shared/operator/raised-alarms.ts';
import { table } from './parts.ts';
import { metric, processorTable } from './processors.ts';

/** The console's first page: what needs attention, and the processors. */
export const overviewPage = async (readOverview: ReadOverview): Promise<ConsolePage> => {
  const view = await readOverview();
  return {
    title: 'Overview',
    live: {
      seconds: LIVE_SECONDS.list,
      count: view.alarms === null ? 'Alarms are not available now.' : `${countOf(view.alarms.length, 'alarm')} raised.`,
    },
    body: html`<h2>Alarms</h2>
${alarms(view.alarms)}
<h2>Environment</h2>
<div class="cards">
${card('Late deliveries that wait', waiting(view.quarantine), urlOf('consoleQuarantine'))}
${card('Dead letters', letters(view.deadLetters), urlOf('consoleDeadLetters'))}
${card('Expired in 24 hours', metric(view.expired24h), urlOf('consoleTasks', {}, { status: 'expired' }))}
${card('Refused in 24 hours', refused(view.refusals24h), urlOf('consoleReplays'))}
</div>
<h2>Processors</h2>
${view.processors === null ? NOT_AVAILABLE : processorTable(view.processors)}
<h2>Refusals by reason, 24 hours</h2>
${
  view.refusals24h === null
    ? NOT_AVAILABLE
    : table<RefusalCount>(
        { caption: 'Most frequent first', empty: 'No callback was refused.', idOf: ({ code }) => `refusal-${code}` },
        [
          {
            name: 'Reason',
            cell: ({ code }) => html`<a href="${urlOf('problem', { code })}"><code>${code}</code></a>`,
          },
          { name: 'Callbacks', cell: ({ count }) => html`${count.toLocaleString('en')}`, kind: 'number' },
        ],
        view.refusals24h,
      )
}`,
  };
};

const NOT_AVAILABLE = html`<p class="muted">Not available now: the service that counts did not answer.</p>`;

const alarms = (raised: readonly RaisedAlarm[] | null): Html => {
  if (raised === null) return NOT_AVAILABLE;
  return raised.length === 0
    ? html`<p class="empty">No alarm is raised.</p>`
    : html`<ul class="alarms">
${raised.map(
  ({
    name,
    runbookUrl,
    since,
  }) => html`<li><span class="state bad">alarm</span> <strong>${name}</strong>${since !== undefined && html` since ${showTime(since)}`}
${runbookUrl !== undefined && html` <a href="${urlOutside(runbookUrl)}">Runbook</a>`}</li>
`,
)}</ul>`;
};

const card = (
  name: string,
  figure: Html,
  link: Url,
): Html => html`<section class="card"><p class="figure">${figure}</p><p><a href="${link}">${name}</a></p></section>
`;

const waiting = (quarantine: OverviewView['quarantine']): Html =>
  quarantine === null
    ? metric(null)
    : html`${quarantine.count.toLocaleString('en')}${quarantine.isLowerBound && ' or more'}`;

const letters = (queues: OverviewView['deadLetters']): Html => {
  const counts = queues.flatMap(({ count }) => (count === null ? [] : [count]));
  return counts.length < queues.length ? metric(null) : metric(counts.reduce((sum, count) => sum + count, 0));
};

const refused = (refusals: OverviewView['refusals24h']): Html =>
  metric(refusals === null ? null : refusals.reduce((sum, { count }) => sum + count, 0));
