import { describe, expect, test } from 'vitest';
import type { DispatchSettings } from '../../../../lambda/contract/dispatch.ts';
import { checkTemplate } from '../../../../lambda/shared/dispatch/check-template.ts';
import { namedCapabilities, namedPlaceholders, namesInput } from '../../../../lambda/shared/dispatch/placeholders.ts';

type Entry = Pick<DispatchSettings, 'url' | 'headers' | 'query' | 'body' | 'auth'>;

const ACME: Entry = {
  url: 'https://api.acme.example/v1/jobs',
  headers: { Authorization: { secret: 'postern/prod/acme', format: 'Bearer {}' }, 'X-Client': '{{application}}' },
  query: {},
  body: { document: '{{input}}', webhook: '{{callbacks.result.url}}', reference: '{{taskId}}' },
};

const faultsOf = (changes: Partial<Entry>, rules: Parameters<typeof checkTemplate>[1] = { egress: 'public' }) =>
  checkTemplate({ ...ACME, ...changes }, rules);

/** Paths of the faults, and what they expect. */
const briefly = (faults: ReturnType<typeof checkTemplate>) => faults.map(({ path, value }) => [path.join('.'), value]);

describe('the check of a template accepts', () => {
  test('the example of the documentation', () => {
    expect(faultsOf({})).toEqual([]);
  });

  test.each([
    'https://api.acme.example',
    'https://api.acme.example/',
    'https://api.acme.example:8443/v1/jobs/',
    'https://api.acme.example/v1/{{application}}/jobs/{{taskId}}',
    'https://api.acme.example/v1/jobs?reference={{taskId}}&mode=fast&flag',
    'https://api.acme.example/a%20b?q=%7Bx%7D',
  ])('the URL %s', (url) => {
    expect(faultsOf({ url })).toEqual([]);
  });

  test('callbacks in the body and in `query`, inside a text too', () => {
    const query = { callback: '{{callbacks.result.url}}', tag: 'task {{taskId}}' };
    const body = ['x {{callbacks.failure.url}} y', { token: '{{callbacks.progress.token}}' }, null, 1, true];
    expect(faultsOf({ query, body })).toEqual([]);
  });

  test('http on this machine only if the environment runs there', () => {
    const url = 'http://127.0.0.1:5010/jobs';
    expect(faultsOf({ url }, { egress: 'loopback' })).toEqual([]);
    expect(briefly(faultsOf({ url }))).toEqual([['url', url]]);
    expect(briefly(faultsOf({}, { egress: 'loopback' }))).toEqual([['url', ACME.url]]);
  });
});

describe('the check of a template refuses', () => {
  test.each([
    '{{unknown}}',
    '{{ taskId }}',
    '{{}}',
    '{{taskid}}',
    '{{constructor}}',
    '{{callbacks.result}}',
    '{{callbacks.result.jti}}',
    '{{callbacks.nothing.url}}',
    '{{callbacks.__proto__.url}}',
    '{{input.url}}',
  ])('the placeholder %s in every place', (text) => {
    const faults = faultsOf({ url: `${ACME.url}/${text}`, headers: { 'X-A': text }, query: { a: text }, body: [text] });
    expect(briefly(faults)).toEqual([
      ['url', text],
      ['headers.X-A', text],
      ['query.a', text],
      ['body.0', text],
    ]);
    expect(faults[0]?.remedy).toContain('{{callbacks.result.url}}');
  });

  test.each(['{{', 'a {{input', '{{{input}}}', '{{taskId}} {{'])('the braces %s', (text) => {
    expect(faultsOf({ body: { deep: [text] } })).toMatchObject([{ path: ['body', 'deep', '0'] }]);
  });

  test('a placeholder in a name', () => {
    const faults = faultsOf({ body: { '{{input}}': 1 }, query: { '{{taskId}}': 'x' }, headers: { '{{owner}}': 'x' } });
    expect(briefly(faults)).toEqual([
      ['headers.{{owner}}', '{{owner}}'],
      ['query.{{taskId}}', '{{taskId}}'],
      ['body', '{{input}}'],
    ]);
  });

  test.each(['{{callbacks.result.url}}', '{{callbacks.result.token}}'])('%s in URL and headers', (text) => {
    const faults = faultsOf({ url: `https://api.acme.example/?hook=${text}`, headers: { 'X-Hook': text } });
    expect(briefly(faults)).toEqual([
      ['url', text],
      ['headers.X-Hook', text],
    ]);
  });

  test.each([
    'https://{{application}}.acme.example/jobs',
    'https://api.acme.example:{{taskId}}/jobs',
    'https://api.acme.example/v1/job-{{taskId}}',
    'https://api.acme.example/{{taskId}}{{application}}',
    'https://api.acme.example/jobs?{{taskId}}',
    'https://api.acme.example/jobs?{{taskId}}=1',
    'https://api.acme.example/jobs?id=a{{taskId}}',
    '{{input}}',
    'https://api.acme.example/jobs#{{taskId}}',
  ])('the URL %s, whose placeholder is no whole part', (url) => {
    expect(faultsOf({ url })).toMatchObject([{ path: ['url'] }]);
  });

  test.each([
    '',
    'acme',
    '/jobs',
    'ftp://api.acme.example/jobs',
    'http://api.acme.example/jobs',
    'HTTPS://api.acme.example/jobs',
    'https://api.acme.example/jobs#top',
    'https://api.acme.example/jobs#',
    'https://api.acme.example/v1/../jobs',
    'https://api.acme.example/v1/./jobs',
    'https://api.acme.example/v1/%2e%2E/jobs',
    'https://api.acme.example/v1/.%2e/{{taskId}}',
    'https://api.acme.example/v1//jobs',
    'https://api.acme.example\\jobs',
    'https://api.acme.example/a b',
    'https://api.acme.example/\tjobs',
    'https://API.acme.example/jobs',
    'https://api.acme.example:443/jobs',
    'https://localhost/jobs',
    'https://acme/jobs',
    'https://acme.localhost/jobs',
    'https://127.0.0.1/jobs',
    'https://10.0.0.1/jobs',
    'https://203.0.113.7/jobs',
    'https://0x7f000001/jobs',
    'https://2130706433/jobs',
    'https://[::1]/jobs',
    'https://169.254.169.254/latest/meta-data',
    `https://api.acme.example/${'a'.repeat(8_000 - 'https://api.acme.example/'.length + 1)}`,
  ])('the URL %j', (url) => {
    expect(faultsOf({ url })).toMatchObject([{ path: ['url'] }]);
  });

  test('a user name and a password, which the error does not show', () => {
    for (const url of ['https://joe:hunter2@api.acme.example/{{taskId}}', 'https://hunter2@api.acme.example/']) {
      const [fault, ...others] = faultsOf({ url });
      expect(others).toEqual([]);
      expect(fault?.path).toEqual(['url']);
      expect(JSON.stringify(fault)).not.toContain('hunter2');
    }
    expect(faultsOf({ url: 'https://@api.acme.example/' })).toHaveLength(1);
  });

  test('a URL of exactly 8,000 bytes is the longest', () => {
    const start = 'https://api.acme.example/';
    expect(faultsOf({ url: `${start}${'a'.repeat(8_000 - start.length)}` })).toEqual([]);
  });

  test('the gateway itself as processor or token endpoint', () => {
    const rules = { egress: 'public', ownHost: 'callbacks.example.com' } as const;
    const own = 'https://callbacks.example.com/v1/tasks';
    const auth = { kind: 'client_credentials', tokenEndpoint: own, clientId: 'c', secretName: 's' } as const;
    expect(briefly(faultsOf({ url: own, headers: {}, auth }, rules))).toEqual([
      ['url', own],
      ['auth.tokenEndpoint', own],
    ]);
  });

  test.each([
    ...['', 'login', 'http://login.acme.example/', 'https://login.acme.example/#x', 'https://a:b@login.acme.example/'],
    ...['https://10.0.0.1/token', 'https://login.acme.example/../token', 'https://login.acme.example/{{taskId}}'],
  ])('the token endpoint %j', (tokenEndpoint) => {
    const auth = { kind: 'client_credentials', tokenEndpoint, clientId: 'c', secretName: 's' } as const;
    expect(faultsOf({ auth, headers: {} })).toMatchObject([{ path: ['auth', 'tokenEndpoint'] }]);
  });

  test.each([
    ...['Host', 'Content-Length', 'Connection', 'Keep-Alive', 'Transfer-Encoding', 'Trailer', 'TE', 'Expect'],
    ...['Upgrade', 'Cookie', 'Accept-Encoding', 'Forwarded', 'X-Forwarded-For', 'X-Amzn-Trace-Id', 'Proxy-Connection'],
    ...['Proxy-Authorization', 'Idempotency-Key', 'webhook-id', 'Webhook-Signature', 'Signature', 'Signature-Input'],
    ...['Content-Type', 'Content-Digest', 'Content-Encoding', 'HTTP2-Settings'],
  ])('the header %s in any case', (name) => {
    for (const each of [name, name.toLowerCase(), name.toUpperCase()]) {
      expect(briefly(faultsOf({ headers: { [each]: 'x' } }))).toEqual([[`headers.${each}`, each]]);
      expect(faultsOf({ headers: { [each]: { secret: 's', format: '{}' } } })).toHaveLength(1);
    }
  });

  test.each(['', 'X Client', 'X:Client', 'X-Client\r\nX', 'Ünicode'])('the header name %j', (name) => {
    expect(faultsOf({ headers: { [name]: 'x' } })).toMatchObject([{ path: ['headers', name] }]);
  });

  test('a header twice, in another case', () => {
    const faults = faultsOf({ headers: { 'X-Client': 'a', 'x-client': 'b' } });
    expect(briefly(faults)).toEqual([['headers.x-client', 'x-client']]);
  });

  test('an Authorization header beside `auth`', () => {
    const tokenEndpoint = 'https://login.acme.example/token';
    const auth = { kind: 'client_credentials', tokenEndpoint, clientId: 'c', secretName: 's' } as const;
    expect(briefly(faultsOf({ auth, headers: { authorization: 'x' } }))).toEqual([
      ['headers.authorization', 'authorization'],
    ]);
  });

  test.each(['', ' a', 'a ', 'a\r\nb', 'a\u0000', 'café', '\u007f', 'a'.repeat(4_097)])(
    'the header value %j',
    (value) => {
      expect(faultsOf({ headers: { 'X-A': value } })).toMatchObject([{ path: ['headers', 'X-A'] }]);
    },
  );

  test('no header value of 4,096 characters', () => {
    expect(faultsOf({ headers: { 'X-A': 'a'.repeat(4_096) } })).toEqual([]);
  });

  test.each(['Bearer', '', '{} {}', '{{taskId}} {}', 'Bearer {}\n', ' {}'])('the format %j of a secret', (format) => {
    expect(briefly(faultsOf({ headers: { 'X-A': { secret: 's', format } } }))).toEqual([['headers.X-A', format]]);
  });

  test('a value of `query` that the URL has too, or that is no Unicode', () => {
    const url = 'https://api.acme.example/jobs?mo%64e=fast&x';
    const faults = faultsOf({ url, query: { mode: 'a', x: 'b', '': 'c', y: '\ud800' } });
    expect(faults.map(({ path }) => path[1])).toEqual(['mode', 'x', '', 'y']);
  });

  test.each([undefined, Number.NaN, Number.POSITIVE_INFINITY, 1n, () => 1, new Date(0), Symbol('s')])(
    'the body member %s, which JSON does not have',
    (value) => {
      const body = { list: [value] } as unknown as DispatchSettings['body'];
      expect(faultsOf({ body })).toMatchObject([{ path: ['body', 'list', '0'], value }]);
    },
  );

  test('a secret in the body, which would be sent as its name', () => {
    const body = { auth: { key: { secret: 'postern/prod/acme', format: 'Bearer {}' } } };
    expect(faultsOf({ body })).toMatchObject([
      { path: ['body', 'auth', 'key'], remedy: 'Write the secret in `headers`.' },
    ]);
    expect(faultsOf({ body: { secret: 'x', format: 'pdf' } })).toEqual([]);
  });

  test('each mistake with a value, an expectation and a remedy', () => {
    const body = { a: '{{nope}}', b: ['{{taskId'] };
    for (const fault of faultsOf({ url: 'x', headers: { Host: 'x' }, query: { '': '' }, body })) {
      expect(fault.expected).toMatch(/^[a-z0-9].*[^.]$/);
      expect(fault.remedy).toMatch(/^[A-Z].*\.$/);
    }
  });
});

describe('the names of a template', () => {
  test('are those of every place, once each', () => {
    const template = {
      url: 'https://api.acme.example/{{application}}?o={{owner}}',
      headers: { 'X-A': 'a {{resource}} {{taskId}}', 'X-B': { secret: '{{processor}}', format: '{}' } },
      query: { hook: '{{callbacks.failure.url}}' },
      body: [{ deep: ['{{taskId}}', '{{callbacks.result.token}}', { '{{expiresAt}}': null }] }],
    };
    expect(namedPlaceholders(template)).toEqual([
      'taskId',
      'application',
      'resource',
      'owner',
      'callbacks.result.token',
      'callbacks.failure.url',
    ]);
    expect(namedCapabilities(template)).toEqual(['result', 'failure']);
    expect(namesInput(template)).toBe(false);
    expect(namesInput(ACME)).toBe(true);
  });
});
