import { ROUTE_SUMMARIES } from '../../lambda/contract/route-summaries.ts';
import { type Access, isApiRoute, ROUTES, type Route, type RouteName } from '../../lambda/contract/routes.ts';
import { describeApi } from '../../lambda/functions/metadata/openapi/document.ts';
import type { GeneratedPage } from './page.ts';

/** The origin that stands for a gateway in the documentation. A running gateway names its own. */
const ORIGIN = 'https://callbacks.example.com';

const DOCUMENT = describeApi({ origin: ORIGIN, abbreviations: false });

const LINE_WIDTH = 130;

/** JSON with a line for each member, except where a whole value fits into one line. A difference stays readable so. */
const formatJson = (value: unknown, indent = ''): string => {
  const line = JSON.stringify(value);
  if (typeof value !== 'object' || value === null || indent.length + line.length <= LINE_WIDTH) return line;
  const deeper = `${indent}  `;
  const isList = Array.isArray(value);
  const members = isList
    ? value.map((member) => `${deeper}${formatJson(member, deeper)}`)
    : Object.entries(value)
        .filter(([, member]) => member !== undefined)
        .map(([name, member]) => `${deeper}${JSON.stringify(name)}: ${formatJson(member, deeper)}`);
  const [open, close] = isList ? ['[', ']'] : ['{', '}'];
  return `${open}\n${members.join(',\n')}\n${indent}${close}`;
};

interface Section {
  readonly title: string;
  readonly text: string;
  readonly kinds: readonly Access['kind'][];
}

const SECTIONS: readonly Section[] = [
  {
    title: 'Sender API',
    text: `For applications that open tasks. Each request needs an access token of the identity provider, with the role \`sender\` and the
scope in the table. Bodies are \`application/json\`. The [quickstart for senders](../send/quickstart.md) shows each request.`,
    kinds: ['sender'],
  },
  {
    title: 'Callbacks',
    text: `For processors. Each request needs the callback token of its task and its capability. A token in the path is the last segment.
[Callback checks](callback-checks.md) lists every check and its refusals, and the
[quickstart for processors](../process/quickstart.md) shows each request.`,
    kinds: ['callback', 'code'],
  },
  {
    title: 'Handshake',
    text: 'For processors that prove who they are by their own address. The [processor’s guide](../process/guide.md#handshake) explains it.',
    kinds: ['handshake'],
  },
  { title: 'Public documents', text: 'For any reader, without credentials.', kinds: ['public'] },
  {
    title: 'Operator API',
    text: `For operators and their tools. Each request needs an access token of the identity provider, with the scope in the table and a
role of operators. [Operators](../operate/operators.md) shows each request.`,
    kinds: ['operator-api'],
  },
  {
    title: 'Console',
    text: 'For operators in a browser. The load balancer signs them in at the identity provider.',
    kinds: ['operator'],
  },
];

const accessOf = ({ access }: Route): string => {
  switch (access.kind) {
    case 'sender':
    case 'operator-api':
      return `\`${access.scope}\``;
    case 'callback':
      return `token for \`${access.capability}\``;
    case 'code':
      return 'the short code';
    case 'handshake':
      return 'a hash that works once';
    case 'operator':
      return 'session of an operator';
    case 'public':
      return 'none';
  }
};

/** Statuses below 400 that a function answers. */
const successesOf = ({ method, path }: Route): string =>
  Object.keys(DOCUMENT.paths[path]?.[method.toLowerCase()]?.responses ?? {})
    .filter((status) => Number(status) < 400)
    .join(', ');

const inBytes = (limit: number | undefined): string => (limit === undefined ? 'no body' : limit.toLocaleString('en'));

const section = ({ kinds, text, title }: Section): string => {
  const rows = (Object.entries(ROUTES) as [RouteName, Route][])
    .filter(([, { access }]) => kinds.includes(access.kind))
    .flatMap(([name, route]) =>
      isApiRoute(name)
        ? [
            `| \`${route.method} ${route.path}\` | ${ROUTE_SUMMARIES[name]} | ${accessOf(route)} | ${inBytes(route.bodyLimit)} | ${successesOf(route)} | \`${name}\` |`,
          ]
        : [],
    );
  return `## ${title}

${text}

| request | result | access | largest body, bytes | success | operation |
|---|---|---|--:|---|---|
${rows.join('\n')}
`;
};

const render = (): string => `# API

This page lists every route of the API. [The console](../operate/console.md) lists its pages. \`npm run docs\` writes it from
[\`lambda/contract/routes.ts\`](../../lambda/contract/routes.ts).

[\`openapi.json\`](openapi.json) describes each request and each answer as OpenAPI 3.1, with schemas and examples. It stands for an
environment with the origin \`${ORIGIN}\` and without abbreviations. Each gateway serves its own description at
\`/openapi.json\`. Errors are in [Errors](errors.md), events in [Events](events.md).

${SECTIONS.map(section).join('\n')}
## Every path

- Another method on a known path gets 405 \`method_not_allowed\` with the header \`Allow\`. This includes \`HEAD\`.
- Paths are compared as they are sent. A percent sign matches nothing, except in the segment of a token.
- Every answer of a function has \`X-Request-Id\`, \`X-Content-Type-Options: nosniff\` and \`Cache-Control: no-store\`. The keys, the
  API description and the pages about errors have \`Cache-Control: public, max-age=300\`.
- A refusal with 401 or 403 has \`WWW-Authenticate\`, except at the console.

## Answers without a code

The load balancer and the web ACL answer these requests before a function runs. A client must not read the answers as problem
documents: they have no \`code\` and no \`X-Request-Id\`.

| status | cause |
|---|---|
| 400, 405 (\`TRACE\`), 414, 431 | the load balancer cannot read the request |
| 401 on the sender API | the access token is missing, expired, or not valid for this gateway |
| 403 | the web ACL does not accept requests like this one, or from this address |
| 404 | no route has this path, or the gateway has another host name |
| 413 | the body is larger than 1 MB |
| 429 | this address sent too many requests. Send the same request again after \`Retry-After\` seconds |
| 502, 503, 504 | no function answered as it should, or in time. Send the same request again |
`;

/** The page of routes, and the OpenAPI document beside it. */
export const API_PAGES: readonly GeneratedPage[] = [
  { path: 'docs/reference/api.md', render },
  {
    path: 'docs/reference/openapi.json',
    // Through JSON once, so that members that are undefined are absent.
    render: () => `${formatJson(JSON.parse(JSON.stringify(DOCUMENT)))}\n`,
  },
];
