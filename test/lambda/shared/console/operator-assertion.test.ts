import { createHmac, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';
import { test as base, describe, expect } from 'vitest';
import { USERINFO_ROLES } from '../../../../lambda/contract/operator-roles.ts';
import type { OutcomeCode } from '../../../../lambda/contract/outcomes.ts';
import { countFormRefusals } from '../../../../lambda/shared/console/form.ts';
import { type ConsoleFrameOptions, createConsoleFrame } from '../../../../lambda/shared/console/frame.ts';
import { createLoadBalancerKeys, PUBLIC_KEY_BOUNDS } from '../../../../lambda/shared/console/load-balancer-keys.ts';
import { createOperatorVerifier } from '../../../../lambda/shared/console/operator-assertion.ts';
import { createOperatorRolesReader } from '../../../../lambda/shared/console/operator-roles.ts';
import { createRefusalAnswer } from '../../../../lambda/shared/console/refusal-answer.ts';
import { servePages } from '../../../../lambda/shared/http/serve-pages.ts';
import { createLogger } from '../../../../lambda/shared/log/logger.ts';
import { anAlbEvent, type EventOverrides } from '../../../support/alb-event.ts';
import { ANY_PAGE, frameOptions } from '../../../support/console.ts';
import { type Delivered, read } from '../../../support/delivered.ts';
import { answering, type DocumentServer, openDocumentServer } from '../../../support/document-server.ts';
import '../../../support/matchers.ts';
import { NOW, ORIGIN } from '../../../support/tokens.ts';

const ARN = 'arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/postern/0123456789abcdef';
const ISSUER = 'https://idp.example.com';
const CLIENT = 'postern-console';
const KID = '12345678-1234-1234-1234-123456789012';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pemOf = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' });

/** The place of the load balancer's keys, with one key. */
const oneKey =
  (pem = pemOf(publicKey)) =>
  (request: { url?: string | undefined }, response: import('node:http').ServerResponse) => {
    if (request.url === `/${KID}`) response.writeHead(200).end(pem);
    else response.writeHead(404).end();
  };

const HEADER = { alg: 'ES256', typ: 'JWT', kid: KID, signer: ARN, iss: ISSUER, client: CLIENT, exp: NOW + 120 };
const CLAIMS = { sub: 'operator-1', name: 'Ada Lovelace', email: 'ada@example.com', roles: ['operator'] };

/** Encodes as the load balancer does: with padding. */
const padded = (bytes: string | Uint8Array): string =>
  Buffer.from(bytes).toString('base64').replaceAll('+', '-').replaceAll('/', '_');

interface Assertion {
  readonly header?: Record<string, unknown>;
  readonly claims?: Record<string, unknown>;
  readonly key?: KeyObject;
  readonly encode?: (bytes: string | Uint8Array) => string;
}

/** An assertion of the load balancer; say what is different. An `undefined` value leaves a member out. */
const anAssertion = ({ header, claims, key = privateKey, encode = padded }: Assertion = {}): string => {
  const input = [
    { ...HEADER, ...header },
    { ...CLAIMS, ...claims },
  ]
    .map((part) => encode(JSON.stringify(part)))
    .join('.');
  return `${input}.${encode(sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }))}`;
};

const test = base
  .extend('openServer', { scope: 'file' }, async ({}, { onCleanup }) => {
    const server = await openDocumentServer(oneKey());
    onCleanup(server.close);
    return server;
  })
  .extend('server', ({ openServer }) => {
    openServer.serve(oneKey());
    return openServer;
  })
  /** The function as its handler composes it, as after a cold start. */
  .extend(
    'start',
    ({ server }) =>
      (
        now: () => number = () => NOW * 1000,
        timeoutMilliseconds = PUBLIC_KEY_BOUNDS.timeoutMilliseconds,
        options: Partial<ConsoleFrameOptions> = {},
      ) => {
        const lines: string[] = [];
        const handler = servePages({
          owner: 'console',
          origin: ORIGIN,
          logger: createLogger('test', 'console', (line) => lines.push(line)),
          handle: createConsoleFrame(
            frameOptions({
              verifier: createOperatorVerifier({
                loadBalancerArn: ARN,
                issuer: ISSUER,
                clientId: CLIENT,
                keys: createLoadBalancerKeys({
                  url: server.url,
                  bounds: { ...PUBLIC_KEY_BOUNDS, timeoutMilliseconds },
                  now,
                }),
                readRoles: createOperatorRolesReader(USERINFO_ROLES, null),
                now,
              }),
              now,
              ...options,
            }),
            ANY_PAGE,
          ),
          respondToRefusal: createRefusalAnswer(ORIGIN),
          measure: countFormRefusals,
        });
        const ask = async (assertion: string | readonly string[] | undefined, event: EventOverrides = {}) =>
          read(
            await handler(
              anAlbEvent({
                method: 'GET',
                path: '/console',
                ...event,
                headers: { ...event.headers, 'x-amzn-oidc-data': assertion },
              }),
              { awsRequestId: randomUUID() },
            ),
          );
        return { ask, lines };
      },
  );

const expectNoPage = (answer: Delivered, code: OutcomeCode) => {
  expect(answer).toBeRefusedWith(code, null);
  expect(answer.body.toString()).not.toContain('<');
};

describe("P4 the load balancer's assertion", () => {
  test.for(['/console', '/console/style.css'])('is needed for %s', async (path, { start }) => {
    expectNoPage(await start().ask(undefined, { path }), 'access_token_missing');
  });

  test.for<[string, Assertion]>([
    ['another load balancer', { header: { signer: `${ARN}0` } }],
    ['no signer', { header: { signer: undefined } }],
    ['another client', { header: { client: 'other' } }],
    ['no client', { header: { client: undefined } }],
    ['another issuer', { header: { iss: `${ISSUER}/` } }],
    ['no issuer', { header: { iss: undefined } }],
    ['an expiry in the past', { header: { exp: NOW - 5 } }],
    ['no expiry', { header: { exp: undefined } }],
    ['an expiry as text', { header: { exp: `${NOW + 120}` } }],
    ['an expiry in the claims only', { header: { exp: undefined }, claims: { exp: NOW + 120 } }],
    ['an unknown key', { header: { kid: '00000000-0000-0000-0000-000000000000' } }],
    ['no kid', { header: { kid: undefined } }],
    ['alg ES384', { header: { alg: 'ES384' } }],
    ['alg none', { header: { alg: 'none' } }],
    ['a critical parameter', { header: { crit: ['exp'] } }],
    ['no subject', { claims: { sub: undefined } }],
    ["a stranger's key", { key: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey }],
  ])('is refused with %s', async ([_, assertion], { start }) => {
    expectNoPage(await start().ask(anAssertion(assertion)), 'access_token_invalid');
  });

  test.for([
    ['name', {}, 'Ada Lovelace'],
    ['preferred_username', { name: undefined, preferred_username: 'ada' }, 'ada'],
    ['email', { name: '' }, 'ada@example.com'],
    ['sub', { name: 7, email: undefined }, 'operator-1'],
  ] as const)('names the operator by %s', async ([_, claims, name], { start }) => {
    const page = await start().ask(anAssertion({ claims }));
    expect(page.body.toString()).toContain(`<p class="operator">${name}</p>`);
  });

  test('is accepted 4 s after its expiry, within the tolerance', async ({ start }) => {
    expect((await start().ask(anAssertion({ header: { exp: NOW - 4 } }))).status).toBe(200);
  });

  test('is accepted with or without padding, and with no other rewriting (T4)', async ({ start }) => {
    const bare = (bytes: string | Uint8Array) => Buffer.from(bytes).toString('base64url');
    expect((await start().ask(anAssertion({ encode: bare }))).status).toBe(200);
    const good = anAssertion();
    expect(good).toContain('=');
    for (const bad of [
      `${good}=`,
      `${good}====`,
      good.replace('.', '=.'),
      `${good}\n`,
      ` ${good}`,
      `.${good}`,
      '',
      'a.b.c',
    ]) {
      expectNoPage(await start().ask(bad), 'access_token_invalid');
    }
  });

  test('comes once', async ({ start }) => {
    expectNoPage(await start().ask([anAssertion(), anAssertion()]), 'access_token_invalid');
  });

  test('T3 is refused if it is signed by HMAC with the public key', async ({ start }) => {
    const input = [{ ...HEADER, alg: 'HS256' }, CLAIMS].map((part) => padded(JSON.stringify(part))).join('.');
    const hmac = createHmac('sha256', pemOf(publicKey)).update(input).digest();
    expectNoPage(await start().ask(`${input}.${padded(hmac)}`), 'access_token_invalid');
  });

  test.for([['viewer'], [], ['operator'], [undefined], ['operator_payload']])(
    'C5 gets 403 with the roles %j',
    async ([roles], { start }) => {
      const answer = await start().ask(anAssertion({ claims: { roles } }));
      expectNoPage(answer, 'operator_role_missing');
    },
  );

  test('O1 is never logged; the operator is', async ({ start }) => {
    const { ask, lines } = start();
    await ask(anAssertion());
    await ask(anAssertion({ claims: { roles: [] } }));
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { status: 200, operator: 'operator-1' },
      { status: 403, code: 'operator_role_missing' },
    ]);
    expect(lines.join()).not.toContain(anAssertion().split('.')[0]);
  });
});

describe("the load balancer's keys", () => {
  test.for(['../secret', 'a/b', 'a?b', 'a%2fb', '', 'a'.repeat(65), 'http://169.254.169.254/'])(
    'S1 are not fetched by a URL with the kid %j',
    async (kid, { server, start }) => {
      const before = server.asked.length;
      expectNoPage(await start().ask(anAssertion({ header: { kid } })), 'access_token_invalid');
      expect(server.asked.length).toBe(before);
    },
  );

  test('are fetched once, and again after an hour', async ({ server, start }) => {
    let now = NOW * 1000;
    const { ask } = start(() => now);
    const before = server.asked.length;
    await ask(anAssertion());
    await ask(anAssertion());
    expect(server.asked.length - before).toBe(1);
    now += 3_600_000;
    await ask(anAssertion({ header: { exp: NOW + 4_000 } }));
    expect(server.asked.length - before).toBe(2);
  });

  test('T6 are fetched a limited number of times for unknown kids', async ({ server, start }) => {
    const { ask } = start();
    await ask(anAssertion());
    const before = server.asked.length;
    for (let i = 0; i < 30; i += 1) await ask(anAssertion({ header: { kid: `unknown-${i}` } }));
    expect(server.asked.length - before).toBeLessThanOrEqual(10);
    expect((await ask(anAssertion())).status).toBe(200);
  });

  test.for<[string, Parameters<DocumentServer['serve']>[0]]>([
    ['answers 500', answering('', 'text/plain', 500)],
    ['answers no key', answering('hello', 'text/plain')],
    [
      'answers a P-384 key',
      answering(pemOf(generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey), 'text/plain'),
    ],
    ['answers more than 4 KB', answering(`${pemOf(publicKey)}${' '.repeat(4_096)}`, 'text/plain')],
    [
      'redirects (S1)',
      (request, response) => {
        if (request.url === '/elsewhere') response.writeHead(200).end(pemOf(publicKey));
        else response.writeHead(302, { location: '/elsewhere' }).end();
      },
    ],
    ['never answers', () => {}],
  ])('C7 cause a 503 if their endpoint %s', async ([_, listener], { server, start }) => {
    const { ask } = start(undefined, 200);
    server.serve(listener);
    expectNoPage(await ask(anAssertion()), 'unavailable');
    server.serve(oneKey());
    expect((await ask(anAssertion())).status).toBe(200);
  });
});
