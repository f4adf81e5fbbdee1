import { LIVE_SECONDS } from '../../../contract/limits.ts';
import { actionLink, refusalOfAction } from '../../../shared/console/action.ts';
import type { ConsolePage, Visit } from '../../../shared/console/visit.ts';
import { explainRefusal, showDeadline, showTime } from '../../../shared/console/words.ts';
import { showSenderText } from '../../../shared/html/shown-text.ts';
import { type Html, html } from '../../../shared/html/template.ts';
import { urlOf } from '../../../shared/html/url.ts';
import type { InspectedTask, TaskAction } from '../../../shared/operator/act-on-task.ts';
import type { OperatorServices } from '../../../shared/operator/operator-services.ts';
import { isRefusal, type Refusal } from '../../../shared/refusal.ts';
import { statusLabel } from './parts.ts';

/** One task: state, timeline, callbacks, replays and quarantine, and what can be done with it. */
export const taskPage = async (
  visit: Visit,
  taskId: string,
  services: Pick<OperatorServices, 'tasks' | 'disabledActions'>,
): Promise<ConsolePage | Refusal> => {
  const inspected = await services.tasks.inspect(taskId);
  if (isRefusal(inspected)) return inspected;
  const { view } = inspected;
  return {
    title: taskId,
    beside: statusLabel(view.status),
    live: { seconds: LIVE_SECONDS.task, count: `The task is ${view.status}` },
    body: html`${actions(visit, inspected, services)}
${state(visit, inspected)}`,
    fields: { application: view.application },
  };
};

const ACTIONS = [
  { action: 'cancel', title: 'Cancel task', route: 'consoleConfirmCancel' },
  { action: 'revoke', title: 'Revoke callbacks', route: 'consoleConfirmRevoke' },
  { action: 'reopen', title: 'Reopen task', route: 'consoleConfirmReopen' },
] as const satisfies readonly { readonly action: TaskAction; readonly title: string; readonly route: string }[];

const actions = (
  visit: Visit,
  { refusalOf, view }: InspectedTask,
  services: Pick<OperatorServices, 'disabledActions'>,
): Html => html`<div class="choices">
${ACTIONS.map(({ action, route, title }) => {
  const refusal = refusalOfAction(visit, services, { access: 'act', action }, refusalOf(action));
  const why = refusal && explainRefusal(refusal, visit.operator.roles, view.status);
  return html`${actionLink(title, urlOf(route, { taskId: view.taskId }), action, why)}\n`;
})}</div>`;

const state = ({ now }: Visit, { view }: InspectedTask): Html => html`<h2>State</h2>
<dl class="card">
<dt>Status</dt><dd>${statusLabel(view.status)}</dd>
<dt>Created</dt><dd>${showTime(view.createdAt)}</dd>
<dt>Expires</dt><dd>${view.status === 'pending' ? showDeadline(view.expiresAt, now) : showTime(view.expiresAt)}</dd>
<dt>Resource</dt><dd>${showSenderText(view.resource)}</dd>
</dl>`;
