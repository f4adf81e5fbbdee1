import fc from 'fast-check';
import { expect } from 'vitest';
import { isOutcomeCode, OUTCOMES } from '../../lambda/contract/outcomes.ts';
import type { Delivered } from '../support/delivered.ts';
import { test } from '../support/fixtures.ts';
import { aToken, claimsOf, NOW, signText } from '../support/tokens.ts';

/** An answer that any client can make sense of: the contract's form, and no failure but `unavailable`. */
const expectWellFormed = (answer: Delivered): void => {
  expect(answer.headers['X-Content-Type-Options']).toBe('nosniff');
  expect(answer.headers['Cache-Control']).toBe('no-store');
  expect(answer.headers['X-Request-Id']).toMatch(/^[0-9a-f-]{36}$/);
  if (answer.status === 200) return;
  const { code, requestId, status, title, type } = answer.json as Record<string, string | number>;
  expect(isOutcomeCode(String(code))).toBe(true);
  const outcome = OUTCOMES[code as keyof typeof OUTCOMES];
  expect({ status, title, http: answer.status }).toEqual({
    status: outcome.status,
    title: outcome.title,
    http: outcome.status,
  });
  expect(type).toContain(`/problems/${code}`);
  expect(requestId).toBe(answer.headers['X-Request-Id']);
};

const headerName = fc.oneof(
  fc.constantFrom(
    'authorization',
    'Authorization',
    'callback-token',
    'content-type',
    'content-encoding',
    'x-forwarded-for',
  ),
  fc.string(),
);
const headerValue = fc.oneof(
  fc.constantFrom('Bearer x.y.z', 'DPoP a.b.c', 'application/json', 'text/plain', 'gzip', ''),
  fc.string({ unit: 'binary' }),
);
const path = fc.oneof(
  fc.constantFrom('/v1/results/task-1', '/v1/failures/a', '/v1/progress/a', '/v1/uploads/a', '/v1/results/a/x.y.z'),
  fc.string().map((code) => `/c/${code}`),
  fc.string().map((rest) => `/v1/results/${rest}`),
  fc.string({ unit: 'binary' }),
);
const albEvent = fc.record({
  requestContext: fc.constant({ elb: { targetGroupArn: 'arn' } }),
  httpMethod: fc.oneof(fc.constantFrom('POST', 'GET', 'HEAD', 'OPTIONS'), fc.string()),
  path,
  multiValueHeaders: fc.dictionary(headerName, fc.array(headerValue, { maxLength: 3 })),
  multiValueQueryStringParameters: fc.dictionary(fc.string(), fc.array(fc.string())),
  body: fc.string({ unit: 'binary' }),
  isBase64Encoded: fc.boolean(),
});

test('H2 any value at all as an event gets a well-formed 400', async ({ receiver }) => {
  await fc.assert(
    fc.asyncProperty(fc.anything({ withBigInt: false }), async (event) => {
      const answer = await receiver.invoke(event);
      expectWellFormed(answer);
      expect(answer.status).toBe(400);
    }),
    { numRuns: 300 },
  );
});

test('H2 any request gets a well-formed answer, and without a token of ours never a 2xx or a 5xx', async ({
  receiver,
}) => {
  await fc.assert(
    fc.asyncProperty(albEvent, async (event) => {
      const answer = await receiver.invoke(event);
      expectWellFormed(answer);
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(500);
    }),
    { numRuns: 1_000 },
  );
});

test('T7 any JSON as claims, with a good signature, never gets a 2xx or a 5xx', async ({ key, receiver }) => {
  await fc.assert(
    fc.asyncProperty(
      fc.jsonValue(),
      fc.dictionary(fc.constantFrom(...Object.keys(claimsOf())), fc.jsonValue()),
      async (any, some) => {
        const tokens = [
          await signText(
            key,
            JSON.stringify({ alg: 'ES256', typ: 'callback+jwt', kid: key.signer.kid }),
            JSON.stringify(any),
          ),
          await aToken(key, { ...claimsOf(), ...some }),
        ];
        for (const token of tokens) {
          const answer = await receiver.deliver({
            path: '/v1/results/task-1',
            headers: { authorization: `Bearer ${token}` },
          });
          expectWellFormed(answer);
          expect([400, 401, 403, 410]).toContain(answer.status);
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('T4 any change of one character of a token is refused before any table is asked', async ({ key, receiver }) => {
  const token = await aToken(key, claimsOf({ exp: NOW + 600 }));
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/% \n~é';
  await fc.assert(
    fc.asyncProperty(fc.nat(token.length - 1), fc.constantFrom(...alphabet), async (at, character) => {
      fc.pre(token[at] !== character);
      const changed = token.slice(0, at) + character + token.slice(at + 1);
      const answer = await receiver.deliver({
        path: '/v1/results/task-1',
        headers: { authorization: `Bearer ${changed}` },
      });
      expectWellFormed(answer);
      expect([
        'token_malformed',
        'token_header_refused',
        'token_key_unknown',
        'token_signature_invalid',
        'token_ambiguous',
      ]).toContain((answer.json as { code: string }).code);
    }),
    { numRuns: 600 },
  );
});
