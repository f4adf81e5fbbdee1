import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DispatchSettings, JsonValue } from '../../../../lambda/contract/dispatch.ts';
import {
  buildRequest,
  isTemplateFault,
  messageIdOf,
  type RequestValues,
  type TemplateFault,
  type UnsignedRequest,
} from '../../../../lambda/shared/dispatch/build-request.ts';
import { checkTemplate } from '../../../../lambda/shared/dispatch/check-template.ts';
import { KNOWN_PLACEHOLDERS, splitText } from '../../../../lambda/shared/dispatch/placeholders.ts';
import { standInCallbacks } from '../../../../lambda/shared/dispatch/stand-in-callbacks.ts';

type Entry = Pick<DispatchSettings, 'method' | 'url' | 'headers' | 'query' | 'body'>;

const ACME: Entry = {
  method: 'POST',
  url: 'https://api.acme.example/v1/jobs',
  headers: { Authorization: { secret: 'postern/prod/acme', format: 'Bearer {}' }, 'X-Client': '{{application}}' },
  query: {},
  body: { document: '{{input}}', webhook: '{{callbacks.result.url}}', reference: '{{taskId}}' },
};

const RESULT = { url: 'https://callbacks.example.com/v1/results/task-1', token: 'aa.bb.cc' };

const VALUES: RequestValues = {
  taskId: 'task-1',
  application: 'shop',
  processor: 'acme-ocr',
  resource: 'order/17',
  owner: 'joe',
  input: { pages: [1, null], title: 'Überschrift {{taskId}}' },
  expiresAt: '2026-12-24T12:00:00.000Z',
  callbacks: { result: RESULT, failure: { url: 'https://callbacks.example.com/c/XYZ' } },
  issue: 1,
};

const build = (changes: Partial<Entry>, values: Partial<RequestValues> = {}): UnsignedRequest => {
  const request = buildRequest({ ...ACME, ...changes }, { ...VALUES, ...values });
  if (isTemplateFault(request)) throw new Error(`${request.placeholder} ${request.detail}`);
  return request;
};

const faultOf = (changes: Partial<Entry>, values: Partial<RequestValues> = {}): TemplateFault => {
  const fault = buildRequest({ ...ACME, ...changes }, { ...VALUES, ...values });
  if (!isTemplateFault(fault)) throw new Error(`This was built: ${JSON.stringify(fault)}.`);
  return fault;
};

const bodyOf = (body: JsonValue, values: Partial<RequestValues> = {}): unknown =>
  JSON.parse(build({ body }, values).body);

describe('a request', () => {
  test('has the form of its template', () => {
    expect(build({})).toEqual({
      method: 'POST',
      url: 'https://api.acme.example/v1/jobs',
      headers: {
        Authorization: { secret: 'postern/prod/acme', format: 'Bearer {}' },
        'X-Client': 'shop',
        'Content-Type': 'application/json',
        'Accept-Encoding': 'identity',
        'Idempotency-Key': 'task-1',
      },
      body: JSON.stringify({ document: VALUES.input, webhook: RESULT.url, reference: 'task-1' }),
    });
  });

  test('has the task id as its id for the first issue, and the number behind it later', () => {
    expect(['1', '2', '20'].map((issue) => messageIdOf('t', Number(issue)))).toEqual(['t', 't-2', 't-20']);
    expect(build({}, { issue: 3 }).headers['Idempotency-Key']).toBe('task-1-3');
  });

  test('has every value in place of its placeholder', () => {
    const body = Object.fromEntries(
      KNOWN_PLACEHOLDERS.filter((name) => name !== 'input' && !name.startsWith('callbacks.')).map((name) => [
        name,
        `{{${name}}}`,
      ]),
    );
    const { taskId, application, processor, resource, owner, expiresAt } = VALUES;
    expect(bodyOf(body)).toEqual({ taskId, application, processor, resource, owner, expiresAt });
    expect(bodyOf(['{{callbacks.result.token}}', '{{callbacks.failure.url}}'])).toEqual([
      'aa.bb.cc',
      'https://callbacks.example.com/c/XYZ',
    ]);
  });

  test.each<JsonValue>([null, true, 0, -1.5, '', 'text', [], {}, [[{}]], { a: { b: null } }])(
    'has the input %j as a JSON value',
    (input) => {
      expect(bodyOf({ a: ['{{input}}'] }, { input })).toEqual({ a: [input] });
    },
  );

  test('has text, numbers and booleans inside a longer text', () => {
    expect(bodyOf('{{taskId}}: {{input}}', { input: '"}' })).toBe('task-1: "}');
    expect(bodyOf('x{{input}}', { input: 1.5 })).toBe('x1.5');
    expect(bodyOf('x{{input}}', { input: false })).toBe('xfalse');
  });

  test('keeps placeholders inside values as text', () => {
    const input = '{{callbacks.result.url}}';
    expect(bodyOf(['{{input}}', 'a {{input}}'], { input })).toEqual([input, `a ${input}`]);
    expect(build({ headers: { 'X-A': '{{input}}' } }, { input }).headers['X-A']).toBe(input);
    expect(build({ query: { a: '{{input}}' } }, { input }).url).toMatch(/\?a=%7B%7Bcallbacks\.result\.url%7D%7D$/);
  });

  test('keeps members with names of prototypes', () => {
    const body = JSON.parse('{"__proto__": {"constructor": "{{taskId}}"}}') as JsonValue;
    expect(build({ body }).body).toBe('{"__proto__":{"constructor":"task-1"}}');
    const input = JSON.parse('{"__proto__": {"toJSON": 1}}') as JsonValue;
    expect(build({ body: '{{input}}' }, { input }).body).toBe('{"__proto__":{"toJSON":1}}');
  });

  test('has everything but unreserved characters encoded, so that a parser changes nothing', () => {
    const { url } = build({ url: 'https://api.acme.example/{{resource}}' }, { resource: "it's(1)*!~-._ü" });
    expect(url).toBe('https://api.acme.example/it%27s%281%29%2A%21~-._%C3%BC');
  });

  test('has values of the path and the query encoded', () => {
    const url = 'https://api.acme.example/v1/{{resource}}/jobs?o={{owner}}&x';
    const query = { hook: '{{callbacks.result.url}}', 'a b': "it's {{resource}}&c=1" };
    expect(build({ url, query }, { owner: 'a@b:c' }).url).toBe(
      'https://api.acme.example/v1/order%2F17/jobs?o=a%40b%3Ac&x' +
        '&hook=https%3A%2F%2Fcallbacks.example.com%2Fv1%2Fresults%2Ftask-1' +
        '&a%20b=it%27s%20order%2F17%26c%3D1',
    );
    expect(build({ url: 'https://api.acme.example', query: { a: '1' } }).url).toBe('https://api.acme.example/?a=1');
  });
});

describe('a value that does not fit', () => {
  test.each(['resource', 'owner', 'input'] as const)('is blamed on %s if it is missing', (field) => {
    const { [field]: _, ...others } = VALUES;
    const fault = buildRequest({ ...ACME, body: [`{{${field}}}`] }, others);
    expect(fault).toMatchObject({ placeholder: field, field, path: ['body', '0'] });
  });

  test('is blamed on the callbacks or the carrier of the task', () => {
    expect(faultOf({ body: { a: '{{callbacks.upload.url}}' } })).toMatchObject({
      placeholder: 'callbacks.upload.url',
      field: 'callbacks',
      path: ['body', 'a'],
    });
    expect(faultOf({ body: '{{callbacks.failure.token}}' })).toMatchObject({ field: 'carrier' });
  });

  test.each<JsonValue>([null, [], {}, Number.POSITIVE_INFINITY])('is %j inside a longer text', (input) => {
    for (const changes of [
      { body: 'a {{input}}' },
      { headers: { 'X-A': '{{input}}' } },
      { query: { a: '{{input}}' } },
    ]) {
      expect(faultOf(changes, { input })).toMatchObject({ placeholder: 'input', field: 'input' });
    }
  });

  test.each(['', ' ', ' a', 'a\r\nX-Admin: 1', 'a\u0000', '\u007f', 'é', '\u{1f600}', '\ud800', 'a'.repeat(4_097)])(
    'is %j in a header',
    (resource) => {
      const headers = { 'X-A': '{{resource}}' };
      expect(faultOf({ headers }, { resource })).toMatchObject({ field: 'resource', path: ['headers', 'X-A'] });
    },
  );

  test('is the one of several in a header that is not ASCII', () => {
    const headers = { 'X-A': '{{application}} {{resource}} {{owner}}' };
    expect(faultOf({ headers }, { resource: 'é' })).toMatchObject({ field: 'resource' });
  });

  test.each([
    ...['', '.', '..', '%2e', '%2E.', '.%2e', '%2e%2E', '%252e%252e', '%25252e', '../jobs', 'a/../b', 'a\\..\\b'],
    ...['..%2Fadmin', '..%252Fadmin', 'a%5c..', '..;x=1', '.;', '\ud800'],
  ])('is %j in a path', (resource) => {
    const url = 'https://api.acme.example/v1/{{resource}}/jobs';
    expect(faultOf({ url }, { resource })).toMatchObject({ field: 'resource', path: ['url'] });
  });

  test('is never blamed on a value that the sender did not choose', () => {
    const url = 'https://api.acme.example/{{taskId}}/{{owner}}/{{resource}}/{{processor}}';
    const query = { a: '{{input}}' };
    const input = 'a'.repeat(8_000);
    expect(faultOf({ url, query }, { input })).toMatchObject({ field: 'input' });
    expect(faultOf({ url, query }, { input: 1, resource: input, taskId: 'a'.repeat(9_000) })).toMatchObject({
      field: 'resource',
    });
  });

  test.each(['...', '.a', 'a..b', '%2f', 'a/b', '?', '#', '\r\n', ' ', '..a/b', '%'])(
    'is not %j in a path',
    (resource) => {
      const { pathname } = new URL(build({ url: 'https://api.acme.example/v1/{{resource}}/jobs' }, { resource }).url);
      expect(decodeURIComponent(pathname.split('/')[2] ?? '')).toBe(resource);
    },
  );

  test('makes the URL longer than 8,000 bytes', () => {
    const length = (input: string) => build({ query: { a: '{{input}}' } }, { input }).url.length;
    const fixed = length('');
    expect(length('a'.repeat(8_000 - fixed))).toBe(8_000);
    const input = 'a'.repeat(8_001 - fixed);
    expect(faultOf({ query: { a: '{{input}}' } }, { input })).toMatchObject({ field: 'input', path: ['url'] });
  });

  test('is nested too deeply', () => {
    const input = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`) as JsonValue;
    expect(faultOf({ body: ['{{input}}'] }, { input })).toMatchObject({ field: 'input', path: ['body'] });
  });

  test('is never quoted', () => {
    const secret = 'SECRET-\u0000';
    const places = [{ headers: { 'X-A': 'x {{input}}' } }, { url: 'https://api.acme.example/{{input}}' }];
    for (const changes of places) {
      expect(JSON.stringify(faultOf(changes, { input: [secret] }))).not.toContain('SECRET');
    }
    expect(JSON.stringify(faultOf({ headers: { 'X-A': '{{owner}}' } }, { owner: secret }))).not.toContain('SECRET');
  });
});

test('callbacks in the place of real ones are as long as the longest real ones', () => {
  const callbacks = standInCallbacks(['result', 'progress'], 'header');
  expect(Object.keys(callbacks)).toEqual(['result', 'progress']);
  expect(callbacks.result?.url).toHaveLength(1_024);
  expect(callbacks.result?.token).toHaveLength(2_048);
  expect(standInCallbacks(['upload'], 'short').upload?.token).toBeUndefined();
});

describe('hostile values', () => {
  const hostileText = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc
      .array(
        fc.constantFrom(
          ...[
            '{{taskId}}',
            '{{',
            '}}',
            '{{callbacks.result.token}}',
            '"',
            "'",
            '\\',
            '\\"',
            '","x":"',
            '\r\n',
            '\n',
            '\0',
          ],
          ...[
            '../',
            '..',
            '.',
            '%2e%2e',
            '%2e%2e%2f',
            '/',
            '//',
            '%2f',
            '?',
            '#',
            '&',
            '=',
            '@',
            ':',
            ';',
            ' ',
            '\t',
            '$&',
          ],
          ...['__proto__', 'constructor', '\u2028', '\ud800', '\udc00', '\u{1f600}', '\ufeff', '%', '%00', 'a', 'é'],
        ),
        { maxLength: 6 },
      )
      .map((parts) => parts.join('')),
  );
  const hostileJson = fc.oneof(
    hostileText,
    fc.jsonValue({ stringUnit: 'binary' }),
    fc.dictionary(fc.oneof(hostileText, fc.constantFrom('__proto__', 'toJSON', 'length')), hostileText),
    fc.array(hostileText),
  ) as fc.Arbitrary<JsonValue>;

  const values = fc.record({
    taskId: fc.constant('task-1'),
    application: fc.constant('shop'),
    processor: fc.constant('acme-ocr'),
    resource: hostileText,
    owner: hostileText,
    input: hostileJson,
    expiresAt: fc.constant(VALUES.expiresAt),
    callbacks: fc.record({ result: fc.record({ url: hostileText, token: hostileText }) }),
    issue: fc.integer({ min: 1, max: 20 }),
  });

  const name = fc.constantFrom(
    ...['taskId', 'resource', 'owner', 'input', 'callbacks.result.url', 'callbacks.result.token'],
  );
  const fixed = fc.constantFrom('', 'a', '"', '\\', 'ü', '}}', '{', ' ', '&b=c', '../');
  const text = fc
    .array(
      fc.oneof(
        fixed,
        name.map((each) => `{{${each}}}`),
      ),
      { maxLength: 4 },
    )
    .map((parts) => parts.join(''))
    .filter((each) => !each.includes('{{{'));
  const bodies = fc.letrec<{ body: JsonValue }>((tie) => ({
    body: fc.oneof(
      { maxDepth: 3 },
      text,
      fc.constantFrom(null, true, 1.5),
      fc.array(tie('body'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('a', 'b', '__proto__', 'toString', 'ü"'), tie('body'), { maxKeys: 3 }),
    ),
  })).body;
  const free = fc.constantFrom('taskId', 'resource', 'owner', 'input').map((each) => `{{${each}}}`);
  const segment = fc.oneof(fc.constantFrom('v1', 'jobs', 'a%20b'), free);
  const urls = fc
    .tuple(
      fc.array(segment, { minLength: 1, maxLength: 4 }),
      fc.array(fc.oneof(fc.constant('x'), free), { maxLength: 3 }),
    )
    .map(([path, query]) => `https://api.acme.example/${path.join('/')}?${query.map((each) => `k=${each}`).join('&')}`)
    .map((url) => url.replace(/\?$/, ''));
  const entries: fc.Arbitrary<Entry> = fc.record({
    method: fc.constantFrom('POST', 'PUT', 'PATCH'),
    url: urls,
    headers: fc.dictionary(fc.constantFrom('X-A', 'X-B'), fc.oneof(free, fc.constant('c {{owner}} d'))),
    query: fc.dictionary(fc.constantFrom('q', 'r&s', 'ü'), text, { maxKeys: 2 }),
    body: bodies,
  });

  /** Fills a template without any of the code under test: placeholders are found by a regular expression. */
  const expectedText = (template: string, given: RequestValues): unknown => {
    const lookUp = (placeholder: string): unknown =>
      placeholder.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], given);
    const whole = /^\{\{([\w.]+)\}\}$/.exec(template)?.[1];
    if (whole !== undefined) return lookUp(whole);
    return template.replace(/\{\{([\w.]+)\}\}/g, (_, placeholder: string) => String(lookUp(placeholder)));
  };

  /** Expects a value with exactly the structure of its template. */
  const expectStructure = (actual: unknown, template: JsonValue, given: RequestValues): void => {
    if (typeof template === 'string') {
      // JSON has one zero, and no undefined.
      expect(actual).toEqual(JSON.parse(JSON.stringify(expectedText(template, given))));
    } else if (Array.isArray(template)) {
      expect(Array.isArray(actual)).toBe(true);
      expect((actual as readonly unknown[]).length).toBe(template.length);
      for (const [index, member] of template.entries()) {
        expectStructure((actual as readonly unknown[])[index], member, given);
      }
    } else if (typeof template === 'object' && template !== null) {
      const members = Object.entries(template);
      expect(new Map(Object.entries(actual as object)).size).toBe(members.length);
      expect(Object.keys(actual as object).sort()).toEqual(members.map(([each]) => each).sort());
      const actualMembers = new Map(Object.entries(actual as object));
      for (const [each, member] of members) expectStructure(actualMembers.get(each), member, given);
    } else {
      expect(actual).toEqual(template);
    }
  };

  test('give a request with exactly the structure of the template, or a fault', () => {
    let built = 0;
    fc.assert(
      fc.property(entries, values, (entry, given) => {
        fc.pre(checkTemplate(entry, { egress: 'public' }).length === 0);
        const request = buildRequest(entry, given);
        if (isTemplateFault(request)) {
          expect(request.field).toBeDefined();
          return;
        }
        built += 1;
        expect(request.method).toBe(entry.method);
        expectStructure(JSON.parse(request.body), entry.body, given);

        const url = new URL(request.url);
        const [path = '', search = ''] = entry.url.slice('https://api.acme.example'.length).split('?');
        const parameters = search === '' ? [] : search.split('&');
        expect(url.href).toBe(request.url);
        expect([url.origin, url.username, url.password, url.hash]).toEqual(['https://api.acme.example', '', '', '']);
        const segments = url.pathname.split('/').slice(1);
        expect(segments.map(decodeURIComponent)).toEqual(
          path
            .split('/')
            .slice(1)
            .map((each) => String(expectedText(each.replace('%20', ' '), given))),
        );
        expect([...url.searchParams]).toEqual([
          ...parameters.map((each) => ['k', String(expectedText(each.slice(2), given))]),
          ...Object.entries(entry.query).map(([each, template]) => [each, String(expectedText(template, given))]),
        ]);

        const own = ['Content-Type', 'Accept-Encoding', 'Idempotency-Key'];
        expect(Object.keys(request.headers)).toEqual([...Object.keys(entry.headers), ...own]);
        // The parser of the platform refuses what could end a header.
        const parsed = new Headers(request.headers as Record<string, string>);
        for (const [each, template] of Object.entries(entry.headers)) {
          expect(parsed.get(each)).toBe(String(expectedText(template as string, given)));
        }
      }),
      { numRuns: 1_000 },
    );
    expect(built).toBeGreaterThan(100);
  });

  test('split into parts that give the text again', () => {
    fc.assert(
      fc.property(hostileText, (each) => {
        const parts = splitText(each).map((part) => ('text' in part ? part.text : `{{${part.placeholder}}}`));
        expect(parts.join('')).toBe(each);
      }),
      { numRuns: 500 },
    );
  });
});
