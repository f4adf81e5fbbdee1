import fc from 'fast-check';
import { describe, expect } from 'vitest';
import { type DoorFronts, type FrontUnderTest, sendRaw, startDoorFronts } from '../support/door-fronts.ts';
import { anyRequest, bytesOf, type HttpRequestParts, type Tokens } from '../support/http-requests.ts';
import { anIdentityProviderKey, signAccessToken } from '../support/identity-provider.ts';
import { test as base } from '../support/unit-fixtures.ts';

/** Requests that are generated. The seed is fixed, so that a failure can be repeated. */
const REQUESTS = 400;
const SEED = 1;
/** Sent at a time. */
const AT_A_TIME = 8;

/** The door refuses to start with a firewall that is off. This one blocks at a score that no request has, and denies nothing itself. */
const blockingNothing = (directives: string): string =>
  directives
    .replaceAll('inbound_anomaly_score_threshold=5', 'inbound_anomaly_score_threshold=1000000')
    .replaceAll(/\bdeny,status:\d+/g, 'pass');

/** Header by which a call is found again. */
const CASE = 'x-case';

const test = base
  .extend('fronts', { scope: 'file' }, async ({ folder, openProvider }, { onCleanup }) => {
    const fronts = await startDoorFronts({
      folder,
      issuer: openProvider.issuer,
      answer: () => ({
        statusCode: 200,
        multiValueHeaders: { 'content-type': ['text/plain'], 'x-function': ['ran', 'twice'] },
        body: 'ok',
      }),
      // The load balancer on this machine has no web ACL. The firewall and the rates have tests of their own.
      configure: (config) => ({
        ...config,
        waf: { directives: blockingNothing(config.waf.directives) },
        rates: {
          ...config.rates,
          callbacks: 1_000_000,
          callbackPath: 1_000_000,
          others: 1_000_000,
          handshake: 1_000_000,
        },
      }),
    });
    onCleanup(fronts.stop);
    return fronts;
  })
  .extend('tokens', { scope: 'file' }, async ({ fronts, openProvider }): Promise<Tokens> => {
    const now = Math.floor(Date.now() / 1_000);
    const claims = {
      iss: openProvider.issuer,
      aud: fronts.origin,
      sub: 'a',
      client_id: 'a',
      iat: now,
      exp: now + 3_600,
      jti: 'j',
    };
    const sign = (over: Record<string, unknown>, key = openProvider.key) =>
      signAccessToken(key, { ...claims, ...over });
    return {
      sender: await sign({ scope: 'task_read task_write' }),
      operator: await sign({ scope: 'operator_read' }),
      expired: await sign({ exp: now - 10 }),
      forged: await sign({}, { ...(await anIdentityProviderKey()), kid: openProvider.key.kid }),
      foreign: await sign({ aud: 'https://other.example.com' }),
    };
  });

interface Outcome {
  readonly status: number | undefined;
  readonly text: string;
  readonly call: FrontUnderTest['calls'][number] | undefined;
}

const send = async (front: FrontUnderTest, request: HttpRequestParts, name: string): Promise<Outcome> => {
  const named = { ...request, headers: [...request.headers, [CASE, name] as const] };
  const { status, text } = await sendRaw(bytesOf(named, '127.0.0.1:8080'), { port: front.port });
  const call = front.calls.find(({ event }) => event.multiValueHeaders[CASE]?.[0] === name);
  return { status, text, call };
};

/** Headers that only a front may set. The door drops them from clients; the load balancer drops or extends some of them. */
const SET_BY_FRONTS = /^x-(amzn|forwarded)-/;

/** An event without what the two fronts say of themselves. */
const comparable = ({ call, status }: Outcome) =>
  call === undefined
    ? { refused: status }
    : {
        status,
        functionArn: call.functionArn,
        event: {
          ...call.event,
          requestContext: undefined,
          multiValueHeaders: Object.fromEntries(
            Object.entries(call.event.multiValueHeaders).filter(([name]) => !SET_BY_FRONTS.test(name)),
          ),
        },
      };

/** Sends each request to both fronts. */
const compare = async (fronts: DoorFronts, requests: readonly HttpRequestParts[], prefix: string) => {
  const compared: { readonly request: HttpRequestParts; readonly loadBalancer: Outcome; readonly door: Outcome }[] = [];
  for (let start = 0; start < requests.length; start += AT_A_TIME) {
    const group = requests.slice(start, start + AT_A_TIME).map(async (request, i) => {
      const name = `${prefix}-${start + i}`;
      const loadBalancer = await send(fronts.loadBalancer, request, name);
      return { request, loadBalancer, door: await send(fronts.door, request, name) };
    });
    compared.push(...(await Promise.all(group)));
  }
  return compared;
};

/** The load balancer leaves these to the function, which answers the same status. */
const refusedEarlier = (
  { door, loadBalancer }: { readonly door: Outcome; readonly loadBalancer: Outcome },
  fronts: DoorFronts,
) => {
  const { functions, rules } = fronts.door.config;
  const { call } = loadBalancer;
  return (
    door.status === 413 &&
    call !== undefined &&
    rules.some((rule) => functions[rule.function].arn === call.functionArn && bytesIn(call.event) > rule.bodyBytes)
  );
};

const bytesIn = ({ body, isBase64Encoded }: { readonly body: string; readonly isBase64Encoded: boolean }): number =>
  Buffer.byteLength(body, isBase64Encoded ? 'base64' : 'utf8');

describe('the network door and the load balancer', () => {
  test('give a function the same event of every request, or refuse with the same status', async ({
    fronts,
    tokens,
  }) => {
    const requests = fc.sample(anyRequest(tokens), { numRuns: REQUESTS, seed: SEED });
    const compared = await compare(fronts, requests, 'any');
    const differences = compared
      .filter((one) => !refusedEarlier(one, fronts))
      .map(({ door, loadBalancer, request }) => ({
        request: `${request.method} ${request.target.slice(0, 200)}`,
        headers: request.headers,
        loadBalancer: comparable(loadBalancer),
        door: comparable(door),
      }))
      .filter(({ door, loadBalancer }) => JSON.stringify(sorted(door)) !== JSON.stringify(sorted(loadBalancer)));
    expect(differences).toEqual([]);
    // What a client says of its own way is gone.
    for (const { door } of compared) {
      if (door.call === undefined) continue;
      const { multiValueHeaders: headers, requestContext } = door.call.event;
      const setByDoor = Object.fromEntries(Object.entries(headers).filter(([name]) => SET_BY_FRONTS.test(name)));
      expect(setByDoor).toEqual({
        'x-forwarded-for': ['127.0.0.1'],
        'x-forwarded-proto': ['https'],
        'x-forwarded-port': ['443'],
        'x-amzn-trace-id': [expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/)],
      });
      expect(requestContext.elb.targetGroupArn).toMatch(
        /^arn:aws:elasticloadbalancing:[^:]+:\d+:targetgroup\/[^/]+\/door$/,
      );
    }
    // The requests are of all kinds.
    const called = compared.filter(({ door }) => door.call !== undefined);
    expect(called.length).toBeGreaterThan(REQUESTS / 5);
    const functions = Object.values(fronts.door.config.functions).map(({ arn }) => arn);
    expect(new Set(called.map(({ door }) => door.call?.functionArn))).toEqual(new Set(functions));
    expect(compared.filter(({ door }) => door.status === 404).length).toBeGreaterThan(10);
    expect(compared.filter(({ door }) => door.status === 401).length).toBeGreaterThan(10);
    for (const { door } of called) expect(door.text.match(/^x-function: (ran|twice)\r$/gim)?.length ?? 0).toBe(2);
  });
});

const HOST = 'Host: 127.0.0.1\r\n';

/** Requests that a parser of HTTP may read in two ways, and requests at the limits. */
const RAW: Readonly<Record<string, string>> = {
  TRACE: `TRACE /healthz HTTP/1.1\r\n${HOST}\r\n`,
  'a target with a scheme': `GET http://127.0.0.1/healthz HTTP/1.1\r\n${HOST}\r\n`,
  'a target with a scheme and another host': `GET http://evil/healthz HTTP/1.1\r\n${HOST}\r\n`,
  'an asterisk as target': `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`,
  'a tunnel': `CONNECT 127.0.0.1:80 HTTP/1.1\r\n${HOST}\r\n`,
  'two Host lines': `GET /healthz HTTP/1.1\r\n${HOST}${HOST}\r\n`,
  'no Host line': 'GET /healthz HTTP/1.1\r\n\r\n',
  'an empty Host': 'GET /healthz HTTP/1.1\r\nHost:\r\n\r\n',
  'another Host': 'GET /healthz HTTP/1.1\r\nHost: evil.example.com\r\n\r\n',
  'a Host with another port': 'GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n',
  'a space in the name of a header': `GET /healthz HTTP/1.1\r\n${HOST}A b: c\r\n\r\n`,
  'a space before the colon': `GET /healthz HTTP/1.1\r\n${HOST}A : c\r\n\r\n`,
  'a header over two lines': `GET /healthz HTTP/1.1\r\n${HOST}A: b\r\n c\r\n\r\n`,
  'a NUL in a header': `GET /healthz HTTP/1.1\r\n${HOST}A: b\0c\r\n\r\n`,
  'length and chunks at once': `POST /healthz HTTP/1.1\r\n${HOST}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  'two lengths': `POST /healthz HTTP/1.1\r\n${HOST}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`,
  'a length that is no number': `POST /healthz HTTP/1.1\r\n${HOST}Content-Length: 1x\r\n\r\na`,
  'another transfer encoding': `POST /healthz HTTP/1.1\r\n${HOST}Transfer-Encoding: gzip\r\n\r\n`,
  'a byte above ASCII in the target': `GET /healthz/\xe9 HTTP/1.1\r\n${HOST}\r\n`,
  'what is no HTTP': 'hello\r\n\r\n',
  'a target over 16 KB': `GET /healthz?${'a'.repeat(16_400)} HTTP/1.1\r\n${HOST}\r\n`,
  'a header line over 16 KB': `GET /healthz HTTP/1.1\r\n${HOST}A: ${'a'.repeat(16_400)}\r\n\r\n`,
  'a header line of 16 KB': `GET /healthz HTTP/1.1\r\n${HOST}A: ${'a'.repeat(16_384 - 'A: \r\n'.length)}\r\n\r\n`,
  'headers over 64 KB': `GET /healthz HTTP/1.1\r\n${HOST}${`A: ${'a'.repeat(16_000)}\r\n`.repeat(5)}\r\n`,
  'a body of 1 MB': `POST /v1/results/a/b HTTP/1.1\r\n${HOST}Content-Length: 1048576\r\n\r\n${'a'.repeat(1_048_576)}`,
  'a body of 1 MB and a byte': `POST /v1/results/a/b HTTP/1.1\r\n${HOST}Content-Length: 1048577\r\n\r\n${'a'.repeat(1_048_577)}`,
};

describe('the network door and the load balancer answer the same status to', () => {
  test.for(Object.entries(RAW))('%s', async ([, text], { fronts }) => {
    const bytes = Buffer.from(text, 'latin1');
    const called = [fronts.loadBalancer.calls.length, fronts.door.calls.length] as const;
    const loadBalancer = await sendRaw(bytes, { port: fronts.loadBalancer.port });
    const door = await sendRaw(bytes, { port: fronts.door.port });
    expect(loadBalancer.status).toBeDefined();
    expect(door.status).toBe(loadBalancer.status);
    expect(fronts.door.calls.length - called[1]).toBe(fronts.loadBalancer.calls.length - called[0]);
  });
});

/** Members in an order of their own, because neither front promises one. */
const sorted = (value: unknown): unknown =>
  typeof value !== 'object' || value === null || Array.isArray(value)
    ? value
    : Object.fromEntries(
        Object.entries(value)
          .filter(([, member]) => member !== undefined)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([name, member]) => [name, sorted(member)]),
      );
