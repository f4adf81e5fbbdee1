import { hash as bcrypt } from 'bcryptjs';
import { describe, expect } from 'vitest';
import {
  HANDSHAKE,
  MAX_HANDSHAKE_BODY_BYTES,
  MAX_HANDSHAKE_URL_CHARS,
} from '../../../../lambda/contract/proof-limits.ts';
import type { Delivered } from '../../../support/delivered.ts';
import { test as base } from '../../../support/fixtures.ts';
import { aHandshakeFunction, fits, type HandshakeFixture, openCaller } from '../../../support/handshake.ts';
import '../../../support/matchers.ts';
import { aProcessor, registryOf } from '../../../support/registry.ts';
import { NOW, ORIGIN } from '../../../support/tokens.ts';

const HERE = `${ORIGIN}/v1/handshake`;
const PROCESSOR = 'https://processor.example.com/jobs';

const proveTo = (gateway: HandshakeFixture) => (authorization: string | readonly string[] | undefined) =>
  gateway.ask({ method: 'GET', path: '/v1/handshake', headers: { authorization } });
const callTo = (gateway: HandshakeFixture) => (confirmUrl: string, hash: string) =>
  proveTo(gateway)(`Webhook ${confirmUrl} ${hash}`);
const expectNotAllowed = (answer: Delivered) => {
  expect(answer.status).toBe(401);
  expect(answer.json).toEqual({ allowed: false });
  expect(answer.headers['WWW-Authenticate']).toBe('Webhook');
  expect(answer.headers['Cache-Control']).toBe('no-store');
};

const test = base
  .extend('alice', async ({}, { onCleanup }) => {
    const alice = await openCaller();
    onCleanup(alice.close);
    return alice;
  })
  .extend('eve', async ({}, { onCleanup }) => {
    const eve = await openCaller();
    onCleanup(eve.close);
    return eve;
  })
  .extend('gateway', ({ alice, store }) => {
    const registry = registryOf(
      aProcessor({ id: 'alice-ocr', proof: { kind: 'webhook', origins: [alice.origin] } }),
      aProcessor({ id: 'header-ocr' }),
    );
    return aHandshakeFunction(store, registry);
  })
  .extend('prove', ({ gateway }) => proveTo(gateway))
  .extend('call', ({ gateway }) => callTo(gateway))
  /** Calls a gateway that has registered these URLs of its processor. */
  .extend('callWith', ({ store }) => (...origins: readonly string[]) => {
    const proof = { kind: 'webhook', origins } as const;
    return callTo(aHandshakeFunction(store, registryOf(aProcessor({ id: 'alice-ocr', proof }))));
  })
  .extend(
    'confirm',
    ({ gateway }) =>
      (body: unknown) =>
        gateway.ask({
          path: '/v1/handshake/confirm',
          headers: { 'content-type': 'application/json' },
          body: typeof body === 'string' ? body : JSON.stringify(body),
        }),
  )
  .extend('start', ({ gateway }) => async () => {
    const { authorization } = await gateway.ownCalls.start(PROCESSOR);
    const [scheme, url, hash = ''] = authorization.split(' ');
    expect([scheme, url]).toEqual(['Webhook', `${ORIGIN}/v1/handshake/confirm`]);
    return hash;
  });

describe('three parties: Alice calls the gateway, and Eve names Alice’s address as her own', () => {
  test('Alice is who she says: her address confirms the call', async ({ alice, call }) => {
    const answer = await call(alice.confirmUrl, await alice.hashFor(HERE));
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({ allowed: true });
  });

  test.for([4, 10, 12])('with a hash of cost %i too', async (cost, { alice, call }) => {
    expect((await call(alice.confirmUrl, await alice.hashFor(HERE, 'the secret', cost))).status).toBe(200);
  });

  test.for(['$2a$', '$2y$'])('with a hash that begins with %s too', async (version, { alice, call }) => {
    const hash = await alice.hashFor(HERE, 'of an older library');
    const renamed = hash.replace('$2b$', version);
    // Her code knows it by the name that it sent.
    alice.server.serve((_, response) => response.end('of an older library'));
    expect((await call(alice.confirmUrl, renamed)).status).toBe(200);
  });

  test('Eve is not Alice: Alice’s address does not know Eve’s hash', async ({ alice, call, eve }) => {
    expectNotAllowed(await call(alice.confirmUrl, await eve.hashFor(HERE)));
  });

  test('Eve cannot use her own address: it is not registered, and nobody calls it', async ({ call, eve }) => {
    const before = eve.server.asked.length;
    expectNotAllowed(await call(eve.confirmUrl, await eve.hashFor(HERE)));
    expect(eve.server.asked.length).toBe(before);
  });

  test('Eve cannot use a hash that Alice sent to somebody else', async ({ alice, call }) => {
    expectNotAllowed(await call(alice.confirmUrl, await alice.hashFor('https://other.example.com/receiver')));
  });

  test('Eve cannot use a hash of Alice’s again, and nobody can at the same time', async ({ alice, call, store }) => {
    const hash = await alice.hashFor(HERE);
    expect((await call(alice.confirmUrl, hash)).status).toBe(200);
    expectNotAllowed(await call(alice.confirmUrl, hash));

    // An address that confirms twice does not help.
    const secret = 'confirmed as often as asked';
    const lax = await openCaller();
    lax.server.serve((_, response) => response.end(secret));
    const other = aHandshakeFunction(
      store,
      registryOf(aProcessor({ id: 'lax-ocr', proof: { kind: 'webhook', origins: [lax.origin] } })),
    );
    const again = await bcrypt(secret, 4);
    const answers = await Promise.all(Array.from({ length: 6 }, () => callTo(other)(lax.confirmUrl, again)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    await lax.close();
  });
});

describe('S1 a registered URL with a path', () => {
  test.for(['/webhook', '/webhook?tenant=7', '/webhook/'])('%s confirms', async (path, { alice, callWith }) => {
    const call = callWith(alice.origin.replace('127.0.0.1', 'localhost'), alice.origin + path);
    expect((await call(alice.origin + path, await alice.hashFor(HERE))).status).toBe(200);
  });

  test.for([
    '',
    '/',
    '/other',
    '/webhook/',
    '/webhook/../webhook',
    '/webhooks',
    '/%77ebhook',
    '/webhook?',
    '/webhook?tenant=8',
    '/webhook#part',
    '/Webhook',
  ])('%s of the same origin does not, and nobody calls it', async (path, { alice, callWith }) => {
    const call = callWith(`${alice.origin}/webhook`, `${alice.origin}/webhook?tenant=7`);
    const before = alice.server.asked.length;
    expectNotAllowed(await call(alice.origin + path, await alice.hashFor(HERE)));
    expect(alice.server.asked.length).toBe(before);
  });
});

describe('the handshake is not allowed', () => {
  test.for<[string, (origin: string) => string]>([
    ['a user in the URL', (origin) => `${origin.replace('://', '://user@')}/webhook`],
    ['the origin as a user', (origin) => `${origin}@callbacks.example.com/webhook`],
    ['another port', (origin) => `${origin.replace(/\d+$/, '1')}/webhook`],
    ['another scheme', (origin) => `${origin.replace('http:', 'https:')}/webhook`],
    ['a host in other words', (origin) => `${origin.replace('127.0.0.1', '2130706433')}/webhook`],
    ['a backslash', (origin) => `${origin}\\webhook`],
  ])('with %s', async ([_, change], { alice, call }) => {
    const before = alice.server.asked.length;
    expectNotAllowed(await call(change(alice.origin), await alice.hashFor(HERE)));
    expect(alice.server.asked.length).toBe(before);
  });

  test.for<[string, number, string]>([
    ['another secret', 200, 'another'],
    ['a status that is no 200', 201, 'the secret'],
    ['no secret', 204, ''],
    ['a redirect', 302, 'the secret'],
    ['an error', 500, 'the secret'],
  ])('when the address answers with %s', async ([_, status, body], { store }) => {
    const hash = await bcrypt('the secret', 4);
    const odd = await openCaller();
    odd.server.serve((__, response) => response.writeHead(status).end(status === 204 ? undefined : body));
    const other = aHandshakeFunction(
      store,
      registryOf(aProcessor({ id: 'odd-ocr', proof: { kind: 'webhook', origins: [odd.origin] } })),
    );
    expectNotAllowed(await callTo(other)(odd.confirmUrl, hash));
    await odd.close();
  });

  test.for([
    [72, 200],
    [73, 401],
  ] as const)(
    'or is, with a secret of %i bytes: %i (bcrypt looks at no more)',
    async ([length, status], { alice, call }) => {
      const secret = 's'.repeat(length);
      expect((await call(alice.confirmUrl, await alice.hashFor(HERE, secret))).status).toBe(status);
    },
  );

  test('when nobody answers there', async ({ store }) => {
    const gone = await openCaller();
    const other = aHandshakeFunction(
      store,
      registryOf(aProcessor({ id: 'gone-ocr', proof: { kind: 'webhook', origins: [gone.origin] } })),
    );
    await gone.close();
    expectNotAllowed(await callTo(other)(gone.confirmUrl, await bcrypt('the secret', 4)));
  });

  test.for([undefined, 'Bearer abc', 'Basic eDp5', 'Webhooks a b'])(
    'without a header of its scheme: %j',
    async (authorization, { prove }) => {
      expectNotAllowed(await prove(authorization));
    },
  );
});

describe('a header that is malformed is 400, and nobody is called', () => {
  test.for<[string, (hash: string) => string | readonly string[]]>([
    ['one part', () => 'Webhook'],
    ['two parts', (hash) => `Webhook ${hash}`],
    ['four parts', (hash) => `Webhook http://127.0.0.1/ ${hash} more`],
    ['two blanks', (hash) => `Webhook  http://127.0.0.1/ ${hash}`],
    ['no URL', (hash) => `Webhook callbacks ${hash}`],
    ['a long URL', (hash) => `Webhook http://127.0.0.1/${'x'.repeat(MAX_HANDSHAKE_URL_CHARS)} ${hash}`],
    ['no hash', () => 'Webhook http://127.0.0.1/ hash'],
    ['a hash of cost 3', (hash) => `Webhook http://127.0.0.1/ ${hash.replace('$04$', '$03$')}`],
    ['a hash of cost 13', (hash) => `Webhook http://127.0.0.1/ ${hash.replace('$04$', '$13$')}`],
    ['a hash of another kind', (hash) => `Webhook http://127.0.0.1/ ${hash.replace('$2b$', '$2x$')}`],
    ['a hash that is cut', (hash) => `Webhook http://127.0.0.1/ ${hash.slice(0, -1)}`],
    ['two lines', (hash) => [`Webhook http://127.0.0.1/ ${hash}`, `Webhook http://127.0.0.1/ ${hash}`]],
  ])('%s', async ([_, make], { prove }) => {
    expect(await prove(make(await bcrypt('the secret', 4)))).toBeRefusedWith('request_invalid');
  });

  test('another method is 405', async ({ gateway }) => {
    const answer = await gateway.ask({ method: 'POST', path: '/v1/handshake' });
    expect(answer).toBeRefusedWith('method_not_allowed');
    expect(answer.headers.Allow).toBe('GET');
  });
});

describe('a call that we start', () => {
  test('is confirmed once, with the bare secret, to who was called', async ({ confirm, start }) => {
    const hash = await start();
    const answer = await confirm({ hash, url: PROCESSOR });
    expect(answer.status).toBe(200);
    expect(answer.headers['Content-Type']).toBe('text/plain; charset=utf-8');
    expect(await fits(answer.body.toString(), hash)).toBe(true);
    const again = await confirm({ hash, url: PROCESSOR });
    expect(again.status).toBe(401);
    expect(again.json).toEqual({ allowed: false });
  });

  test('is forgotten when somebody asks who was not called', async ({ confirm, start }) => {
    const hash = await start();
    expect((await confirm({ hash, url: `${PROCESSOR}/other` })).status).toBe(401);
    expect((await confirm({ hash, url: PROCESSOR })).status).toBe(401);
  });

  test('is confirmed to one of many who ask at the same time', async ({ confirm, start }) => {
    const hash = await start();
    const answers = await Promise.all(Array.from({ length: 6 }, () => confirm({ hash, url: PROCESSOR })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  test.for([
    [HANDSHAKE.ownCallSeconds - 1, 200],
    [HANDSHAKE.ownCallSeconds, 401],
  ] as const)('after %i seconds gets %i', async ([seconds, status], { confirm, gateway, start }) => {
    const hash = await start();
    gateway.at(NOW + seconds);
    expect((await confirm({ hash, url: PROCESSOR })).status).toBe(status);
  });

  test('a hash that is not ours is not confirmed', async ({ confirm }) => {
    expect((await confirm({ hash: await bcrypt('x', 4), url: PROCESSOR })).status).toBe(401);
  });

  test.for([['[]'], ['null'], ['{}'], ['{"hash":1,"url":"u"}'], ['{"hash":"h"}'], ['not JSON'], ['']] as const)(
    '%s is 400',
    async ([body], { confirm }) => {
      expect(await confirm(body)).toBeRefusedWith('request_invalid');
    },
  );

  test('a body above the limit is 413, another type 415', async ({ confirm, gateway }) => {
    expect(await confirm({ hash: 'x'.repeat(MAX_HANDSHAKE_BODY_BYTES), url: 'u' })).toBeRefusedWith(
      'payload_too_large',
    );
    const answer = await gateway.ask({
      path: '/v1/handshake/confirm',
      headers: { 'content-type': 'text/plain' },
      body: '{}',
    });
    expect(answer).toBeRefusedWith('content_type_refused');
  });
});

test('O1 what happened is written down with its reason, never a hash or a secret', async ({ alice, call, gateway }) => {
  const hash = await alice.hashFor(HERE, 'the secret of Alice');
  await call(alice.confirmUrl, hash);
  await call(alice.confirmUrl, hash);
  expect(gateway.lines).toMatchObject([{ status: 200 }, { status: 401, reason: 'not confirmed: 401' }]);
  for (const secret of [hash, 'the secret of Alice']) expect(JSON.stringify(gateway.lines)).not.toContain(secret);
});
