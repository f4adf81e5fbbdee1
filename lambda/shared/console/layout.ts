import { ROUTES, type RouteName } from '../../contract/routes.ts';
import { wholePage } from '../html/page.ts';
import { type Html, html, passing, type Url } from '../html/template.ts';
import { placeOnPage, urlOf } from '../html/url.ts';
import { FORM_TOKEN_FIELD } from './form.ts';
import type { Operator } from './operator-assertion.ts';
import type { ConsolePage } from './visit.ts';

/** Links of the navigation. Each has the name of its page, and its key after `g`. */
const NAVIGATION = [
  { route: 'console', name: 'Overview', key: 'o' },
  { route: 'consoleTasks', name: 'Tasks', key: 't' },
  { route: 'consoleQuarantine', name: 'Quarantine', key: 'q' },
  { route: 'consoleReplays', name: 'Replays', key: 'r' },
  { route: 'consoleProcessors', name: 'Processors', key: 'p' },
  { route: 'consoleDispatch', name: 'Dispatch', key: 'i' },
  { route: 'consoleDeadLetters', name: 'Dead letters', key: 'd' },
  { route: 'consoleKeys', name: 'Keys', key: 'k' },
  { route: 'consoleAudit', name: 'Audit', key: 'a' },
] as const satisfies readonly { readonly route: RouteName; readonly name: string; readonly key: string }[];

/** What every page of the console shows around its content. */
export interface Frame {
  readonly environment: string;
  readonly isProtected: boolean;
  readonly operator: Operator;
  /** Token of the form that signs out. */
  readonly signOutToken: string;
  readonly style: Url;
  readonly script: Url;
  /** Path of the request, to mark the link of the navigation. */
  readonly path: string;
  /** False for a person without a role: no navigation. */
  readonly hasAccess: boolean;
}

const SKIP = placeOnPage('content');

/** What an action has done, said once. */
export type Notice = string | undefined;

/** Renders a page of the console. @param etag for the script, which asks for changes */
export const renderPage = (page: ConsolePage, frame: Frame, notice: Notice, etag: string): string =>
  wholePage(
    `${page.title} · ${frame.environment} · Postern`,
    html`<link rel="stylesheet" href="${frame.style}">
<script type="module" src="${frame.script}"></script>`,
    html`<a class="skip" href="${SKIP}">Skip to content</a>
${frame.isProtected && html`<p class="protected">Protected environment: ${frame.environment}</p>`}
${header(frame)}
<div class="${frame.hasAccess ? 'shell' : 'alone'}">
${frame.hasAccess && navigation(frame.path)}
<main id="content" tabindex="-1">
${notice !== undefined && html`<p class="notice" role="status" tabindex="-1" autofocus>${notice}</p>`}
<div class="title"><h1>${page.title}</h1>${page.beside}${page.live && html`<p class="live" id="announcement" aria-live="polite"></p>`}</div>
${page.above}
${content(page, etag)}
</main>
</div>
${frame.hasAccess && SHORTCUTS}`,
  ).text;

/** What a page shows that a reader would call a change. */
export const shownOf = ({ above, beside, body, title }: ConsolePage): string =>
  html`${title}${beside}${above}${body}`.lasting;

const content = ({ body, live }: ConsolePage, etag: string): Html =>
  live === undefined
    ? body
    : html`<div id="live" data-seconds="${live.seconds}" data-count="${live.count}" data-etag="${etag}">
${body}
</div>`;

const header = ({ environment, hasAccess, operator, signOutToken }: Frame): Html => html`<header class="bar">
<p class="brand">Postern</p>
<p class="environment">${environment}</p>
${
  hasAccess &&
  html`<form class="find" role="search" action="${urlOf('consoleFind')}">
<label class="hidden" for="find">Find a task</label>
<input id="find" name="q" type="search" placeholder="Find a task: its id, or its exact resource" autocomplete="off">
</form>`
}
<p class="operator">${operator.name}</p>
<form method="post" action="${urlOf('consoleSignOut')}">
${passing(html`<input type="hidden" name="${FORM_TOKEN_FIELD}" value="${signOutToken}">`)}
<button>Sign out</button>
</form>
</header>`;

const navigation = (path: string): Html => html`<nav aria-label="Console">
<ul>
${NAVIGATION.map(({ key, name, route }) => {
  const link = ROUTES[route].path;
  const isHere = route === 'console' ? path === link : path === link || path.startsWith(`${link}/`);
  return isHere
    ? html`<li><a href="${urlOf(route)}" data-key="${key}" aria-current="page">${name}</a></li>\n`
    : html`<li><a href="${urlOf(route)}" data-key="${key}">${name}</a></li>\n`;
})}</ul>
</nav>`;

const SHORTCUTS = html`<dialog id="shortcuts" aria-labelledby="shortcuts-title">
<h2 id="shortcuts-title">Keyboard shortcuts</h2>
<dl>
<dt><kbd>/</kbd></dt><dd>Find a task</dd>
<dt><kbd>j</kbd> <kbd>k</kbd></dt><dd>Next and previous row</dd>
<dt><kbd>Enter</kbd></dt><dd>Open the row</dd>
${NAVIGATION.map(({ key, name }) => html`<dt><kbd>g</kbd> <kbd>${key}</kbd></dt><dd>${name}</dd>\n`)}
<dt><kbd>?</kbd></dt><dd>This list</dd>
</dl>
<form method="dialog"><button>Close</button></form>
</dialog>`;
