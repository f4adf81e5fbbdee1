import fc from 'fast-check';
import { describe, expect } from 'vitest';
import { type DoorFronts, type FrontUnderTest, sendRaw, startDoorFronts } from '../support/door-fronts.ts';
import { anyRequest, bytesOf, type HttpRequestParts, type Tokens } from '../support/http-requests.ts';
import { anIdentityProviderKey, signAccessToken } from '../support/identity-provider.ts';
import { test as base } from '../support/unit-fixtures.ts';

/** Requests that are generated. The seed is fixed, so that a failure can be repeated. */
const REQUESTS = 400;
const SEED = 20_261_201;
/** Sent at a time. */
const AT_A_TIME = 8;

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
        waf: { directives: 'SecRuleEngine Off' },
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
    // The requests are of all kinds.
    const called = compared.filter(({ door }) => door.call !== undefined);
    expect(called.length).toBeGreaterThan(REQUESTS / 5);
    expect(new Set(called.map(({ door }) => door.call?.functionArn)).size).toBe(7);
    expect(compared.filter(({ door }) => door.status === 404).length).toBeGreaterThan(10);
    expect(compared.filter(({ door }) => door.status === 401).length).toBeGreaterThan(10);
    for (const { door } of called) expect(door.text.match(/^x-function: (ran|twice)\r$/gim)?.length ?? 0).toBe(2);
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
