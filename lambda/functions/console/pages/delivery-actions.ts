import type { TaskView } from '../../../contract/task.ts';
import { actionLink, refusalOfAction } from '../../../shared/console/action.ts';
import type { PayloadOf } from '../../../shared/console/reveal-action.ts';
import type { Visit } from '../../../shared/console/visit.ts';
import { explainRefusal } from '../../../shared/console/words.ts';
import { type Html, html } from '../../../shared/html/template.ts';
import { urlOf } from '../../../shared/html/url.ts';
import { refuseAcceptance } from '../../../shared/operator/act-on-task.ts';
import type { ServicesOf } from './parts.ts';

/** What decides about a delivery in quarantine of a task. Its status is that of now. */
export type DeliveryTask = Pick<TaskView, 'status' | 'failure' | 'dispatch'>;

/** A delivery in quarantine, and its task; undefined if the task was deleted meanwhile. */
export interface OfferedDelivery {
  readonly taskId: string;
  readonly id: string;
  readonly task: DeliveryTask | undefined;
}

/** Links to the actions on a delivery in quarantine: accept, discard, and show its payload. */
export const offerDeliveryActions = (
  visit: Visit,
  { id, task, taskId }: OfferedDelivery,
  services: ServicesOf<'disabledActions'>,
): Html => {
  const offer = (action: 'accept' | 'discard') => {
    const ofState = action === 'accept' && task !== undefined ? refuseAcceptance(task, task.status) : undefined;
    const refusal = refusalOfAction(visit, services, { access: 'act', action }, ofState);
    const why = refusal && explainRefusal(refusal, visit.operator.roles, task?.status);
    const route = action === 'accept' ? 'consoleConfirmAccept' : 'consoleConfirmDiscard';
    const title = action === 'accept' ? 'Accept' : 'Discard';
    return actionLink(title, urlOf(route, { taskId, id }), `${action}-${id}`, why, action === 'discard');
  };
  return html`<div class="choices">${offer('accept')}${offer('discard')}${offerReveal(visit, { taskId, of: id }, services)}</div>`;
};

/** The link to the page that shows a payload. */
export const offerReveal = (visit: Visit, { of, taskId }: PayloadOf, services: ServicesOf<'disabledActions'>): Html => {
  const refusal = refusalOfAction(visit, services, { access: 'reveal', action: 'reveal' }, undefined);
  const why = refusal && explainRefusal(refusal, visit.operator.roles);
  return actionLink('Reveal payload', urlOf('consoleConfirmReveal', { taskId, of }), `reveal-${of}`, why);
};
