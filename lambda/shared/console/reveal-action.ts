import { html } from '../html/template.ts';
import { urlOf } from '../html/url.ts';
import type { Acting } from '../operator/answer-action.ts';
import type { Refusal } from '../refusal.ts';
import type { ConsoleAction } from './action.ts';

/** A payload of a task. */
export interface PayloadOf {
  readonly taskId: string;
  /** `result`, `failure`, or the id of a delivery in quarantine. */
  readonly of: string;
}

/**
 * The action that shows a payload. One function answers its page, and another one its form, because the console cannot read
 * payloads.
 */
export const revealAction = (
  { of, taskId }: PayloadOf,
  prepare: () => Promise<{ readonly state: string; readonly refusal?: Refusal | undefined } | Refusal>,
  perform: ConsoleAction<{ readonly reason: string }>['perform'],
): ConsoleAction<{ readonly reason: string }> => ({
  title: 'Reveal payload',
  action: 'reveal',
  access: 'reveal',
  target: taskId,
  object: `${taskId}/${of}`,
  isOnTask: true,
  url: urlOf('consoleReveal', { taskId, of }),
  back: (query) => urlOf('consoleTask', { taskId }, query),
  prepare: async () => {
    const found = await prepare();
    if ('code' in found) return found;
    return {
      revision: 0,
      will: html`<p>The next page shows the beginning of the payload, and a link to download all of it. The audit records that you looked, before a byte is read. Payloads may have personal data.</p>`,
      ...found,
    };
  },
  readFields: () => ({}),
  perform,
});

/** For the function that only shows the page of the action. */
export const cannotReveal = (_: Acting): Promise<never> => {
  throw new Error('The form of this action is answered by the function reveal-payload.');
};
