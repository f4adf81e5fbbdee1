import { OUTCOMES, type OutcomeCode, problemType } from '../contract/outcomes.ts';
import { ROUTES } from '../contract/routes.ts';
import { escapeHtml, pageHeaders } from '../http/html.ts';
import type { Answer } from '../http/message.ts';

/** What an error code means, for programs. */
export const problemDescription = (origin: string, code: OutcomeCode) => {
  const { status, title, remedy } = OUTCOMES[code];
  return { type: problemType(origin, code), code, status, title, remedy };
};

/** What an error code means, for people: plain HTML that needs neither style nor script. */
export const problemPage = (code: OutcomeCode): Answer => {
  const { status, title, remedy } = OUTCOMES[code];
  return {
    status: 200,
    headers: pageHeaders("'none'"),
    body: `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(code)} · Postern</title>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
<p><code>${escapeHtml(code)}</code>, HTTP status ${status}</p>
<h2>What to do</h2>
<p>${withCode(remedy)}</p>
<p><a href="${ROUTES.apiDescription.path}">The API’s description</a> says which routes can answer so.</p>
</main>
</body>
</html>
`,
  };
};

/** Escaped text in which \`backquoted\` words are code. */
const withCode = (text: string): string => escapeHtml(text).replace(/`([^`]+)`/g, '<code>$1</code>');
