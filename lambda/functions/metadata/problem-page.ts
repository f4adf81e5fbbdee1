import { OUTCOMES, type OutcomeCode, problemType } from '../../contract/outcomes.ts';
import { REMEDIES } from '../../contract/remedies.ts';
import { PUBLIC_PAGE_HEADERS, publicPage, withCode } from '../../shared/html/page.ts';
import { html } from '../../shared/html/template.ts';
import { urlOf } from '../../shared/html/url.ts';
import type { HttpResponse } from '../../shared/http/message.ts';

/** Description of an error code as JSON. */
export const problemDescription = (origin: string, code: OutcomeCode) => {
  const { status, title } = OUTCOMES[code];
  return { type: problemType(origin, code), code, status, title, remedy: REMEDIES[code] };
};

/** Page of an error code. It needs no script and no session. */
export const problemPage = (code: OutcomeCode): HttpResponse => {
  const { status, title } = OUTCOMES[code];
  return {
    status: 200,
    headers: PUBLIC_PAGE_HEADERS,
    body: publicPage(
      `${code} · Postern`,
      html`<h1>${title}</h1>
<p class="muted"><code>${code}</code>, HTTP status ${status}</p>
<h2>What to do</h2>
<p>${withCode(REMEDIES[code])}</p>
<p class="muted">The answer that led you here has a <code>requestId</code>. Include it when you ask for support. The
<a href="${urlOf('apiDescription')}">API description</a> lists the operations that return this error.</p>`,
    ),
  };
};
