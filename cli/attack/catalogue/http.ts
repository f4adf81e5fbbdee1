import { MAX_BODY_BYTES } from '../../../lambda/contract/limits.ts';
import type { AttackGroup } from '../attack.ts';
import { withHeader, withHeaders, withoutToken } from '../edit-request.ts';

/** Attacks on paths, methods, bodies and lengths. */
export const HTTP: AttackGroup = {
  title: 'HTTP',
  attacks: [
    {
      name: 'body-over-limit',
      tries: `sends ${MAX_BODY_BYTES + 1} bytes`,
      requirements: ['H3'],
      expected: ['payload_too_large'],
      request: ({ honest }) => honest({ body: new Uint8Array(MAX_BODY_BYTES + 1).fill(0x20) }),
    },
    {
      name: 'wrong-content-type',
      tries: 'delivers a web page',
      requirements: ['H3'],
      expected: ['content_type_refused'],
      request: ({ honest }) => honest({ contentType: 'text/html', body: '<script>alert(1)</script>' }),
    },
    {
      name: 'compressed-body',
      tries: 'sends a body that unpacks to any size (Content-Encoding: gzip)',
      requirements: ['H3'],
      expected: ['content_type_refused'],
      request: async ({ honest }) => withHeader(await honest(), 'Content-Encoding', 'gzip'),
    },
    {
      name: 'broken-json',
      tries: 'sends half of a JSON document',
      requirements: ['H3'],
      expected: ['payload_invalid', 'content_type_refused'],
      request: ({ honest }) => honest({ contentType: 'application/json', body: '{"text":' }),
    },
    {
      name: 'schema-break',
      tries: 'adds a member that the schema of the processor does not have',
      requirements: ['H3'],
      expected: ['payload_invalid'],
      target: 'schema',
      request: ({ honest }) => honest({ body: '{"text":"drill","isAdmin":true}' }),
    },
    {
      name: 'percent-encoded-path',
      tries: 'writes the path in percent-encoding, past the rules that compare it',
      requirements: ['C5'],
      expected: ['not_found'],
      request: async ({ honest }) => {
        const request = await honest();
        return { ...request, target: request.target.replace('/results/', '/%72esults/') };
      },
    },
    {
      name: 'percent-encoded-task',
      tries: 'writes the task in percent-encoding, for a second spelling of the same path',
      requirements: ['C5'],
      expected: ['not_found'],
      request: async ({ honest, taskId }) => {
        const request = await honest();
        const first = `%${taskId.charCodeAt(0).toString(16)}`;
        return { ...request, target: request.target.replace(taskId, `${first}${taskId.slice(1)}`) };
      },
    },
    {
      name: 'dot-segments',
      tries: 'goes to the task by way of another one (/other/../)',
      requirements: ['C5'],
      expected: ['not_found', 'http_400', 'http_403'],
      request: async ({ honest, taskId }) => {
        const request = await honest();
        return { ...request, target: request.target.replace(taskId, `other/../${taskId}`) };
      },
    },
    {
      name: 'doubled-slash',
      tries: 'doubles a slash of the path',
      requirements: ['C5'],
      expected: ['not_found'],
      request: async ({ honest }) => {
        const request = await honest();
        return { ...request, target: request.target.replace('/results/', '/results//') };
      },
    },
    {
      name: 'other-method',
      tries: 'uses PUT',
      requirements: ['H3'],
      expected: ['method_not_allowed'],
      request: async ({ honest }) => ({ ...(await honest()), method: 'PUT' }),
    },
    {
      name: 'link-preview',
      tries: 'opens the URL with GET, as a chat program does for a preview',
      requirements: ['H3'],
      expected: ['method_not_allowed'],
      request: async ({ honest }) => ({ ...(await honest()), method: 'GET' }),
    },
    {
      name: 'head',
      tries: 'uses HEAD, which some servers treat as another method',
      requirements: ['H3'],
      expected: ['method_not_allowed'],
      request: async ({ honest }) => ({ ...(await honest()), method: 'HEAD', body: new Uint8Array() }),
    },
    {
      name: 'trace',
      tries: 'uses TRACE, which could echo the token',
      requirements: ['H3'],
      expected: ['method_not_allowed'],
      request: async ({ honest }) => ({ ...(await honest()), method: 'TRACE', body: new Uint8Array() }),
    },
    {
      name: 'method-override',
      tries: 'says in a header that its GET is a POST',
      requirements: ['H3'],
      expected: ['method_not_allowed'],
      request: async ({ honest }) =>
        withHeaders({ ...(await honest()), method: 'GET' }, ['X-HTTP-Method-Override', 'POST']),
    },
    {
      name: 'other-host',
      tries: 'names another host, for a URL in an answer or a wrong route',
      requirements: ['C5'],
      expected: ['not_found', 'http_400'],
      request: async ({ honest }) => withHeaders(await honest(), ['Host', 'attacker.invalid']),
    },
    {
      name: 'forged-proxy-headers',
      tries: 'signs in with headers that only the load balancer may set',
      requirements: ['P4'],
      expected: ['token_missing'],
      request: async ({ attackerKey, honest }) =>
        withHeaders(
          withoutToken(await honest()),
          ['X-Amzn-Oidc-Identity', 'operator'],
          ['X-Amzn-Oidc-Data', attackerKey.sign({ alg: 'ES256' }, { sub: 'operator', roles: ['processor'] })],
          ['X-Amzn-Mtls-Clientcert-Subject', 'CN=operator'],
          ['X-Forwarded-For', '127.0.0.1'],
        ),
    },
    {
      name: 'smuggled-request',
      tries: 'hides a delivery inside a request without a token (Content-Length beside Transfer-Encoding)',
      requirements: ['H3'],
      expected: ['http_400', 'connection_closed'],
      request: async ({ honest, result }) => {
        const request = withoutToken(await honest());
        const hidden = Buffer.from(
          `0\r\n\r\nPOST ${result.path} HTTP/1.1\r\nHost: ${new URL(result.url).host}\r\nAuthorization: Bearer ${result.token}\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`,
        );
        return withHeaders(
          { ...request, body: hidden },
          ['Content-Length', String(hidden.length)],
          ['Transfer-Encoding', 'chunked'],
        );
      },
    },
    {
      name: 'two-lengths',
      tries: 'sends two different Content-Length lines',
      requirements: ['H3'],
      expected: ['http_400', 'connection_closed'],
      request: async ({ honest }) => {
        const request = await honest();
        return withHeaders(request, ['Content-Length', '0'], ['Content-Length', String(request.body.length)]);
      },
    },
    {
      name: 'obscured-encoding',
      tries: 'writes Transfer-Encoding so that only some servers read it',
      requirements: ['H3'],
      expected: ['http_400', 'http_501', 'connection_closed'],
      request: async ({ honest }) => {
        const request = await honest();
        return withHeaders(
          { ...request, body: Buffer.from('0\r\n\r\n') },
          ['Content-Length', '5'],
          ['Transfer-Encoding ', 'chunked'],
        );
      },
    },
  ],
};
