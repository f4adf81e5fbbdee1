import type { ResumeKind, ResumeView } from '../../../contract/resume.ts';
import { showTime } from '../../../shared/console/words.ts';
import { type Html, html } from '../../../shared/html/template.ts';

const KINDS: Readonly<Record<ResumeKind, string>> = {
  stepFunctions: 'a state machine of Step Functions',
  durableFunction: 'a Lambda durable function',
};

/** The workflow that waits for a task, and whether it was told the outcome. */
export const waitingWorkflow = ({ at, kind, reason, state }: ResumeView): Html => {
  const time = at === undefined ? html`` : html` ${showTime(at)}`;
  switch (state) {
    case 'pending':
      return html`${KINDS[kind]}, <span class="state">pending</span><br>
<span class="muted">It was not told an outcome yet.</span>`;
    case 'delivered':
      return html`${KINDS[kind]}, <span class="state good">delivered</span>${time}`;
    case 'refused':
      return html`${KINDS[kind]}, <span class="state bad">refused</span>${time}<br>
It will not be told${reason === undefined ? html`` : html`: <code>${reason}</code>`}.`;
  }
};
