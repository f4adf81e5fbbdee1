import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect } from 'vitest';
import { checkIngress } from '../../scenario/ingress.ts';
import { createReporter, ScenarioError } from '../../scenario/reporter.ts';
import { causeOf, shown } from '../../scenario/request.ts';
import { test as base } from '../support/unit-fixtures.ts';

/** Differences from a load balancer's answers, set by a test. */
interface Behaviour {
  readonly hosts?: (host: string) => boolean;
  readonly trace?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly console?: (headers: Http2ServerRequest['headers']) => number;
  /** Content type of answers to `/console`. */
  readonly consoleType?: string;
  readonly odd?: number;
}

interface Ingress {
  behaviour: Behaviour;
  /** HTTP version of each request so far. */
  readonly versions: string[];
}

const answer = ({ behaviour, versions }: Ingress, request: Http2ServerRequest, response: Http2ServerResponse): void => {
  versions.push(request.httpVersion);
  const headers = behaviour.headers ?? { 'strict-transport-security': 'max-age=63072000' };
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  const host = request.headers.host ?? request.authority ?? '';
  const isOurs = behaviour.hosts ?? ((name: string) => name.toLowerCase().startsWith('localhost'));
  const status = (): number => {
    if (!isOurs(host)) return 404;
    if (request.method === 'TRACE') return behaviour.trace ?? 405;
    if (request.url === '/openapi.json') return 200;
    if (request.url === '/console') return behaviour.console?.(request.headers) ?? 302;
    return behaviour.odd ?? 404;
  };
  if (request.url === '/console' && behaviour.consoleType) response.setHeader('content-type', behaviour.consoleType);
  response.statusCode = status();
  response.end();
};

const test = base
  /** What the ingress does, and which requests came. */
  .extend('ingress', (): Ingress => ({ behaviour: {}, versions: [] }))
  .extend('certificate', { scope: 'file' }, ({ folder }) => {
    const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '1'];
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    execFileSync('openssl', ['req', '-x509', ...kind, ...subject, '-keyout', key, '-out', certificate], {
      stdio: 'ignore',
    });
    return { key: readFileSync(key), ca: readFileSync(certificate, 'utf8') };
  })
  .extend('server', async ({ certificate: { ca, key }, ingress }, { onCleanup }) => {
    const server = createSecureServer({ key, cert: ca, allowHTTP1: true }, (request, response) =>
      answer(ingress, request, response),
    );
    await new Promise<void>((resolve) => server.listen(0, resolve));
    onCleanup(async () => {
      await new Promise((resolve) => server.close(resolve));
    });
    return { ca, origin: `https://localhost:${(server.address() as AddressInfo).port}` };
  })
  /** Printed lines of a check, and its error. */
  .extend(
    'look',
    ({ server }) =>
      async (at = server.origin): Promise<{ readonly said: string; readonly error: string | undefined }> => {
        const lines: string[] = [];
        const report = createReporter((line) => lines.push(line), false);
        const error = await checkIngress({ origin: at, ca: server.ca, report }).then(
          () => undefined,
          (thrown: unknown) => {
            if (!(thrown instanceof ScenarioError)) throw thrown;
            return thrown.message;
          },
        );
        return { said: lines.join('\n'), error };
      },
  );

test('prints each check of a correct ingress, and uses both versions of HTTP', async ({ ingress, look }) => {
  const { error, said } = await look();
  expect(error).toBeUndefined();
  expect(said.match(/✓/g)).toHaveLength(9);
  expect(new Set(ingress.versions)).toEqual(new Set(['1.1', '2.0']));
});

test('accepts that the network door has no console, by its problem document', async ({ ingress, look }) => {
  ingress.behaviour = { console: () => 404, consoleType: 'application/problem+json' };
  expect((await look()).error).toBeUndefined();
});

test.for<readonly [string, Behaviour, string]>([
  ['knows its name in lower case only', { hosts: (host) => host.startsWith('localhost') }, 'in capitals; found 404'],
  ['answers to any name', { hosts: () => true }, 'another name of a host gets 404; found 200'],
  ['takes TRACE', { trace: 200 }, 'TRACE gets 405; found 200'],
  ['omits Strict-Transport-Security', { headers: {} }, 'found strict-transport-security: absent'],
  [
    'has the header Server',
    { headers: { 'strict-transport-security': 'max-age=63072000', server: 'awselb/2.0' } },
    'do not have Server; found server: awselb/2.0',
  ],
  [
    'trusts a forged identity header',
    { console: (headers) => (headers['x-amzn-oidc-data'] === undefined ? 302 : 200) },
    'signs nobody in; found 200',
  ],
  [
    'has lost the rules of its console',
    { console: () => 404, consoleType: 'text/plain' },
    'signs nobody in; found 404',
  ],
  [
    'signs in a forged identity with a problem document',
    { console: () => 200, consoleType: 'application/problem+json' },
    'signs nobody in; found 200',
  ],
  ['answers 502 to a path', { odd: 502 }, 'reaches no callback; found 502 for POST /v1//results/none'],
  [
    'finds a callback at another spelling of a path',
    { odd: 200 },
    'reaches no callback; found 200 for POST /v1//results/none',
  ],
])('reports an ingress that %s, and makes the other checks', async ([_, changed, words], { ingress, look, server }) => {
  ingress.behaviour = changed;
  const { error, said } = await look();
  expect(error?.split('\n')).toHaveLength(1);
  expect(error).toContain(`Expected of ${server.origin}: `);
  expect(error).toContain(words);
  expect(said.match(/✓/g)).toHaveLength(8);
});

test('reports only the missing answer if nothing answers', async ({ look }) => {
  const { error, said } = await look('https://127.0.0.1:9');
  expect(error).toMatch(
    /^Expected of https:\/\/127\.0\.0\.1:9: GET \/openapi\.json gets 200; found .*ECONNREFUSED.*\.$/,
  );
  expect(said).not.toContain('✓');
});

test('prints a URL without the secrets in it', () => {
  expect(shown(`https://a.example/v1/results/${'x'.repeat(300)}`)).toBe('https://a.example/v1/results/xxxxxxxx…');
  expect(shown(`https://a.example/c/${'y'.repeat(22)}`)).toBe('https://a.example/c/yyyyyyyy…');
  expect(shown('https://bucket.example/key?X-Amz-Signature=secret')).toBe('https://bucket.example/key');
  expect(shown('https://a.example/v1/tasks')).toBe('https://a.example/v1/tasks');
});

test('the cause of a failed request is the message of its connection', () => {
  expect(causeOf(new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') }))).toBe(
    'connect ECONNREFUSED',
  );
  const both = new AggregateError([new Error('by IPv6'), new Error('by IPv4')]);
  expect(causeOf(new TypeError('fetch failed', { cause: both }))).toBe('by IPv6; by IPv4');
});
