import { OUTCOMES, type Outcome, type OutcomeCode } from '../../lambda/contract/outcomes.ts';
import { REMEDIES } from '../../lambda/contract/remedies.ts';
import { describeApi } from '../../lambda/functions/metadata/openapi/document.ts';
import type { Operation } from '../../lambda/functions/metadata/openapi/model.ts';
import { responseOf } from '../../lambda/functions/metadata/openapi/shared-responses.ts';
import type { GeneratedPage } from './page.ts';

const DOCUMENT = describeApi({ origin: 'https://callbacks.example.com', abbreviations: false });

/** Returns the codes that the API description lists for an operation. */
const codesOf = (operation: Operation): readonly string[] =>
  Object.keys(operation.responses).flatMap((status) => {
    const content = responseOf(DOCUMENT, operation, status).content?.['application/problem+json'];
    const schema = content?.schema as
      | { readonly properties?: { readonly code?: { readonly enum?: readonly string[] } } }
      | undefined;
    return schema?.properties?.code?.enum ?? [];
  });

const SENDER_CODES: ReadonlySet<string> = new Set(
  Object.values(DOCUMENT.paths)
    .flatMap((methods) => Object.values(methods))
    .filter(({ tags }) => tags.includes('sender'))
    .flatMap(codesOf),
);

const CONSOLE_CODES: ReadonlySet<OutcomeCode> = new Set(['operator_role_missing', 'form_refused']);

const inCell = (text: string): string => text.replaceAll('|', '\\|');

const row = ([code, outcome]: readonly [OutcomeCode, Outcome]): string => {
  const { alarm, metric, oauthError, status, statusInPath, title } = outcome;
  const counted = metric === null ? '' : `\`${metric}\`${alarm === null ? '' : ', raises the alarm of this name'}`;
  const oauth = oauthError === null ? '' : `\`${oauthError}\``;
  const statuses = statusInPath === undefined ? `${status}` : `${status}, or ${statusInPath} for a value in the path`;
  return `| \`${code}\` | ${statuses} | ${oauth} | ${inCell(title)} | ${inCell(REMEDIES[code])} | ${counted} |`;
};

const table = (belongs: (code: OutcomeCode, outcome: Outcome) => boolean): string => {
  const entries = (Object.entries(OUTCOMES) as [OutcomeCode, Outcome][]).filter((entry) => belongs(...entry));
  return [
    '| code | status | OAuth error | meaning | remedy | metric |',
    '|---|---|---|---|---|---|',
    ...entries.map(row),
  ].join('\n');
};

/** Codes of callbacks that the sender API gives too. */
const SHARED_CODES = (Object.entries(OUTCOMES) as [OutcomeCode, Outcome][])
  .filter(([code, { metric }]) => metric !== null && SENDER_CODES.has(code) && code !== 'not_found')
  .map(([code]) => `\`${code}\``)
  .join(', ');

const render = (): string => `# Errors

This page lists every error code of the gateway. \`npm run docs\` writes it from
[\`lambda/contract/outcomes.ts\`](../../lambda/contract/outcomes.ts). A running gateway has a page for each code at
\`/problems/CODE\`.

An error of a function is a problem document (\`application/problem+json\`, RFC 9457):

| member | value |
|---|---|
| \`type\` | the URL of the page about the code |
| \`title\` | the meaning, the same text for each occurrence |
| \`status\` | the HTTP status of the answer |
| \`code\` | the code. Programs compare this member |
| \`requestId\` | the id of the request in the log, also in the header \`X-Request-Id\` |
| \`detail\`, \`errors\` | only where they help the caller. \`errors\` is a list of JSON pointers with a text each |

A refusal with an OAuth error has it in \`WWW-Authenticate\` (RFC 6750). A request without credentials gets no OAuth error.

The load balancer and the web ACL answer some requests before a function runs. Those answers are HTML, or JSON without a
\`code\`. [The API](api.md#answers-without-a-code) lists them.

## Callbacks

Codes that a processor can get. [Callback checks](callback-checks.md) says which check gives which code. The metric counts the
refusal in CloudWatch, in the namespace \`Postern\`.

${table((_, { metric }) => metric !== null)}

## Sender API and handshake

A sender can also get these codes of the table above: ${SHARED_CODES}.
Any route can give \`method_not_allowed\` and \`not_found\`.

${table((code, { metric }) => metric === null && !CONSOLE_CODES.has(code))}

## Console

${table((code) => CONSOLE_CODES.has(code))}
`;

/** The page of error codes. */
export const ERRORS: GeneratedPage = { path: 'docs/reference/errors.md', render };
