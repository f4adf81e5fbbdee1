import { OUTCOMES, type OutcomeCode } from '../../contract/outcomes.ts';
import { REMEDIES } from '../../contract/remedies.ts';
import { ROUTES } from '../../contract/routes.ts';
import { escapeHtml } from '../../shared/html.ts';
import { FORM_TOKEN_FIELD } from './form.ts';
import type { Operator } from './operator-assertion.ts';
import { STANDALONE_STYLE } from './style.ts';

/** Content of every page for a signed-in person. */
export interface SignedIn {
  readonly operator: Operator;
  readonly environment: string;
  /** Token of the form that signs out. */
  readonly signOutToken: string;
}

/** All text from outside is escaped. */
const page = (title: string, hasSession: boolean, body: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
${hasSession ? `<link rel="stylesheet" href="${ROUTES.consoleStyle.path}">` : `<style>${STANDALONE_STYLE}</style>`}
</head>
<body>
${body}
</body>
</html>
`;

const header = ({ environment, operator, signOutToken }: SignedIn): string => `<header class="bar">
<p class="brand">Postern</p>
<p class="environment">${escapeHtml(environment)}</p>
<p class="operator">${escapeHtml(operator.name)}</p>
<form method="post" action="${ROUTES.consoleSignOut.path}">
<input type="hidden" name="${FORM_TOKEN_FIELD}" value="${escapeHtml(signOutToken)}">
<button>Sign out</button>
</form>
</header>`;

/** The console's first page: the gateway and the signed-in operator. */
export const renderConsole = (signedIn: SignedIn, origin: string): string => {
  const { environment, operator } = signedIn;
  return page(
    `Postern console · ${environment}`,
    true,
    `${header(signedIn)}
<main>
<h1>Hello, ${escapeHtml(operator.name)}</h1>
<p class="lead">You are signed in as an operator of this gateway.</p>
<section class="card" aria-labelledby="gateway">
<h2 id="gateway">This gateway</h2>
<dl>
<dt>Environment</dt><dd>${escapeHtml(environment)}</dd>
<dt>Origin</dt><dd><code>${escapeHtml(origin)}</code></dd>
<dt>Signed in as</dt><dd><code>${escapeHtml(operator.subject)}</code></dd>
<dt>Roles</dt><dd>${escapeHtml(operator.roles.join(', '))}</dd>
<dt>Public keys</dt><dd><a href="/.well-known/jwks.json">Key set of the callback tokens</a></dd>
</dl>
</section>
</main>`,
  );
};

/** The page for a signed-in person without a role of the console. */
export const renderNoAccess = (signedIn: SignedIn): string => {
  const { operator } = signedIn;
  return page(
    `No access · ${signedIn.environment}`,
    true,
    `${header(signedIn)}
<main>
<h1>No access</h1>
<p class="lead">You are signed in, but you do not have the role of an operator.</p>
<section class="card" aria-labelledby="who">
<h2 id="who">Who is signed in</h2>
<dl>
<dt>Name</dt><dd>${escapeHtml(operator.name)}</dd>
<dt>Subject</dt><dd><code>${escapeHtml(operator.subject)}</code></dd>
<dt>Roles</dt><dd>${escapeHtml(operator.roles.join(', ') || 'none')}</dd>
</dl>
</section>
<h2>Missing role</h2>
<p>One of the roles <code>operator_read</code> (to look) and <code>operator</code> (to act). Ask the administrators of the
identity provider for it, and give them the subject above.</p>
<h2>Sign in as another person</h2>
<p>Press “Sign out” at the top of this page, and sign in again with another account.</p>
<p><code>${'operator_role_missing' satisfies OutcomeCode}</code></p>
</main>`,
  );
};

export const renderRefusal = (code: OutcomeCode): string => {
  const { status, title } = OUTCOMES[code];
  return page(
    `${status} · Postern console`,
    false,
    `<main>
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(REMEDIES[code]).replace(/`([^`]+)`/g, '<code>$1</code>')}</p>
<p><code>${escapeHtml(code)}</code>, HTTP status ${status}</p>
<p><a href="${ROUTES.console.path}">Open the console</a></p>
</main>`,
  );
};

/** @param continueAt URL at which the identity provider ends its own session, if it has one */
export const renderSignedOut = (continueAt: string | undefined): string =>
  page(
    'Signed out · Postern console',
    false,
    `<main>
<h1>Signed out</h1>
${
  continueAt === undefined
    ? '<p>This console has ended your session. You may still be signed in at your identity provider: close the browser or sign out there as well.</p>'
    : `<p>This console has ended your session. Your identity provider ends its own now: <a href="${escapeHtml(continueAt)}">continue</a>.</p>`
}
<p><a href="${ROUTES.console.path}">Sign in again</a></p>
</main>`,
  );

/** @param continueAt URL at which the identity provider ends its own session, if it has one */
export const renderIdle = (idleSeconds: number, continueAt: string | undefined): string =>
  page(
    'Signed out · Postern console',
    false,
    `<main>
<h1>Signed out</h1>
<p>You opened no page for ${Math.round(idleSeconds / 60)} minutes, and this console has ended your session.</p>
<p><code>access_token_invalid</code></p>
<p><a href="${ROUTES.console.path}">Sign in again</a></p>
${continueAt === undefined ? '' : `<p><a href="${escapeHtml(continueAt)}">Sign out at the identity provider as well</a></p>\n`}</main>`,
  );
