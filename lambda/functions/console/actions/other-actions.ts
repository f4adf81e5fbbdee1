import type { ConsoleAction } from '../../../shared/console/action.ts';
import { countOf } from '../../../shared/console/words.ts';
import { html } from '../../../shared/html/template.ts';
import { urlOf } from '../../../shared/html/url.ts';
import { auditEntryOf } from '../../../shared/operator/answer-action.ts';
import { isRefusal, refuse } from '../../../shared/refusal.ts';
import type { ServicesOf } from '../pages/parts.ts';
import { type BulkServices, bulkAction } from './bulk-action.ts';

type Reasoned = { readonly reason: string };
type WithPolicy = ServicesOf<'askPolicy' | 'now'>;

/** Revokes the callbacks of all pending tasks of a processor. */
export const revokeAllAction = (id: string, services: BulkServices) =>
  bulkAction(
    {
      title: 'Revoke all callbacks',
      action: 'revoke_all',
      kind: 'revoke',
      processor: id,
      object: id,
      url: urlOf('consoleConfirmRevokeAll', { id }),
      back: (query) => urlOf('consoleProcessor', { id }, query),
      plan: () => services.processorOperations.planRevocation(id),
      will: WILL_REVOKE_ALL,
    },
    services,
  );

const WILL_REVOKE_ALL = html`<p>All callback tokens and short codes of the pending tasks of this processor stop working. The tasks stay pending. Their senders get
the event <code>Callbacks Revoked</code> for each task, and can issue new callbacks.</p>`;

/** Aborts a bulk job. */
export const abortAction = (
  id: string,
  { askPolicy, now, processorOperations }: WithPolicy & ServicesOf<'processorOperations'>,
): ConsoleAction<Reasoned> => ({
  title: 'Abort',
  action: 'abort',
  access: 'act',
  target: id,
  object: id,
  isOnTask: false,
  url: urlOf('consoleConfirmAbort', { id }),
  back: (query) => urlOf('consoleJob', { id }, query),
  prepare: async () => {
    const described = await processorOperations.revocations.describe(id);
    if (isRefusal(described)) return described;
    const { sends, view: job } = described;
    const kept =
      sends === undefined ? 'Callbacks that it revoked stay revoked.' : 'Work that it sent again stays sent.';
    const rest = job.count - job.done - job.skipped - job.failed.length;
    return {
      revision: 0,
      state: job.state,
      will:
        job.state === 'running'
          ? html`<p>The job stops. ${kept} ${countOf(rest, 'task')} of ${job.count} ${rest === 1 ? 'is' : 'are'} not done.</p>`
          : html`<p>The job is ${job.state}. Nothing is left to abort, and it stays as it is.</p>`,
    };
  },
  readFields: () => ({}),
  perform: async (acting) => {
    const decision = askPolicy?.(acting) ?? {};
    if (isRefusal(decision)) return decision;
    const audit = auditEntryOf(acting, { now }, 'done', { jobId: id });
    const aborted = await processorOperations.revocations.abort(id, audit);
    if (isRefusal(aborted)) return aborted;
    return { fields: { ...decision, jobId: id }, ...(aborted.isChanged && { action: 'abort' as const }) };
  },
  // A job that ended meanwhile was not aborted, and its page says so.
  after: ({ action }, query) => urlOf('consoleJob', { id }, action === undefined ? {} : query),
});

/** Processes dead letters again. @param letter id of one letter @default all letters of the queue */
export const redriveAction = (
  queue: string,
  letter: string | undefined,
  { deadLetters, redriveLetters }: ServicesOf<'deadLetters' | 'redriveLetters'>,
): ConsoleAction<Reasoned> => {
  const wanted = { queue, ...(letter !== undefined && { id: letter }) };
  return {
    title: letter === undefined ? 'Redrive all' : 'Redrive',
    action: 'redrive',
    access: 'act',
    target: queue,
    object: letter === undefined ? queue : `${queue}/${letter}`,
    isOnTask: false,
    url: urlOf('consoleConfirmRedrive', { queue }, { id: letter }),
    back: (query) => urlOf('consoleDeadLetters', {}, query),
    prepare: async (isAllowed) => {
      const refusal = isAllowed ? await deadLetters.check(queue, letter) : undefined;
      if (refusal !== undefined) return refusal;
      const what = letter === undefined ? 'every dead letter' : 'the dead letter';
      return {
        revision: 0,
        state: '',
        will: html`<p>The function <code>${queue}</code> does the work of ${what} again, a few letters a second. A letter that fails again comes back into the queue.</p>`,
      };
    },
    readFields: () => ({}),
    perform: async (acting) => (await redriveLetters(wanted, acting)) ?? { fields: wanted, action: 'redrive' as const },
  };
};

/** Retires a signing key. */
export const retireAction = (
  kid: string,
  { askPolicy, now, signingKeys }: WithPolicy & ServicesOf<'signingKeys'>,
): ConsoleAction<Reasoned> => ({
  title: 'Retire key',
  action: 'retire',
  access: 'act',
  target: kid,
  object: kid,
  isOnTask: false,
  url: urlOf('consoleConfirmRetire', { kid }),
  back: (query) => urlOf('consoleKeys', {}, query),
  prepare: async () => {
    const key = (await signingKeys.list()).find((one) => one.kid === kid);
    if (key === undefined) return refuse('key_unknown', 'not in the list', { isInPath: true });
    return {
      revision: 0,
      state: key.state,
      will: html`<p>The key is <strong>${key.state}</strong>. Within 60 seconds no function signs with it, and every callback token of it is refused with
<code>token_key_unknown</code>. Their tasks stay pending, and their senders must issue new callbacks. Short codes go on. This cannot be undone.</p>`,
      ...(key.signFrom === undefined && { refusal: refuse('key_not_rotating', 'a key of KMS') }),
    };
  },
  readFields: () => ({}),
  perform: async (acting) => {
    const decision = askPolicy?.(acting) ?? {};
    if (isRefusal(decision)) return decision;
    const retired = await signingKeys.retire(kid, auditEntryOf(acting, { now }, 'done'));
    if (isRefusal(retired)) return retired;
    return { fields: { ...decision, kid }, ...(retired.isChanged && { action: 'retire' as const }) };
  },
});
