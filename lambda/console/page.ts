import { escapeHtml } from '../http/html.ts';
import type { Operator } from './operator-assertion.ts';

export interface ConsolePage {
  readonly operator: Operator;
  readonly environment: string;
  readonly origin: string;
  /** Path of the style sheet. */
  readonly stylePath: string;
}

/** The console's first page: who is signed in, and where. Everything that anybody else wrote is escaped. */
export const renderConsole = ({ environment, operator, origin, stylePath }: ConsolePage): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Postern console · ${escapeHtml(environment)}</title>
<link rel="stylesheet" href="${escapeHtml(stylePath)}">
</head>
<body>
<header class="bar">
<p class="brand">Postern</p>
<p class="environment">${escapeHtml(environment)}</p>
</header>
<main>
<h1>Hello, ${escapeHtml(operator.name)}</h1>
<p class="lead">You are signed in as an operator of this gateway.</p>
<section class="card" aria-labelledby="gateway">
<h2 id="gateway">This gateway</h2>
<dl>
<dt>Environment</dt><dd>${escapeHtml(environment)}</dd>
<dt>Origin</dt><dd><code>${escapeHtml(origin)}</code></dd>
<dt>Signed in as</dt><dd><code>${escapeHtml(operator.subject)}</code></dd>
<dt>Public keys</dt><dd><a href="/.well-known/jwks.json">Key set of the callback tokens</a></dd>
</dl>
</section>
</main>
</body>
</html>
`;
