import type { SigningKeyView } from '../../../contract/operator-api.ts';
import { LIVE_SECONDS } from '../../../contract/operator-limits.ts';
import type { SigningKeyState } from '../../../contract/signing-keys.ts';
import { actionLink, refusalOfAction } from '../../../shared/console/action.ts';
import type { ConsolePage, Visit } from '../../../shared/console/visit.ts';
import { countOf, explainRefusal, showTime } from '../../../shared/console/words.ts';
import { type Html, html } from '../../../shared/html/template.ts';
import { urlOf } from '../../../shared/html/url.ts';
import { type ServicesOf, table } from './parts.ts';

const TONES: Readonly<Record<SigningKeyState, string>> = { next: '', signing: ' good', verifying: '', retired: ' bad' };

/** The keys that sign callback tokens. */
export const keysPage = async (
  visit: Visit,
  services: ServicesOf<'signingKeys' | 'disabledActions'>,
): Promise<ConsolePage> => {
  const keys = await services.signingKeys.list();
  const count = countOf(keys.length, 'key');
  const refusal = refusalOfAction(visit, services, { access: 'act', action: 'retire' }, undefined);
  const why = refusal && explainRefusal(refusal, visit.operator.roles);
  return {
    title: 'Keys',
    live: { seconds: LIVE_SECONDS.list, count },
    body: html`<p class="lead">One key signs. The next one is published before it signs. An ended key verifies until its last token has expired. Retire a
key that may be known to others: its tokens stop within a minute, and the next key signs.</p>
${table<SigningKeyView>(
  {
    caption: `${count}, newest first`,
    empty: 'No key signs. Opening a task is not possible.',
    idOf: ({ kid }) => `key-${kid}`,
  },
  [
    { name: 'Key', cell: ({ kid }) => html`<code class="long">${kid}</code>` },
    { name: 'State', cell: ({ state }) => html`<span class="state${TONES[state]}">${state}</span>` },
    { name: 'Algorithm', cell: ({ alg }) => html`${alg}` },
    { name: 'Signs from', cell: ({ signFrom }) => time(signFrom) },
    { name: 'Signs until', cell: ({ signUntil }) => time(signUntil) },
    { name: 'Verifies until', cell: ({ verifyUntil }) => time(verifyUntil) },
    { name: 'Retired', cell: ({ retiredAt }) => (retiredAt === undefined ? html`` : showTime(retiredAt)) },
    {
      name: 'Action',
      cell: ({ kid, signFrom, state }) =>
        actionLink(
          'Retire key',
          urlOf('consoleConfirmRetire', { kid }),
          `retire-${kid}`,
          why ?? whyNot(state, signFrom),
          true,
        ),
    },
  ],
  keys,
)}`,
  };
};

const time = (at: string | undefined): Html =>
  at === undefined ? html`<span class="muted">by the settings</span>` : showTime(at);

/** A key of KMS has no times. Its settings decide its state. */
const whyNot = (state: SigningKeyState, signFrom: string | undefined): string | undefined => {
  if (state === 'retired') return 'The key is retired.';
  return signFrom === undefined ? 'It is a key of KMS. The settings of the environment decide its use.' : undefined;
};
