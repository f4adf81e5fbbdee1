import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { test as base, expect } from 'vitest';
import { createOidcAuthenticator } from '../../../local/load-balancer/authenticate-oidc.ts';
import { bindGateway } from '../../../local/load-balancer/gateway-server.ts';
import type { LambdaEvent } from '../../../local/load-balancer/lambda-event.ts';
import type { Action } from '../../../local/load-balancer/listener.ts';
import { createLoadBalancer } from '../../../local/load-balancer/load-balancer.ts';
import { aLoadBalancerIdentity } from './identities.ts';

const NOT_FOUND: Action = {
  Type: 'fixed-response',
  FixedResponseConfig: { StatusCode: 404, ContentType: 'text/plain', MessageBody: 'Not found' },
};

const test = base
  /** Events of the function, and what it answers. */
  .extend('invoked', { scope: 'file' }, (): { readonly events: LambdaEvent[]; result: unknown } => ({
    events: [],
    result: undefined,
  }))
  .extend('server', { scope: 'file' }, async ({ invoked }, { onCleanup }) => {
    const server = await bindGateway(0);
    onCleanup(server.stop);
    const origin = `http://127.0.0.1:${server.port}`;
    server.serve(
      createLoadBalancer({
        origin,
        listener: {
          rules: [
            {
              priority: 1,
              conditions: [
                { field: 'host-header', values: ['127.0.0.1'] },
                { field: 'path-pattern', values: ['/function', '/function/*'] },
              ],
              actions: [{ Type: 'forward', targetGroups: ['arn:group'] }],
            },
          ],
          defaultActions: [NOT_FOUND],
          serverHeader: false,
        },
        validateJwt: async () => 'invalid',
        oidc: createOidcAuthenticator({ origin, identity: aLoadBalancerIdentity(), loadBalancerArn: 'arn:lb' }),
        invoke: async (_, event) => {
          invoked.events.push(event as LambdaEvent);
          if (invoked.result instanceof Error) throw invoked.result;
          return invoked.result ?? { statusCode: 200, multiValueHeaders: { 'X-Function': ['ran'] }, body: 'ok' };
        },
      }),
    );
    return { port: server.port, origin };
  })
  /** Sends bytes as they are, and gives the status line's code. */
  .extend(
    'raw',
    ({ server }) =>
      (text: string): Promise<number> =>
        new Promise((resolve, reject) => {
          const socket = connect((new URL(server.origin).port as unknown as AddressInfo['port']) ?? 0, '127.0.0.1');
          let answer = '';
          socket.setEncoding('latin1');
          socket.on('data', (chunk: string) => {
            answer += chunk;
            const status = /^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1];
            if (status !== undefined) {
              resolve(Number(status));
              socket.destroy();
            }
          });
          socket.on('error', reject);
          socket.on('close', () => reject(new Error(`closed after ${JSON.stringify(answer)}`)));
          socket.write(text, 'latin1');
        }),
  );

test.for<[string, string, number]>([
  ['a plain request', 'GET /function HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n', 200],
  ['H3: TRACE', 'TRACE /function HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n', 405],
  ['an absolute-form target', 'GET http://127.0.0.1/function HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n', 400],
  ['an absolute-form target to another host', 'GET http://evil/function HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n', 400],
  ['an asterisk-form target', 'OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n', 400],
  ['a tunnel', 'CONNECT 127.0.0.1:80 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n', 400],
  ['two Host lines', 'GET /function HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: 127.0.0.1\r\n\r\n', 400],
  ['no Host line', 'GET /function HTTP/1.1\r\n\r\n', 400],
  ['an empty Host', 'GET /function HTTP/1.1\r\nHost:\r\n\r\n', 400],
  ['a space in a header’s name', 'GET /function HTTP/1.1\r\nHost: 127.0.0.1\r\nA b: c\r\n\r\n', 400],
  [
    'length and chunks at once',
    'POST /function HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    400,
  ],
  [
    'two lengths',
    'POST /function HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
    400,
  ],
  ['bytes that are no ASCII in the target', 'GET /function/\xe9 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n', 400],
  ['what is no HTTP', 'hello\r\n\r\n', 400],
  ['a target over 16 K', `GET /function/${'a'.repeat(16_400)} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`, 414],
  ['a header line over 16 K', `GET /function HTTP/1.1\r\nHost: 127.0.0.1\r\nA: ${'a'.repeat(16_400)}\r\n\r\n`, 431],
  [
    'headers over 64 K',
    `GET /function HTTP/1.1\r\nHost: 127.0.0.1\r\n${`A: ${'a'.repeat(16_000)}\r\n`.repeat(5)}\r\n`,
    431,
  ],
  [
    'headers over any limit',
    `GET /function HTTP/1.1\r\nHost: 127.0.0.1\r\n${`A: ${'a'.repeat(16_000)}\r\n`.repeat(20)}\r\n`,
    431,
  ],
  ['another Host', 'GET /function HTTP/1.1\r\nHost: evil.example.com\r\n\r\n', 404],
  ['the Host with another port', 'GET /function HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n', 200],
])('%s', async ([_, request, status], { invoked, raw }) => {
  const before = invoked.events.length;
  expect(await raw(request)).toBe(status);
  expect(invoked.events.length - before).toBe(status === 200 ? 1 : 0);
});

test('a header whose name is not valid is dropped, the request goes on', async ({ invoked, raw }) => {
  expect(await raw('GET /function HTTP/1.1\r\nHost: 127.0.0.1\r\nx_forged: 1\r\nX-Good: 2\r\n\r\n')).toBe(200);
  expect(invoked.events.at(-1)?.multiValueHeaders).not.toHaveProperty('x_forged');
  expect(invoked.events.at(-1)?.multiValueHeaders['x-good']).toEqual(['2']);
});

test('localhost is sent to the gateway’s own origin, method and body kept', async ({ server }) => {
  const response = await fetch(`${server.origin.replace('127.0.0.1', 'localhost')}/function?a=1`, {
    redirect: 'manual',
    method: 'POST',
  });
  expect(response.status).toBe(307);
  expect(response.headers.get('location')).toBe(`${server.origin}/function?a=1`);
});

test('what no rule matches gets the default action, and no header of a function', async ({ server }) => {
  const response = await fetch(`${server.origin}/other`);
  expect([response.status, await response.text()]).toEqual([404, 'Not found']);
  expect(response.headers.get('x-function')).toBeNull();
});

test('forwards a body of 1 MB byte for byte; one byte more gets 413, also in chunks', async ({ invoked, server }) => {
  const body = Buffer.alloc(1_048_576, 0xe9);
  expect((await fetch(`${server.origin}/function`, { method: 'POST', body })).status).toBe(200);
  expect(Buffer.from(invoked.events.at(-1)?.body ?? '', 'base64').equals(body)).toBe(true);

  const before = invoked.events.length;
  const large = Buffer.alloc(1_048_577);
  expect((await fetch(`${server.origin}/function`, { method: 'POST', body: large })).status).toBe(413);
  const chunks = new ReadableStream({
    start: (controller) => {
      for (let i = 0; i < 20; i += 1) controller.enqueue(new Uint8Array(100_000));
      controller.close();
    },
  });
  expect(
    (await fetch(`${server.origin}/function`, { method: 'POST', body: chunks, duplex: 'half' } as RequestInit)).status,
  ).toBe(413);
  expect(invoked.events.length).toBe(before);
});

test.for([
  ['fails', new Error('secret')],
  ['gives no answer', { hello: 1 }],
  ['gives more than 1 MB', { statusCode: 200, body: 'x'.repeat(1_048_577) }],
  ['gives a header that is none', { statusCode: 200, multiValueHeaders: { 'a b': ['c'] }, body: '' }],
] as const)('a function that %s is 502, in words of the load balancer', async ([_, outcome], { invoked, server }) => {
  invoked.result = outcome;
  const response = await fetch(`${server.origin}/function`);
  invoked.result = undefined;
  expect(response.status).toBe(502);
  expect(await response.text()).not.toContain('secret');
});

test('answers to HEAD have no body; repeated headers go out as lines of their own', async ({ invoked, server }) => {
  invoked.result = { statusCode: 200, multiValueHeaders: { 'Set-Cookie': ['a=1', 'b=2'] }, body: 'body' };
  const response = await fetch(`${server.origin}/function`, { method: 'HEAD' });
  invoked.result = undefined;
  expect(await response.text()).toBe('');
  expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
});

test('a port that is bound, but whose template is not known yet, answers 503', async () => {
  const early = await bindGateway(0);
  expect((await fetch(`http://127.0.0.1:${early.port}/`)).status).toBe(503);
  await early.stop();
});

test('a port that is taken is said to be', async ({ server }) => {
  await expect(bindGateway(server.port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
});
