import type { OperatorAction } from '../../contract/audit.ts';
import { MAX_REASON_CHARS } from '../../contract/limits.ts';
import { FORM_SECONDS } from '../../contract/operator-limits.ts';
import { statusOf } from '../../contract/outcomes.ts';
import { TASK_STATUSES } from '../../contract/task.ts';
import { type OperatorAccess, refuseRole } from '../access-token/operator.ts';
import { flag, type Html, html, passing, type Url } from '../html/template.ts';
import { maskCredentials } from '../mask-credentials.ts';
import { REASON } from '../operator/action-body.ts';
import { type Acting, type ActionOptions, type PerformedAction, performAction } from '../operator/answer-action.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import { checkForm, FORM_TOKEN_FIELD, type FormPurpose, makeFormToken, readForm } from './form.ts';
import { DONE, keepNotice, type NoticeName } from './notice.ts';
import type { ConsoleAnswer, ConsolePage, Visit } from './visit.ts';
import { explainRefusal } from './words.ts';

/** Fields of a form by name. */
export type Form = ReadonlyMap<string, string>;

/** An action that a page offers. The page says what will happen, and its form does it. */
export interface ConsoleAction<B extends { readonly reason: string }> {
  /** Name of the action: the heading of its page. */
  readonly title: string;
  readonly action: OperatorAction;
  /** What the next page says. @default the words of the action */
  readonly notice?: NoticeName;
  readonly access: Exclude<OperatorAccess, 'read'>;
  /** The target, as the audit names it. */
  readonly target: string;
  /** The exact object of the form: its token is for no other. */
  readonly object: string;
  readonly isOnTask: boolean;
  /** Path of the page and the form. */
  readonly url: Url;
  /** The page of the target. It shows what was done. */
  readonly back: (query?: Readonly<Record<string, string>>) => Url;
  /** Reads what the page shows. @param isAllowed false if the operator may not act: nothing need be planned */
  readonly prepare: (isAllowed: boolean) => Promise<Prepared | Refusal>;
  /** Reads the fields of the form except the reason. */
  readonly readFields: (form: Form) => Omit<B, 'reason'> | Refusal;
  readonly perform: (acting: Acting, body: B) => Promise<PerformedAction | Refusal>;
  /** The page to show after the action. @default back */
  readonly after?: (done: PerformedAction, query: Readonly<Record<string, string>>) => Url;
}

/** What the page of an action shows. */
export interface Prepared {
  /** Revision of the target, or id of the plan; 0 if there is neither. */
  readonly revision: number | string;
  /** State of the target in a word, for a page that has become stale. */
  readonly state: string;
  readonly will: Html;
  /** Further fields of the form. */
  readonly fields?: Html;
  /** Why the state of the target does not allow the action. */
  readonly refusal?: Refusal | undefined;
}

export interface ActionSettings extends ActionOptions {
  /** Origin of the gateway. */
  readonly origin: string;
}

const REVISION_FIELD = 'revision';
const STATE_FIELD = 'state';
const REASON_FIELD = 'reason';

/**
 * Returns why an operator may not act now: roles, settings and the state of the target decide, in the order of the action itself.
 * Policies decide only when the form is sent, because they may depend on the reason.
 */
export const refusalOfAction = (
  { operator }: Visit,
  { disabledActions }: Pick<ActionOptions, 'disabledActions'>,
  { access, action }: { readonly access: Exclude<OperatorAccess, 'read'>; readonly action: OperatorAction },
  ofState: Refusal | undefined,
): Refusal | undefined =>
  refuseRole(operator, access) ??
  (disabledActions.includes(action) ? refuse('action_disabled', 'the environment switches it off') : ofState);

/** Answers the page of an action: what will happen, and the form. */
export const showAction = async <B extends { readonly reason: string }>(
  visit: Visit,
  settings: ActionSettings,
  action: ConsoleAction<B>,
): Promise<ConsolePage | Refusal> => {
  const refusal = refusalOfAction(visit, settings, action, undefined);
  const prepared = await action.prepare(refusal === undefined);
  return isRefusal(prepared) ? prepared : formPage(visit, settings, action, prepared);
};

/** Answers the form of an action. */
export const answerAction = async <B extends { readonly reason: string }>(
  visit: Visit,
  settings: ActionSettings,
  action: ConsoleAction<B>,
): Promise<ConsoleAnswer | Refusal> => {
  const done = await perform(visit, settings, action);
  if ('answer' in done) return done.answer;
  const { auditId = '' } = done;
  const notice = { action: action.notice ?? action.action, auditId, operator: visit.operator.subject };
  const query = { [DONE]: auditId };
  return {
    location: action.after?.(done, query) ?? action.back(query),
    cookies: [keepNotice(visit.key, settings.origin, notice, visit.now)],
    ...(done.fields && { fields: done.fields }),
    ...(done.action && { action: done.action }),
  };
};

/** Performs the action of a form, or returns the answer that says why it was not done. */
export const perform = async <B extends { readonly reason: string }>(
  visit: Visit,
  settings: ActionSettings,
  action: ConsoleAction<B>,
): Promise<PerformedAction | { readonly answer: ConsoleAnswer | Refusal }> => {
  const { key, now, request } = visit;
  const form = readForm(request);
  const reason = form.get(REASON_FIELD) ?? '';
  const revision = form.get(REVISION_FIELD) ?? '';
  const fault = checkForm(request, key, { origin: settings.origin, purpose: purposeOf(visit, action, revision), now });
  if (fault?.fields?.fault === 'time') {
    return { answer: await again(visit, settings, action, fault, { reason, message: TOO_OLD }) };
  }
  if (fault !== undefined) return { answer: fault };
  const done = await performAction({ id: visit.id, roles: visit.operator.roles }, request, settings, {
    ...action,
    readBody: () => {
      if (!REASON.isValid(reason)) return refuse('request_invalid', 'reason', { errors: REASON_ERRORS });
      const fields = action.readFields(form);
      return isRefusal(fields) ? fields : ({ ...fields, reason } as B);
    },
    perform: action.perform,
  });
  if (!isRefusal(done)) return done;
  if (done.code === 'request_invalid' || done.code === 'plan_changed') {
    return { answer: await again(visit, settings, action, done, { reason, message: messageOf(done) }) };
  }
  if (done.code !== 'task_changed') return { answer: done };
  return { answer: await changedPage(action, done, { revision, state: form.get(STATE_FIELD) ?? '' }) };
};

/** States of tasks and of processors. A form field could be any text. */
const STATES: ReadonlySet<string> = new Set([...TASK_STATUSES, 'paused', 'not paused']);

const REASON_ERRORS = [{ pointer: '/reason', detail: REASON.expectation }];

const TOO_OLD = `This page was older than ${FORM_SECONDS / 60} minutes. Nothing was done. Read it again and confirm.`;

const messageOf = ({ code, errors = [] }: Refusal): string => {
  if (code === 'plan_changed') return 'The number is not the number of tasks in the plan. Nothing was done.';
  const [error] = errors;
  const place = error !== undefined && 'pointer' in error ? error.pointer : '';
  return place === '/reason'
    ? `Give a reason of 1 to ${MAX_REASON_CHARS} characters. Nothing was done.`
    : `${place.slice(1)} ${error !== undefined && 'detail' in error ? error.detail : ''}. Nothing was done.`;
};

/** Shows the page of an action again, with the reason that was typed. */
const again = async <B extends { readonly reason: string }>(
  visit: Visit,
  settings: ActionSettings,
  action: ConsoleAction<B>,
  refusal: Refusal,
  kept: Kept,
): Promise<ConsoleAnswer | Refusal> => {
  const prepared = await action.prepare(refusalOfAction(visit, settings, action, undefined) === undefined);
  if (isRefusal(prepared)) return prepared;
  const page = formPage(visit, settings, action, prepared, kept);
  const { code, fields, reason } = refusal;
  return { ...page, status: statusOf(code), fields: { ...fields, code, reason } };
};

interface Kept {
  readonly reason: string;
  readonly message: string;
}

const purposeOf = (
  { operator }: Visit,
  { action, object }: { readonly action: OperatorAction; readonly object: string },
  revision: number | string,
): FormPurpose => ({ operator: operator.subject, action, target: object, revision });

const formPage = <B extends { readonly reason: string }>(
  visit: Visit,
  settings: ActionSettings,
  action: ConsoleAction<B>,
  { fields, refusal: ofState, revision, state, will }: Prepared,
  kept?: Kept,
): ConsolePage => {
  const refusal = refusalOfAction(visit, settings, action, ofState);
  const token = makeFormToken(visit.key, purposeOf(visit, action, revision), visit.now + FORM_SECONDS);
  return {
    title: action.title,
    ...(refusal !== undefined && {
      status: statusOf(refusal.code, refusal.isInPath),
      fields: { code: refusal.code, reason: refusal.reason },
    }),
    body: html`<div class="will">${will}</div>
${kept !== undefined && html`<p class="warning" role="alert">${kept.message}</p>`}
${
  refusal === undefined
    ? html`<form class="confirm" method="post" action="${action.url}">
${passing(html`<input type="hidden" name="${FORM_TOKEN_FIELD}" value="${token}">`)}
<input type="hidden" name="${REVISION_FIELD}" value="${revision}">
<input type="hidden" name="${STATE_FIELD}" value="${state}">
${fields}
<p class="field"><label for="reason">Reason</label>
<input id="reason" name="${REASON_FIELD}" required maxlength="${MAX_REASON_CHARS}" autocomplete="off" value="${maskCredentials(kept?.reason ?? '', [action.target])}"></p>
<div class="choices"><button class="main">Confirm</button><a href="${action.back()}">Back</a></div>
</form>`
    : html`<p class="warning" id="why">${explainRefusal(refusal, visit.operator.roles, state)}</p>
<div class="choices"><button disabled aria-describedby="why">Confirm</button><a href="${action.back()}">Back</a></div>
<p class="muted"><code>${refusal.code}</code></p>`
}`,
  };
};

/** The page of an action whose target has changed since its form was made. */
const changedPage = async <B extends { readonly reason: string }>(
  action: ConsoleAction<B>,
  refusal: Refusal,
  before: { readonly revision: string; readonly state: string },
): Promise<ConsoleAnswer | Refusal> => {
  const now = await action.prepare(false);
  if (isRefusal(now)) return now;
  const { code, fields, reason } = refusal;
  return {
    title: action.isOnTask ? 'This task has changed' : 'This processor has changed',
    status: statusOf(code),
    fields: { ...fields, code, reason },
    body: html`<p>Somebody or something changed it after you opened the page “${action.title}”. Nothing was done.</p>
<dl>
<dt>It was</dt><dd>${STATES.has(before.state) ? before.state : 'another state'}, revision ${/^\d{1,16}$/.test(before.revision) ? before.revision : 'unknown'}</dd>
<dt>It is</dt><dd>${now.state}, revision ${now.revision}</dd>
</dl>
<p class="choices"><a href="${action.back()}">Back</a></p>
<p class="muted"><code>${code}</code></p>`,
  };
};

/** A link to the page of an action, or a disabled button with the reason. @param id of the button on the page */
export const actionLink = (title: string, url: Url, id: string, why: string | undefined, isDanger = false): Html =>
  why === undefined
    ? html`<div class="action"><a class="button${isDanger ? ' danger' : ''}" href="${url}">${title}</a></div>`
    : html`<div class="action"><button${flag('disabled', true)} aria-describedby="${id}-why">${title}</button>
<span class="why" id="${id}-why">${why}</span></div>`;
