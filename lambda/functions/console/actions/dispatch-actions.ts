import { BULK_SENDINGS, type BulkSending } from '../../../contract/operator-api.ts';
import type { ConsoleAction } from '../../../shared/console/action.ts';
import { countOf } from '../../../shared/console/words.ts';
import { html } from '../../../shared/html/template.ts';
import { urlOf } from '../../../shared/html/url.ts';
import { isRefusal } from '../../../shared/refusal.ts';
import { sendingLabel } from '../pages/dispatch.ts';
import type { ServicesOf } from '../pages/parts.ts';
import { type BulkServices, bulkAction } from './bulk-action.ts';
import { readRevision } from './revision-field.ts';

const PAGES = {
  pause: {
    title: 'Pause',
    action: 'pause',
    route: 'consoleConfirmPause',
    will: html`<p>No attempt is made any more, until an operator resumes the processor. An attempt that is under way goes on. New tasks are queued, and wait.
A task fails if its time is over meanwhile.</p>`,
  },
  resume: {
    title: 'Resume',
    action: 'resume_dispatch',
    route: 'consoleConfirmResume',
    will: html`<p>What is due is sent at once, at most as fast as the entry of the processor allows. Its breaker closes too.</p>`,
  },
} as const;

/** Pauses or resumes a processor that work is sent to. */
export const pauseAction = (
  kind: keyof typeof PAGES,
  id: string,
  { processorDispatch }: ServicesOf<'processorDispatch'>,
): ConsoleAction<{ readonly reason: string; readonly revision: number }> => {
  const { action, route, title, will } = PAGES[kind];
  return {
    title,
    action,
    access: 'act',
    target: id,
    object: id,
    isOnTask: false,
    url: urlOf(route, { id }),
    back: (query) => urlOf('consoleDispatch', {}, query),
    prepare: async () => {
      const view = await processorDispatch.read(id);
      if (isRefusal(view)) return view;
      return {
        revision: view.revision,
        state: view.paused === undefined ? 'not paused' : 'paused',
        will: html`${will}
<dl class="card">
<dt>Processor</dt><dd>${id} ${sendingLabel(view)}</dd>
<dt>Queued</dt><dd>${countOf(view.queued, 'task')}</dd>
</dl>`,
      };
    },
    readFields: readRevision,
    perform: async (acting, { revision }) => {
      const changed = await processorDispatch.change(id, kind, revision, acting);
      if (isRefusal(changed)) return changed;
      const { isChanged, logFields } = changed;
      return { fields: { ...logFields, processor: id }, ...(isChanged && { action }) };
    },
  };
};

/** The tasks of a bulk job, by the query parameter `of`. @default failed */
export const sendingOf = (query: readonly (readonly [string, string])[]): BulkSending =>
  BULK_SENDINGS.find((one) => one === query.find(([name]) => name === 'of')?.[1]) ?? 'failed';

const SENDINGS = {
  failed: {
    title: 'Redrive failed work',
    will: (id: string) =>
      html`<p>Postern sends the work again that could not be sent to <strong>${id}</strong>, with new callbacks. Tasks that failed by it are pending again.</p>`,
    tasks: 'whose work could not be sent, and can be sent again',
  },
  retired_key: {
    title: 'Redrive work of a retired key',
    will: (
      id: string,
    ) => html`<p>The processor <strong>${id}</strong> has this work with callbacks that a retired key signed, so it cannot call back. Postern sends the work again, with new
callbacks. The processor does it twice, unless it knows the job by its idempotency key.</p>`,
    tasks: 'that the processor has with callbacks of a retired key',
  },
  answer_unknown: {
    title: 'Redrive work with an unknown answer',
    will: (
      id: string,
    ) => html`<p>An attempt had no answer, and <strong>${id}</strong> refused the next one, probably as a job that it has. Nothing came back since. Postern sends this work
again, with new callbacks. If the processor has the job, it does it twice.</p>`,
    tasks: 'that the processor may not have',
  },
} as const;

/** Sends the work of many tasks of a processor again. */
export const dispatchAllAction = (id: string, of: BulkSending, services: BulkServices) => {
  const { tasks, title, will } = SENDINGS[of];
  return bulkAction(
    {
      title,
      action: 'dispatch',
      notice: 'dispatch_all',
      kind: 'dispatch',
      processor: id,
      object: `${id}/${of}`,
      url: urlOf('consoleConfirmDispatchAll', { id }, { of }),
      back: (query) => urlOf('consoleDispatch', {}, query),
      plan: () => services.processorOperations.planSending(id, of),
      will: will(id),
      tasks,
    },
    services,
  );
};
