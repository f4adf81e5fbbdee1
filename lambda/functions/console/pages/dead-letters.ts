import type { DeadLetterQueueView, DeadLetterView } from '../../../contract/operator-api.ts';
import { LIVE_SECONDS } from '../../../contract/operator-limits.ts';
import { actionLink, refusalOfAction } from '../../../shared/console/action.ts';
import type { ConsolePage, Visit } from '../../../shared/console/visit.ts';
import { countOf, explainRefusal, showTime } from '../../../shared/console/words.ts';
import { showProcessorText } from '../../../shared/html/shown-text.ts';
import { type Html, html } from '../../../shared/html/template.ts';
import { urlOf } from '../../../shared/html/url.ts';
import { type ServicesOf, table, taskLink } from './parts.ts';

/** Dead letters of each queue: work that failed several times. */
export const deadLettersPage = async (
  visit: Visit,
  services: ServicesOf<'deadLetters' | 'disabledActions'>,
): Promise<ConsolePage> => {
  const queues = await services.deadLetters.list();
  const count = countOf(
    queues.reduce((sum, queue) => sum + queue.count, 0),
    'dead letter',
  );
  const refusal = refusalOfAction(visit, services, { access: 'act', action: 'redrive' }, undefined);
  const why = refusal && explainRefusal(refusal, visit.operator.roles);
  return {
    title: 'Dead letters',
    live: { seconds: LIVE_SECONDS.list, count },
    body: html`<p class="lead">Work of a function that failed several times. Find the cause first. Redriving does the work again.</p>
${queues.map((queue) => section(queue, why))}`,
  };
};

const section = (
  { count, items, oldestAt, queue }: DeadLetterQueueView,
  why: string | undefined,
): Html => html`<h2 id="${queue}">${queue}</h2>
<p>${countOf(count, 'dead letter')}${oldestAt !== undefined && html`, the oldest of ${showTime(oldestAt)}`}.</p>
${
  count > 0 &&
  html`<p>${actionLink('Redrive all', urlOf('consoleConfirmRedrive', { queue }), `redrive-${queue}`, why)}</p>
${table<DeadLetterView>(
  {
    caption: `Dead letters of ${queue}, oldest first`,
    empty: 'The letters are being read by somebody else. They come back within seconds.',
    idOf: ({ id }) => `letter-${id}`,
  },
  [
    { name: 'Time', cell: ({ at }) => showTime(at) },
    { name: 'Task', cell: ({ taskId }) => (taskId === undefined ? html`` : taskLink(taskId)) },
    { name: 'Cause', cell: ({ reason }) => html`${showProcessorText(reason)}`, kind: 'text' },
    {
      name: 'Action',
      cell: ({ id }) => actionLink('Redrive', urlOf('consoleConfirmRedrive', { queue }, { id }), `redrive-${id}`, why),
    },
  ],
  items,
)}`
}
`;
