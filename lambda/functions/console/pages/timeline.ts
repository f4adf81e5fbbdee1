import type { TimelineEntry } from '../../../contract/operator-api.ts';
import type { TimelineKind } from '../../../contract/task.ts';
import { showTime } from '../../../shared/console/words.ts';
import { showSenderText } from '../../../shared/html/shown-text.ts';
import { type Html, html } from '../../../shared/html/template.ts';

/** What happened, in a sentence. An entry with a capability names it. */
const WORDS: Readonly<Record<TimelineKind, string>> = {
  opened: 'The sender opened the task.',
  progressed: 'The processor reported progress.',
  delivered: 'The processor delivered',
  late: 'A delivery came too late and is kept in quarantine',
  replayed: 'A used token came with another content. The delivery was refused.',
  reissued: 'The sender issued new callbacks.',
  revoked: 'The callbacks were revoked.',
  reopened: 'The task was reopened.',
  accepted: 'A delivery in quarantine was accepted',
  discarded: 'A delivery in quarantine was discarded',
  expired: 'The task expired.',
  cancelled: 'The task was cancelled.',
  resumed: 'The waiting workflow was told the outcome.',
  resumeRefused: 'The waiting workflow will not be told the outcome.',
  dispatched: 'The processor accepted the work.',
  dispatchRetried: 'An attempt to send the work failed. Another one follows.',
  dispatchFailed: 'The work could not be sent.',
  dispatchQueued: 'The work is to be sent again.',
};

const TONES: Readonly<Partial<Record<TimelineKind, string>>> = {
  delivered: ' good',
  accepted: ' good',
  resumed: ' good',
  resumeRefused: ' bad',
  dispatched: ' good',
  dispatchRetried: ' warn',
  dispatchFailed: ' bad',
  replayed: ' bad',
  revoked: ' bad',
  late: ' warn',
  expired: ' warn',
};

/** What happened to a task, oldest first. */
export const timeline = (entries: readonly TimelineEntry[]): Html => html`<ol class="timeline">
${entries.map(
  ({ at, capability, from, kind, operator, reason }) => html`<li>${showTime(at)}
<div><span class="state${TONES[kind] ?? ''}">${kind}</span> ${sentence(WORDS[kind], capability)}</div>
${operator !== undefined && html`<div class="said">by the operator <code>${showSenderText(operator.sub)}</code></div>`}
${from !== undefined && html`<div class="said">from <code>${from}</code></div>`}
${reason !== undefined && html`<div class="said">Reason: ${showSenderText(reason)}</div>`}
</li>
`,
)}</ol>`;

const sentence = (words: string, capability: string | undefined): string => {
  if (words.endsWith('.')) return words;
  return capability === undefined ? `${words}.` : `${words}: ${capability}.`;
};
