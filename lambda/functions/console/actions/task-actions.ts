import { WORKFLOW_ERRORS } from '../../../contract/resume.ts';
import type { RouteName } from '../../../contract/routes.ts';
import type { ConsoleAction } from '../../../shared/console/action.ts';
import { showTime } from '../../../shared/console/words.ts';
import { showSenderText } from '../../../shared/html/shown-text.ts';
import { type Html, html } from '../../../shared/html/template.ts';
import { urlOf } from '../../../shared/html/url.ts';
import type { TaskAction } from '../../../shared/operator/act-on-task.ts';
import type { OperatorServices } from '../../../shared/operator/operator-services.ts';
import { isRefusal } from '../../../shared/refusal.ts';
import { statusLabel, WHY_KEPT } from '../pages/parts.ts';
import { readRevision } from './revision-field.ts';

interface TaskActionPage {
  readonly title: string;
  readonly route: RouteName;
  /** What will happen. */
  readonly will: Html;
  /** What will happen to a workflow that waits for the task and was not told its outcome. */
  readonly workflow?: Html;
}

const PAGES: Readonly<Record<TaskAction, TaskActionPage>> = {
  cancel: {
    title: 'Cancel task',
    route: 'consoleConfirmCancel',
    will: html`<p>The task is closed without a result. A delivery that comes later is kept in quarantine. The sender gets the event <code>Task Cancelled</code>. This cannot be undone.</p>`,
    workflow: html`<p>The waiting workflow is told the error <code>${WORKFLOW_ERRORS.cancelled}</code>.</p>`,
  },
  revoke: {
    title: 'Revoke callbacks',
    route: 'consoleConfirmRevoke',
    will: html`<p>All callback tokens and short codes of the task stop working at once. The task stays pending until it expires. The sender gets the event <code>Callbacks Revoked</code>, and can issue new callbacks.</p>`,
  },
  reopen: {
    title: 'Reopen task',
    route: 'consoleConfirmReopen',
    will: html`<p>The task is pending again, without callbacks: its sender must issue new ones. The delivery that closed the task moves into quarantine, from where it can be accepted later.</p>`,
    workflow: html`<p>The waiting workflow was not told the delivery. It goes on waiting.</p>`,
  },
  dispatch: {
    title: 'Send again',
    route: 'consoleConfirmSendAgain',
    will: html`<p>Postern sends the work of the task to its processor again. While it is still queued, the next attempt is made now. Otherwise the earlier callbacks
stop working, and the processor gets new ones: it may do the work twice. A task that failed because its work could not be sent is pending again.</p>`,
    workflow: html`<p>The waiting workflow goes on waiting.</p>`,
  },
  accept: {
    title: 'Accept',
    route: 'consoleConfirmAccept',
    will: html`<p>The late delivery closes the task as if it had come in time.</p>`,
    workflow: html`<p>The waiting workflow is told the delivery.</p>`,
  },
  discard: {
    title: 'Discard',
    route: 'consoleConfirmDiscard',
    will: html`<p>The late delivery leaves the quarantine, and its bytes are deleted. This cannot be undone.</p>`,
  },
};

export interface TaskTarget {
  readonly taskId: string;
  /** For `accept` and `discard`. */
  readonly quarantineId?: string;
}

/** An action on one task. */
export const taskAction = (
  action: TaskAction,
  { quarantineId = '', taskId }: TaskTarget,
  { tasks }: Pick<OperatorServices, 'tasks'>,
): ConsoleAction<{ readonly reason: string; readonly revision: number }> => {
  const { route, title, will, workflow } = PAGES[action];
  return {
    title,
    action,
    access: 'act',
    target: taskId,
    object: quarantineId === '' ? taskId : `${taskId}/${quarantineId}`,
    isOnTask: true,
    url: urlOf(route, { taskId, id: quarantineId }),
    back: (query) => urlOf('consoleTask', { taskId }, query),
    prepare: async () => {
      const inspected = await tasks.inspect(taskId);
      if (isRefusal(inspected)) return inspected;
      const { refusalOf, view } = inspected;
      const delivery = view.quarantine.find(({ id }) => id === quarantineId);
      return {
        revision: view.revision,
        state: view.status,
        will: html`${will}${view.resume?.state === 'pending' && workflow}
<dl class="card">
<dt>Task</dt><dd><code>${taskId}</code> ${statusLabel(view.status)}</dd>
<dt>Resource</dt><dd>${showSenderText(view.resource)}</dd>
<dt>Processor</dt><dd>${view.processor}</dd>
${delivery !== undefined && html`<dt>Delivery</dt><dd>a ${delivery.capability}, ${WHY_KEPT[delivery.why]}, received ${showTime(delivery.receivedAt)}</dd>`}
</dl>`,
        refusal: refusalOf(action, quarantineId),
      };
    },
    readFields: readRevision,
    perform: async (acting, { revision }) => {
      const done = await tasks.act({ action, taskId, quarantineId, revision }, acting);
      if (isRefusal(done)) return done;
      const { isChanged, logFields, view } = done;
      return { fields: { ...logFields, application: view.application }, ...(isChanged && { action }) };
    },
  };
};
