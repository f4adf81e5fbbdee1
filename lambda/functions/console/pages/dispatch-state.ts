import type { DispatchReason, DispatchState, DispatchView } from '../../../contract/dispatch.ts';
import { countOf, showDeadline, showTime } from '../../../shared/console/words.ts';
import { showProcessorText, showSenderText } from '../../../shared/html/shown-text.ts';
import { type Html, html } from '../../../shared/html/template.ts';
import type { DispatchHold } from '../../../shared/operator/processor-dispatch.ts';

const TONES: Readonly<Record<DispatchState, string>> = {
  queued: '',
  accepted: ' good',
  failed: ' bad',
  stopped: ' warn',
};

/** Why no attempt follows. */
const REASONS: Readonly<Record<DispatchReason, string>> = {
  Refused: 'The processor refused the work.',
  AttemptsUsed: 'Every attempt failed.',
  NoTimeLeft: 'A further attempt would leave the processor too little time.',
  TemplateInvalid: 'The template of the processor does not fit the task any more.',
  ProcessorUnknown: 'The environment sends no work to the processor any more.',
  AddressRefused: 'The name of the processor leads to an address that must not be called.',
  Cancelled: 'The task was cancelled.',
  Expired: 'The task expired.',
  Superseded: 'A later task has taken its place.',
  Revoked: 'The callbacks were revoked. Send it again to give the processor new ones.',
  Settled: 'The task was closed without an attempt.',
  AnswerUnknown: 'An attempt had no answer. The processor then refused another one, as a job that it has.',
};

/** How far the work of a task has come on its way to the processor. */
export const dispatchState = (view: DispatchView): Html => {
  const { acceptedAt, attempts, lastAttemptAt, lastStatus, reason, remoteId, state } = view;
  return html`<span class="state${TONES[state]}">${state}</span> ${countOf(attempts, 'attempt')}${
    lastAttemptAt !== undefined &&
    html`, the last ${showTime(lastAttemptAt)}${lastStatus === undefined ? ' without answer' : html`, status ${lastStatus}`}`
  }${
    acceptedAt !== undefined &&
    html`<br>
Accepted ${showTime(acceptedAt)}`
  }${
    remoteId !== undefined &&
    html`<br>
<span class="muted">Id at the processor</span> <code>${showProcessorText(remoteId)}</code>`
  }${
    reason !== undefined &&
    html`<br>
${REASONS[reason]} <code>${reason}</code>`
  }`;
};

/** Says why no attempt is made now, however often an operator sends the work again. @param now seconds since 1970 */
export const dispatchHold = (processor: string, hold: DispatchHold, now: number): Html => {
  if (hold.paused === undefined) {
    return html`<br>
<strong>The breaker of ${processor} is open until</strong> ${showDeadline(hold.openUntil, now)}: no attempt is made before.`;
  }
  const { by } = hold.paused;
  const who = by === 'postern' ? html`Postern itself` : html`the operator <code>${showSenderText(by.sub)}</code>`;
  return html`<br>
<strong>${processor} is paused</strong> by ${who}: no attempt is made until it is resumed.`;
};
