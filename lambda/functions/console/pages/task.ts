import { CAPABILITY_NAMES } from '../../../contract/capabilities.ts';
import type { CallbackView, OperatorTaskView } from '../../../contract/operator-api.ts';
import { LIVE_SECONDS } from '../../../contract/operator-limits.ts';
import type { Payload, QuarantinedView } from '../../../contract/task.ts';
import { actionLink, refusalOfAction } from '../../../shared/console/action.ts';
import type { ConsolePage, Visit } from '../../../shared/console/visit.ts';
import { explainRefusal, showDeadline, showTime, sizeInWords } from '../../../shared/console/words.ts';
import { showProcessorText, showSenderText } from '../../../shared/html/shown-text.ts';
import { type Html, html } from '../../../shared/html/template.ts';
import { urlOf } from '../../../shared/html/url.ts';
import type { InspectedTask, TaskAction } from '../../../shared/operator/act-on-task.ts';
import type { DispatchHold } from '../../../shared/operator/processor-dispatch.ts';
import { isRefusal, type Refusal } from '../../../shared/refusal.ts';
import { offerDeliveryActions, offerReveal } from './delivery-actions.ts';
import { dispatchHold, dispatchState } from './dispatch-state.ts';
import { gradeInWords, processorLink, type ServicesOf, statusLabel, table, WHY_KEPT } from './parts.ts';
import { timeline } from './timeline.ts';
import { waitingWorkflow } from './waiting-workflow.ts';

/** One task: state, timeline, callbacks, replays and quarantine, and what can be done with it. */
export const taskPage = async (visit: Visit, taskId: string, services: Services): Promise<ConsolePage | Refusal> => {
  const inspected = await services.tasks.inspect(taskId);
  if (isRefusal(inspected)) return inspected;
  const { view } = inspected;
  const hold = canBeSent(view) ? await services.processorDispatch.readHold(view.processor) : undefined;
  return {
    title: taskId,
    beside: statusLabel(view.status),
    live: { seconds: LIVE_SECONDS.task, count: `The task is ${view.status}.` },
    body: html`${actions(visit, inspected, services)}
<h2 id="state">State</h2>
${state(visit, view, hold, services)}
<h2 id="timeline">Timeline</h2>
${timeline(view.timeline)}
<h2 id="callbacks">Callbacks</h2>
${callbacks(view.callbacks, view.status === 'pending')}
<h2 id="replays">Replays</h2>
${replays(view)}
<h2 id="quarantine">Quarantine</h2>
${quarantine(visit, inspected, services)}`,
    fields: { application: view.application },
  };
};

type Services = ServicesOf<'tasks' | 'processorDispatch' | 'disabledActions'>;

const ACTIONS = [
  { action: 'cancel', title: 'Cancel task', route: 'consoleConfirmCancel', isDanger: true },
  { action: 'revoke', title: 'Revoke callbacks', route: 'consoleConfirmRevoke', isDanger: true },
  { action: 'dispatch', title: 'Send again', route: 'consoleConfirmSendAgain', isDanger: false },
  { action: 'reopen', title: 'Reopen task', route: 'consoleConfirmReopen', isDanger: false },
] as const satisfies readonly { readonly action: TaskAction; readonly [property: string]: unknown }[];

const actions = (visit: Visit, { refusalOf, view }: InspectedTask, services: Services): Html =>
  html`<div class="choices">
${ACTIONS.filter(({ action }) => action !== 'dispatch' || view.dispatch !== undefined).map(
  ({ action, isDanger, route, title }) => {
    const refusal = refusalOfAction(visit, services, { access: 'act', action }, refusalOf(action));
    const why = refusal && explainRefusal(refusal, visit.operator.roles, view.status);
    return html`${actionLink(title, urlOf(route, { taskId: view.taskId }), action, why, isDanger)}
`;
  },
)}</div>`;

/** True if an attempt to send the work of the task may follow, by itself or after "Send again". */
const canBeSent = ({ dispatch, status }: OperatorTaskView): boolean =>
  dispatch !== undefined && (status === 'pending' || dispatch.state === 'failed');

const state = (
  visit: Visit,
  view: OperatorTaskView,
  hold: DispatchHold | undefined,
  services: Services,
): Html => html`<dl class="card">
<dt>Status</dt><dd>${statusLabel(view.status)}</dd>
<dt>Application</dt><dd>${view.application}</dd>
<dt>Processor</dt><dd>${processorLink(view.processor)}</dd>
<dt>Resource</dt><dd>${showSenderText(view.resource)}</dd>
${view.owner !== undefined && html`<dt>Owner</dt><dd>${showSenderText(view.owner)}</dd>`}
<dt>Created</dt><dd>${showTime(view.createdAt)}</dd>
<dt>Expires</dt><dd>${view.status === 'pending' ? showDeadline(view.expiresAt, visit.now) : showTime(view.expiresAt)}</dd>
${view.closedAt !== undefined && html`<dt>Closed</dt><dd>${showTime(view.closedAt)}</dd>`}
${view.heartbeat !== undefined && html`<dt>Heartbeat</dt><dd>a progress report at least every ${view.heartbeat} s</dd>`}
${view.dispatch !== undefined && html`<dt>Dispatch</dt><dd>${dispatchState(view.dispatch)}${hold !== undefined && dispatchHold(view.processor, hold, visit.now)}</dd>`}
${view.resume !== undefined && html`<dt>Waiting workflow</dt><dd>${waitingWorkflow(view.resume)}</dd>`}
<dt>Progress</dt><dd>${progress(view)}</dd>
${payload('result', visit, view, services)}${payload('failure', visit, view, services)}
${Object.entries(view.metadata ?? {}).map(
  ([name, value]) => html`<dt>Metadata: ${showSenderText(name)}</dt><dd>${showSenderText(metadataText(value))}</dd>
`,
)}<dt>Revision</dt><dd>${view.revision}</dd>
</dl>`;

const metadataText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

const progress = ({ progress }: OperatorTaskView): Html => {
  if (progress === undefined) return html`<span class="muted">no report</span>`;
  const { at, note, percent } = progress;
  return html`${percent !== undefined && `${percent} %, `}${showTime(at)}${note !== undefined && html`<br>${showProcessorText(note)}`}`;
};

const payload = (of: 'result' | 'failure', visit: Visit, view: OperatorTaskView, services: Services): Html => {
  const { [of]: found, taskId } = view;
  if (found === undefined) return html``;
  const name = of === 'result' ? 'Result' : 'Failure';
  return html`<dt>${name}</dt><dd>${describePayload(found)}${offerReveal(visit, { taskId, of }, services)}</dd>
`;
};

const describePayload = ({ contentType, receivedAt, sha256, size }: Payload): Html =>
  html`${showProcessorText(contentType)}, ${sizeInWords(size)}, received ${showTime(receivedAt)}<br>
<span class="muted">SHA-256</span> <code>${sha256}</code>`;

const callbacks = (views: readonly CallbackView[], isPending: boolean): Html => {
  const live = views.filter(({ revokedAt, uses, maxUses }) => isPending && revokedAt === undefined && uses < maxUses);
  return html`<p>${
    live.length === 0
      ? 'Nobody can call back.'
      : `The processor can still call back with: ${live.map(({ capability }) => capability).join(', ')}.`
  }</p>
${table<CallbackView>(
  {
    caption: 'Callbacks of the task',
    empty: 'The task has no callbacks: they were never issued anew after the task was reopened.',
    idOf: ({ capability }) => `callback-${capability}`,
  },
  [
    { name: 'Capability', cell: ({ capability }) => html`${capability}` },
    { name: 'End of its jti', cell: ({ jtiEnd }) => html`<code>…${jtiEnd}</code>` },
    { name: 'Carrier', cell: ({ carrier }) => html`${carrier}` },
    { name: 'Grade', cell: ({ grade }) => (grade === undefined ? html`unknown` : html`${gradeInWords(grade)}`) },
    { name: 'Uses', cell: ({ maxUses, uses }) => html`${uses} of ${maxUses}`, kind: 'number' },
    { name: 'Expires', cell: ({ expiresAt }) => showTime(expiresAt) },
    {
      name: 'State',
      cell: (one) =>
        one.revokedAt !== undefined
          ? html`<span class="state bad">revoked</span> ${showTime(one.revokedAt)}`
          : live.includes(one)
            ? html`<span class="state warn">live</span>`
            : html`<span class="state">${one.uses < one.maxUses ? 'ended' : 'used'}</span>`,
    },
  ],
  [...views].sort((a, b) => CAPABILITY_NAMES.indexOf(a.capability) - CAPABILITY_NAMES.indexOf(b.capability)),
)}`;
};

const replays = ({ timeline }: OperatorTaskView): Html => {
  const found = timeline.flatMap(({ replay }) => (replay === undefined ? [] : [replay]));
  if (found.length === 0) return html`<p class="muted">No token of the task was used for another delivery.</p>`;
  return html`${found.map(
    ({
      first,
      second,
    }) => html`<p>The second delivery used a token that was already used, with another content. It was refused with <code>token_replayed</code>, and nothing of it was kept. A digest is the SHA-256 of path, media type and content together.</p>
<div class="sides">
<dl class="card"><dt>First delivery</dt><dd>accepted</dd><dt>Time</dt><dd>${showTime(first.at)}</dd><dt>Digest</dt><dd><code>${first.sha256}</code></dd></dl>
<dl class="card"><dt>Second delivery</dt><dd>refused</dd><dt>Time</dt><dd>${showTime(second.at)}</dd><dt>From</dt><dd><code>${second.from}</code></dd><dt>Digest</dt><dd><code>${second.sha256}</code></dd></dl>
</div>
`,
  )}`;
};

const quarantine = (visit: Visit, inspected: InspectedTask, services: Services): Html => {
  const { taskId, quarantine: entries } = inspected.view;
  return table<QuarantinedView>(
    {
      caption: 'Deliveries in quarantine, oldest first',
      empty: 'No delivery waits.',
      idOf: ({ id }) => `quarantined-${id}`,
    },
    [
      { name: 'Received', cell: ({ receivedAt }) => showTime(receivedAt) },
      { name: 'Kind', cell: ({ capability }) => html`${capability}` },
      { name: 'Why', cell: ({ why }) => html`${WHY_KEPT[why]}` },
      { name: 'Content type', cell: ({ contentType }) => html`${showProcessorText(contentType)}` },
      { name: 'Size', cell: ({ size }) => html`${sizeInWords(size)}`, kind: 'number' },
      {
        name: 'Actions',
        cell: ({ id }) => offerDeliveryActions(visit, { taskId, id, task: inspected.view }, services),
      },
    ],
    entries,
  );
};
