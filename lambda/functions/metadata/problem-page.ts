import { createHash } from 'node:crypto';
import { OUTCOMES, type OutcomeCode, problemType } from '../../contract/outcomes.ts';
import { REMEDIES } from '../../contract/remedies.ts';
import { ROUTES } from '../../contract/routes.ts';
import { escapeHtml, pageHeaders } from '../../shared/html.ts';
import type { HttpResponse } from '../../shared/http/message.ts';

/** Description of an error code as JSON. */
export const problemDescription = (origin: string, code: OutcomeCode) => {
  const { status, title } = OUTCOMES[code];
  return { type: problemType(origin, code), code, status, title, remedy: REMEDIES[code] };
};

/** The style is small and inside the page, so it needs no request and no session. */
const STYLE = `:root { color-scheme: light dark; }
body { margin: 0; font: 1rem/1.55 system-ui, sans-serif; }
main { max-width: 42rem; margin: 0 auto; padding: 3rem clamp(1rem, 4vw, 2.5rem); }
h1 { margin: 0; font-size: 1.6rem; line-height: 1.25; }
h2 { margin: 2rem 0 0.5rem; font-size: 1.1rem; }
code { font: 0.9em ui-monospace, monospace; overflow-wrap: anywhere; }
.code { margin: 0.5rem 0 0; opacity: 0.75; }
.more { margin-top: 2.5rem; font-size: 0.9rem; }`;

/** Computed for the first page. */
let styleSource: `'sha256-${string}'` | undefined;

/** Page of an error code. It needs no script. */
export const problemPage = (code: OutcomeCode): HttpResponse => {
  const { status, title } = OUTCOMES[code];
  const remedy = REMEDIES[code];
  styleSource ??= `'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`;
  return {
    status: 200,
    headers: pageHeaders(styleSource),
    body: `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(code)} · Postern</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
<p class="code"><code>${escapeHtml(code)}</code>, HTTP status ${status}</p>
<h2>What to do</h2>
<p>${withCode(remedy)}</p>
<p class="more">The answer that led you here has a <code>requestId</code>. Include it when you ask for support. The
<a href="${ROUTES.apiDescription.path}">API description</a> lists the operations that return this error.</p>
</main>
</body>
</html>
`,
  };
};

/** Escaped text in which \`backquoted\` words are code. */
const withCode = (text: string): string => escapeHtml(text).replace(/`([^`]+)`/g, '<code>$1</code>');
