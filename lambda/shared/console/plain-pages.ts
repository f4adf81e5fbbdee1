import { OUTCOMES, type OutcomeCode, statusOf } from '../../contract/outcomes.ts';
import { REMEDIES } from '../../contract/remedies.ts';
import { publicPage, withCode } from '../html/page.ts';
import { html } from '../html/template.ts';
import { urlOf, urlOutside } from '../html/url.ts';
import type { Refusal } from '../refusal.ts';
import type { Operator } from './operator-assertion.ts';
import type { ConsolePage } from './visit.ts';

/** A refusal, as a page of the console. */
export const refusalPage = ({ code, errors = [], isInPath }: Refusal): ConsolePage => ({
  title: OUTCOMES[code].title,
  body: html`<p>${withCode(REMEDIES[code])}</p>
${
  errors.length > 0 &&
  html`<ul>
${errors.map((error) => html`<li>${placeOf(error)}: ${'detail' in error ? error.detail : error.message}</li>\n`)}</ul>`
}
<p><code>${code}</code>, HTTP status ${statusOf(code, isInPath)}</p>`,
});

const placeOf = (error: object): string =>
  'parameter' in error ? `${error.parameter}` : 'pointer' in error ? `${error.pointer}` : 'the request';

/** The page for a signed-in person without a role of the console. */
export const noAccessPage = ({ name, roles, subject }: Operator): ConsolePage => ({
  title: 'No access',
  body: html`<p class="lead">You are signed in, but you do not have the role of an operator.</p>
<section class="card" aria-labelledby="who">
<h2 id="who">Who is signed in</h2>
<dl>
<dt>Name</dt><dd>${name}</dd>
<dt>Subject</dt><dd><code>${subject}</code></dd>
<dt>Roles</dt><dd>${roles.join(', ') || 'none'}</dd>
</dl>
</section>
<h2>Missing role</h2>
<p>One of the roles <code>operator_read</code> (to look) and <code>operator</code> (to act). Ask the administrators of the
identity provider for it, and give them the subject above.</p>
<h2>Sign in as another person</h2>
<p>Press “Sign out” at the top of this page, and sign in again with another account.</p>
<p><code>${'operator_role_missing' satisfies OutcomeCode}</code></p>`,
});

/** A refusal of a person without a session. */
export const renderRefusal = (code: OutcomeCode, status: number): string =>
  publicPage(
    `${status} · Postern console`,
    html`<h1>${OUTCOMES[code].title}</h1>
<p>${withCode(REMEDIES[code])}</p>
<p><code>${code}</code>, HTTP status ${status}</p>
<p><a href="${urlOf('console')}">Open the console</a></p>`,
  );

/** @param continueAt URL at which the identity provider ends its own session, if it has one */
export const renderSignedOut = (continueAt: string | undefined): string =>
  publicPage(
    'Signed out · Postern console',
    html`<h1>Signed out</h1>
${
  continueAt === undefined
    ? html`<p>This console has ended your session. You may still be signed in at your identity provider: close the browser or sign out there as well.</p>`
    : html`<p>This console has ended your session. Your identity provider ends its own now: <a href="${urlOutside(continueAt)}">continue</a>.</p>`
}
<p><a href="${urlOf('console')}">Sign in again</a></p>`,
  );

/** @param continueAt URL at which the identity provider ends its own session, if it has one */
export const renderIdle = (idleSeconds: number, continueAt: string | undefined): string =>
  publicPage(
    'Signed out · Postern console',
    html`<h1>Signed out</h1>
<p>You opened no page for ${Math.round(idleSeconds / 60)} minutes, and this console has ended your session.</p>
<p><code>access_token_invalid</code></p>
<p><a href="${urlOf('console')}">Sign in again</a></p>
${
  continueAt !== undefined &&
  html`<p><a href="${urlOutside(continueAt)}">Sign out at the identity provider as well</a></p>`
}`,
  );
