import { type Html, html } from './template.ts';
import { urlOf } from './url.ts';

/** A page without a session: it has the public style sheet and no script. */
export const publicPage = (title: string, main: Html): string =>
  wholePage(
    title,
    html`<link rel="stylesheet" href="${urlOf('pageStyle')}">`,
    html`<main class="document">
${main}
</main>`,
  ).text;

/** The frame of every page. @param links style sheet and script */
export const wholePage = (title: string, links: Html, body: Html): Html => html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" type="image/svg+xml" href="${urlOf('pageIcon')}">
${links}
</head>
<body>
${body}
</body>
</html>
`;

/** Text in which \`backquoted\` words are code. */
export const withCode = (text: string): Html =>
  html`${text.split('`').map((part, i) => (i % 2 === 1 ? html`<code>${part}</code>` : html`${part}`))}`;

/** Icon of every page: a small door in a wall. */
export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#3a4fc7"/><path d="M4.5 13V7.5a3.5 3.5 0 0 1 7 0V13z" fill="#fff"/><circle cx="9.6" cy="9.6" r=".9" fill="#3a4fc7"/></svg>`;

/**
 * Headers of every page: scripts and styles of our own only, nothing from a third party, no frames, and no feature of the
 * device. A page with forms sends the referrer to its own origin, because browsers send forms with `Origin: null` under
 * `no-referrer`.
 */
export const PAGE_HEADERS = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': [
    "default-src 'none'",
    "style-src 'self'",
    "script-src 'self'",
    "connect-src 'self'",
    "img-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  'Referrer-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
} as const;

/** Headers of a page without script and forms. */
export const PUBLIC_PAGE_HEADERS = {
  ...PAGE_HEADERS,
  'Content-Security-Policy':
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
} as const;
