import type { RevealedPayload } from '../../contract/operator-api.ts';
import { type ActionSettings, perform } from '../../shared/console/action.ts';
import { NOTICES } from '../../shared/console/notice.ts';
import { type PayloadOf, revealAction } from '../../shared/console/reveal-action.ts';
import type { ConsoleAnswer, Visit } from '../../shared/console/visit.ts';
import { showTime, sizeInWords } from '../../shared/console/words.ts';
import { showPreview, showProcessorText } from '../../shared/html/shown-text.ts';
import { html } from '../../shared/html/template.ts';
import { urlOf, urlOutside } from '../../shared/html/url.ts';
import { isRefusal, type Refusal } from '../../shared/refusal.ts';
import type { Reveal } from './reveal.ts';

/**
 * Answers the console's form that shows a payload. The page is the answer to the POST itself: no GET shows a payload, so no link
 * and no history of a browser leads to one.
 */
export const answerRevealForm = async (
  visit: Visit,
  payload: PayloadOf,
  settings: ActionSettings,
  reveal: Reveal,
): Promise<ConsoleAnswer | Refusal> => {
  let revealed: RevealedPayload | undefined;
  const action = revealAction(
    payload,
    // This function need not read the task to show the form again.
    async () => ({ state: '' }),
    async (acting) => {
      const revelation = await reveal(payload.taskId, payload.of, acting);
      if (isRefusal(revelation)) return revelation;
      revealed = revelation.revealed;
      return { fields: revelation.logFields, action: 'reveal' };
    },
  );
  const done = await perform(visit, settings, action);
  if ('answer' in done) return done.answer;
  if (revealed === undefined) throw new Error('The action is done without a payload.');
  return { ...payloadPage(payload, revealed), notice: NOTICES.reveal, fields: { ...done.fields }, action: 'reveal' };
};

const payloadPage = ({ of, taskId }: PayloadOf, revealed: RevealedPayload) => {
  const { contentType, expiresAt, preview, sha256, size, url } = revealed;
  return {
    title: 'Payload',
    body: html`<dl class="card">
<dt>Task</dt><dd><a href="${urlOf('consoleTask', { taskId })}"><code>${taskId}</code></a></dd>
<dt>Payload of</dt><dd>${of}</dd>
<dt>Content type</dt><dd>${showProcessorText(contentType)}</dd>
<dt>Size</dt><dd>${sizeInWords(size)}</dd>
<dt>SHA-256</dt><dd><code>${sha256}</code></dd>
</dl>
<h2>${preview.kind === 'text' ? 'Text' : 'First bytes'}</h2>
<pre tabindex="0">${showPreview(preview.text)}</pre>
${preview.truncated && html`<p class="muted">This is the beginning only.</p>`}
<p class="choices"><a class="button" href="${urlOutside(url)}">Download</a> <span class="muted">until ${showTime(expiresAt)}</span>
<a href="${urlOf('consoleTask', { taskId })}">Back</a></p>`,
  };
};
