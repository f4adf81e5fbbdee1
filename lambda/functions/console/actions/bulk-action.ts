import type { OperatorAction } from '../../../contract/audit.ts';
import type { PlanView } from '../../../contract/operator-api.ts';
import type { ConsoleAction } from '../../../shared/console/action.ts';
import type { NoticeName } from '../../../shared/console/notice.ts';
import { countOf, showTime } from '../../../shared/console/words.ts';
import { type Html, html, type Url } from '../../../shared/html/template.ts';
import { urlOf } from '../../../shared/html/url.ts';
import { auditEntryOf } from '../../../shared/operator/answer-action.ts';
import { isRefusal, type Refusal, refuse } from '../../../shared/refusal.ts';
import type { ServicesOf } from '../pages/parts.ts';

export type BulkServices = ServicesOf<'askPolicy' | 'now' | 'processorOperations'>;

interface BulkKind {
  readonly title: string;
  readonly action: Extract<OperatorAction, 'revoke_all' | 'dispatch'>;
  readonly notice?: NoticeName;
  readonly kind: 'revoke' | 'dispatch';
  readonly processor: string;
  readonly object: string;
  readonly url: Url;
  readonly back: (query?: Readonly<Record<string, string>>) => Url;
  readonly plan: () => Promise<PlanView | Refusal>;
  readonly will: Html;
  /** What the tasks of the plan are: `whose work could not be sent`. @default that are pending with live callbacks now */
  readonly tasks?: string;
}

/** Changes many tasks of a processor. The page makes a plan; the form confirms its number of tasks. */
export const bulkAction = (
  { back, kind, object, plan, processor, tasks, will, ...frame }: BulkKind,
  { askPolicy, now, processorOperations }: BulkServices,
): ConsoleAction<{ readonly reason: string; readonly planId: string; readonly confirm: number }> => ({
  ...frame,
  access: 'act',
  target: processor,
  object,
  isOnTask: false,
  back,
  prepare: async (isAllowed) => {
    if (!isAllowed) return { revision: 0, state: '', will };
    const planned = await plan();
    if (isRefusal(planned)) return planned;
    const { count, expiresAt, planId, sample } = planned;
    const which = tasks ?? `that ${count === 1 ? 'is' : 'are'} pending with live callbacks now`;
    return {
      revision: planId,
      state: '',
      will: html`${will}
<p>The plan has <strong>${countOf(count, 'task')}</strong> ${which}. Confirm it before ${showTime(expiresAt)}.</p>
${
  sample.length > 0 &&
  html`<details><summary>Some of the tasks</summary>
<ul>${sample.map((taskId) => html`<li><a href="${urlOf('consoleTask', { taskId })}"><code>${taskId}</code></a></li>`)}</ul>
</details>`
}`,
      fields: html`<p class="field"><label for="confirm">Number of tasks</label>
<input id="confirm" name="confirm" required inputmode="numeric" autocomplete="off"></p>`,
    };
  },
  readFields: (form) => {
    const confirm = form.get('confirm')?.trim() ?? '';
    return /^\d{1,9}$/.test(confirm)
      ? { planId: form.get('revision') ?? '', confirm: Number(confirm) }
      : refuse('request_invalid', 'confirm', {
          errors: [{ pointer: '/Number of tasks', detail: 'must be the number of tasks of the plan, in digits' }],
        });
  },
  perform: async (acting, { confirm, planId }) => {
    const decision = askPolicy?.(acting) ?? {};
    if (isRefusal(decision)) return decision;
    const audit = auditEntryOf(acting, { now }, 'done');
    const started = await processorOperations.revocations.confirm({ processor, planId, confirm, kind }, audit);
    if (isRefusal(started)) return started;
    return { fields: { ...decision, jobId: started.jobId, count: confirm }, action: frame.action };
  },
  after: ({ fields }, query) => urlOf('consoleJob', { id: String(fields?.jobId) }, query),
});
