import { describe, expect } from 'vitest';
import { FunctionError } from '../../local/functions/function-error.ts';
import { answering } from '../support/document-server.ts';
import { sendRaw, startDoorFronts } from '../support/door-fronts.ts';
import { bytesOf, type HttpRequestParts } from '../support/http-requests.ts';
import { EVENTUALLY } from '../support/patience.ts';
import { test as base } from '../support/unit-fixtures.ts';

/** Secrets of one request: in the path, the query, a header, the body, and what the function says. */
const SECRET = {
  path: 'c2VjcmV0LXBhdGg.c2VjcmV0LXBheWxvYWQ.c2VjcmV0LXNpZ25hdHVyZQ',
  query: 'secret-of-the-query',
  header: 'secret-of-a-header',
  body: 'secret-of-the-body',
  function: 'secret-of-the-function',
};

const CALLBACK: HttpRequestParts = {
  method: 'POST',
  target: `/v1/results/0198c0de/${SECRET.path}?q=${SECRET.query}`,
  headers: [
    ['Content-Type', 'application/json'],
    ['Authorization', `Bearer ${SECRET.header}`],
  ],
  body: Buffer.from(JSON.stringify({ text: SECRET.body })),
  framing: 'length',
};

/** What a function does, by what is said of it. */
const FAILURES: Readonly<Record<string, () => unknown>> = {
  'throws an error': () => {
    throw new FunctionError('error', 'Error', { errorType: 'Error', errorMessage: SECRET.function });
  },
  'is refused by Lambda': () => {
    throw new Error(SECRET.function);
  },
  'takes longer than its time limit': () => new Promise(() => {}),
  'returns nothing': () => null,
  'returns a text': () => SECRET.function,
  'returns another object': () => ({ hello: SECRET.function }),
  'returns a status below 200': () => ({ statusCode: 199, body: SECRET.function }),
  'returns a status that is no number': () => ({ statusCode: '200', body: SECRET.function }),
  'returns a header that is none': () => ({ statusCode: 200, multiValueHeaders: { 'a b': ['c'] }, body: '' }),
  'returns a header with a line end': () => ({ statusCode: 200, multiValueHeaders: { a: ['b\r\nc: d'] }, body: '' }),
  'returns a body that is no base64': () => ({ statusCode: 200, body: '*', isBase64Encoded: true }),
  'returns more than 1 MB': () => ({ statusCode: 200, body: 'x'.repeat(1_048_577) }),
};

const GOOD = { statusCode: 200, multiValueHeaders: { 'content-type': ['text/plain'] }, body: 'ok' };

const test = base
  /** What the function does now. */
  .extend('behaviour', { scope: 'file' }, (): { run: () => unknown } => ({ run: () => GOOD }))
  .extend('fronts', { scope: 'file' }, async ({ behaviour, folder, openProvider }, { onCleanup }) => {
    const fronts = await startDoorFronts({
      folder,
      issuer: openProvider.issuer,
      answer: () => behaviour.run(),
      configure: (config) => ({
        ...config,
        limits: { ...config.limits, keysCooldownSeconds: 1 },
        functions: Object.fromEntries(
          Object.entries(config.functions).map(([name, target]) => [name, { ...target, timeoutSeconds: 1 }]),
        ) as typeof config.functions,
      }),
    });
    onCleanup(fronts.stop);
    return fronts;
  })
  .extend(
    'send',
    ({ fronts }) =>
      (request: HttpRequestParts) =>
        sendRaw(bytesOf(request, '127.0.0.1:8080'), { port: fronts.door.port }),
  );

const anUnavailable = (text: string): void => {
  expect(text).toMatch(/^HTTP\/1\.1 503 /);
  expect(text).toMatch(/^retry-after: \d+\r$/im);
  expect(text).toMatch(/^content-type: application\/problem\+json\r$/im);
  expect(text).toContain('"code":"unavailable"');
  for (const secret of Object.values(SECRET)) expect(text).not.toContain(secret);
};

describe('the network door', () => {
  test('gives the answer of a function that works', async ({ send }) => {
    expect(await send(CALLBACK)).toMatchObject({ status: 200, text: expect.stringMatching(/\r\n\r\nok$/) });
  });

  test.for(Object.entries(FAILURES))('answers 503 where the function %s', async ([, run], { behaviour, send }) => {
    behaviour.run = run;
    const { text } = await send(CALLBACK);
    behaviour.run = () => GOOD;
    anUnavailable(text);
  });

  test('C7 answers 503 to a token that it cannot check, and checks it when the keys are back', async ({
    fronts,
    identityProvider,
    send,
  }) => {
    const now = Math.floor(Date.now() / 1_000);
    const token = await identityProvider.accessToken({ aud: fronts.origin, iat: now, exp: now + 3_600 });
    const request: HttpRequestParts = {
      method: 'GET',
      target: '/v1/tasks',
      headers: [['Authorization', `Bearer ${token}`]],
      body: Buffer.alloc(0),
      framing: 'none',
    };
    identityProvider.server.serve(answering('away', 'text/plain', 500));
    anUnavailable((await send(request)).text);
    identityProvider.publish(identityProvider.key);
    await expect.poll(async () => (await send(request)).status, EVENTUALLY).toBe(200);
  });

  test('O1 writes no path, query, header, body or answer of a function to its log', ({ fronts }) => {
    const log = fronts.door.lines.join('\n');
    expect(fronts.door.lines.length).toBeGreaterThan(Object.keys(FAILURES).length);
    for (const secret of Object.values(SECRET)) expect(log).not.toContain(secret);
    expect(log).not.toContain('/v1/results');
    expect(log).not.toMatch(/eyJ[\w-]{10}/);
  });

  // The last test: Lambda does not come back.
  test('H4 answers 503 where Lambda is away', async ({ fronts, send }) => {
    fronts.takeLambda((_, response) => void response.destroy());
    anUnavailable((await send(CALLBACK)).text);
  });
});
