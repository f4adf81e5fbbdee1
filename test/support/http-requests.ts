import fc from 'fast-check';
import { ROUTES } from '../../lambda/contract/routes.ts';

/** A request of HTTP/1.1 in its parts, so that a test can say what it has. */
export interface HttpRequestParts {
  readonly method: string;
  readonly target: string;
  /** In their order, as they are sent. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
  readonly framing: 'length' | 'chunks' | 'none';
}

/** Access tokens, by what is said of them. */
export type Tokens = Readonly<Record<'sender' | 'operator' | 'expired' | 'forged' | 'foreign', string>>;

const METHODS = ['GET', 'GET', 'POST', 'POST', 'POST', 'DELETE', 'PUT', 'HEAD', 'OPTIONS', 'PATCH'];

/** Segments that a path has in place of a `{name}`: tokens, ids, and what a mistaken or hostile client sends. */
const segment = fc.oneof(
  { arbitrary: fc.constantFrom('0198c0de-7000-7000-8000-000000000000', 'result', 'a.b.c', 'x'), weight: 4 },
  fc.stringMatching(/^[A-Za-z0-9_-]{1,40}\.[A-Za-z0-9_-]{1,200}\.[A-Za-z0-9_-]{1,86}$/),
  fc.constantFrom(
    '..',
    '.',
    '',
    '%2e%2e',
    '%2F',
    'a%20b',
    '%C3%BC',
    '%00',
    '%7A',
    'a;b=c',
    'a*b',
    "a'b",
    '~',
    'A',
    '$&+,:=@',
  ),
);

const ROUTE_PATHS = [...new Set(Object.values(ROUTES).map(({ path }) => path))].filter(
  // The console is not behind the door.
  (path) => !path.startsWith('/console') && path !== ROUTES.problem.path.replace('{code}', 'style'),
);

const routePath = fc
  .tuple(fc.constantFrom(...ROUTE_PATHS), fc.array(segment, { minLength: 4, maxLength: 4 }))
  .map(([path, segments]) => {
    let index = 0;
    return path.replaceAll(/\{[^}]+\}/g, () => segments[index++ % segments.length] ?? '');
  });

/** Paths beside routes. */
const mutatedPath = fc
  .tuple(
    routePath,
    fc.constantFrom<(path: string) => string>(
      (path) => `${path}/`,
      (path) => `/${path}`,
      (path) => path.toUpperCase(),
      (path) => `${path}/more`,
      (path) => path.slice(0, -1) || '/',
      (path) => path.replace('/v1/', '/v2/'),
      (path) => path.replace('/v1/', '/v1//'),
      (path) => path.replace('/v1/', '/%76%31/'),
      (path) => `${path}%2fmore`,
      (path) => `/x/..${path}`,
      () => '/',
      () => '/wp-login.php',
      () => '/.env',
      () => `/v1/results/${'a'.repeat(3_000)}`,
    ),
  )
  .map(([path, mutate]) => mutate(path));

const queryPart = fc.oneof(
  fc.constantFrom(
    'a=1',
    'a=2',
    'a',
    '=',
    'a==b',
    'b=%20+',
    'processor=acme-ocr',
    'limit=5',
    'c=%C3%A9',
    'a[]=1',
    'q=?',
    'x=1;y=2',
  ),
  fc.stringMatching(/^[A-Za-z0-9_.~%-]{0,12}=[A-Za-z0-9_.~%+-]{0,20}$/),
);
const query = fc.oneof(
  { arbitrary: fc.constant(''), weight: 3 },
  fc.array(queryPart, { minLength: 0, maxLength: 5 }).map((parts) => `?${parts.join('&')}`),
);

/** A value that a client may send; ISO 8859-1, as on the wire. */
const headerValue = fc.oneof(
  fc.constantFrom('', 'a', ' a', 'a\t b ', '"quoted"', 'a,b', 'ü', 'x'.repeat(2_000)),
  fc.stringMatching(/^[\x21-\x7e]{0,30}$/),
);

const ordinaryHeader: fc.Arbitrary<readonly [string, string]> = fc.oneof(
  fc.tuple(
    fc.constantFrom('X-Custom', 'x-custom', 'Accept', 'User-Agent', 'Idempotency-Key', 'DPoP', 'Cookie'),
    headerValue,
  ),
  fc.tuple(fc.constantFrom('Accept-Encoding', 'Referer', 'Forwarded', 'Via', 'Origin', 'Range'), headerValue),
  fc.constantFrom<readonly [string, string]>(
    // Only a load balancer or the door may set them.
    ['X-Forwarded-For', '198.51.100.9'],
    ['x-forwarded-for', '198.51.100.9, 203.0.113.1'],
    ['X-Forwarded-Proto', 'gopher'],
    ['X-Forwarded-Port', '1'],
    ['x-amzn-oidc-data', 'e30.e30.e30'],
    ['X-Amzn-Oidc-Identity', 'operator'],
    ['x-amzn-trace-id', 'Root=1-00000000-000000000000000000000000'],
    // They end at a proxy.
    ['Keep-Alive', 'timeout=5'],
    ['TE', 'trailers'],
    ['Proxy-Connection', 'keep-alive'],
    ['Upgrade', 'h2c'],
    // Names that are dropped.
    ['x_forged', '1'],
    ['a.b', '1'],
    ['x!y', '1'],
  ),
);

const authorization = (tokens: Tokens): fc.Arbitrary<readonly (readonly [string, string])[]> =>
  fc.constantFrom<readonly (readonly [string, string])[]>(
    [],
    [],
    ...(['sender', 'sender', 'sender', 'operator', 'expired', 'forged', 'foreign'] as const).map(
      (name) => [['Authorization', `Bearer ${tokens[name]}`]] as const,
    ),
    [['authorization', `bearer   ${tokens.sender}`]],
    [['Authorization', `DPoP ${tokens.sender}`]],
    [['Authorization', tokens.sender]],
    [['Authorization', 'Bearer garbage']],
    [['Authorization', 'Bearer a.b.c, Bearer d.e.f']],
    [
      ['Authorization', `Bearer ${tokens.sender}`],
      ['Authorization', `Bearer ${tokens.sender}`],
    ],
  );

const contentType = fc.constantFrom<readonly (readonly [string, string])[]>(
  [],
  [['Content-Type', 'application/json']],
  [['Content-Type', 'application/json']],
  [['content-type', 'application/json; charset=utf-8']],
  [['Content-Type', 'APPLICATION/JSON']],
  [['Content-Type', 'application/jsonp']],
  [['Content-Type', 'application/problem+json']],
  [['Content-Type', 'text/plain']],
  [['Content-Type', 'text/html; charset=iso-8859-1']],
  [['Content-Type', 'application/xml']],
  [['Content-Type', 'application/pdf']],
  [['Content-Type', 'application/octet-stream']],
  [
    ['Content-Type', 'text/plain'],
    ['Content-Type', 'application/pdf'],
  ],
  [
    ['Content-Type', 'application/json'],
    ['Content-Encoding', 'gzip'],
  ],
);

const body = fc.oneof(
  { arbitrary: fc.constant(Buffer.alloc(0)), weight: 3 },
  { arbitrary: fc.json().map((text) => Buffer.from(text)), weight: 3 },
  { arbitrary: fc.string({ unit: 'grapheme', maxLength: 60 }).map((text) => Buffer.from(text)), weight: 2 },
  { arbitrary: fc.uint8Array({ maxLength: 300 }), weight: 3 },
  fc.constantFrom(Buffer.alloc(70_000, 0x61), Buffer.alloc(300_000, 0xe9)),
);

/** Requests near the routes of the gateway: most are readable, many are refused. */
export const anyRequest = (tokens: Tokens): fc.Arbitrary<HttpRequestParts> =>
  fc
    .record({
      method: fc.constantFrom(...METHODS),
      path: fc.oneof({ arbitrary: routePath, weight: 3 }, mutatedPath),
      query,
      before: fc.array(ordinaryHeader, { maxLength: 4 }),
      authorization: authorization(tokens),
      contentType,
      after: fc.array(ordinaryHeader, { maxLength: 3 }),
      body,
      isChunked: fc.boolean(),
    })
    .map(
      ({
        after,
        authorization: token,
        before,
        body: content,
        contentType: type,
        isChunked,
        method,
        path,
        query: search,
      }) => ({
        method,
        target: `${path}${search}`,
        headers: [...before, ...token, ...type, ...after],
        body: content,
        framing: content.length === 0 && !isChunked ? 'none' : isChunked ? 'chunks' : 'length',
      }),
    );

/** The bytes of a request. @param host value of `Host` */
export const bytesOf = (
  { body: content, framing, headers, method, target }: HttpRequestParts,
  host: string,
): Buffer => {
  const framed: readonly (readonly [string, string])[] =
    framing === 'none'
      ? []
      : framing === 'length'
        ? [['Content-Length', String(content.length)]]
        : [['Transfer-Encoding', 'chunked']];
  const lines = [['Host', host] as const, ...headers, ...framed];
  const head = `${method} ${target} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), framing === 'chunks' ? chunksOf(content) : content]);
};

const CHUNK_BYTES = 9_000;

const chunksOf = (content: Uint8Array): Buffer => {
  const parts: Uint8Array[] = [];
  for (let start = 0; start < content.length; start += CHUNK_BYTES) {
    const part = content.subarray(start, start + CHUNK_BYTES);
    parts.push(Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n'));
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')]);
};
