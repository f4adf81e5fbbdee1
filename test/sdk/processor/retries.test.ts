import { decodeJwt, exportJWK, generateKeyPair } from 'jose';
import { describe, expect } from 'vitest';
import {
  Callback,
  CallbackError,
  type CallbackOptions,
  dpop,
  httpSignature,
  type Proof,
  standardWebhooks,
} from '../../../sdk/processor/index.ts';
import { PROCESSOR_PLATFORM } from '../../../sdk/processor/platform.ts';
import { test as base } from '../../support/unit-fixtures.ts';
import { openStandInGateway, RECORDED, refusal } from './stand-in-gateway.ts';

const JSON_TYPE = { contentType: 'application/json' } as const;
const UNAVAILABLE = refusal(503, 'unavailable');

const test = base
  .extend('gateway', async ({}, { onCleanup }) => {
    const gateway = await openStandInGateway();
    onCleanup(gateway.close);
    return gateway;
  })
  /** Waits between attempts, in milliseconds. None of them takes time. */
  .extend('waits', (): number[] => [])
  .extend('privateJwk', { scope: 'file' }, async () =>
    exportJWK((await generateKeyPair('ES256', { extractable: true })).privateKey),
  )
  .extend(
    'aCallback',
    ({ gateway, waits }) =>
      (options: CallbackOptions = {}, path = '/v1/results/task-1') =>
        new Callback(
          `${gateway.origin}${path}`,
          { token: 'the-callback-token', ...options },
          {
            ...PROCESSOR_PLATFORM,
            random: () => 0.5,
            wait: async (milliseconds, signal) => {
              signal?.throwIfAborted();
              waits.push(milliseconds);
            },
          },
        ),
  )
  /** Each proof that signs requests, with the header that differs in each attempt. */
  .extend(
    'signingProofs',
    ({ privateJwk }): Readonly<Record<string, readonly [Proof, string]>> => ({
      dpop: [dpop({ privateJwk: { ...privateJwk } }), 'dpop'],
      httpSignature: [httpSignature({ privateJwk: { ...privateJwk }, keyId: 'key-1' }), 'signature'],
    }),
  );

const failureOf = async (call: Promise<unknown>): Promise<CallbackError> => {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(CallbackError);
  return error as CallbackError;
};

describe('a delivery is sent again', () => {
  test.for([
    ['503', UNAVAILABLE],
    ['429', refusal(429, 'too_many_pending')],
    ['408 of a proxy', { status: 408, body: '<html>' }],
    ['502 of the load balancer', { status: 502, body: '<html>' }],
    ['no answer', 'lost'],
  ] as const)('after %s, with the same bytes', async ([, answer], { aCallback, gateway, waits }) => {
    gateway.answer(answer, answer, RECORDED);
    const receipt = await aCallback().deliver({ text: 'ä' }, JSON_TYPE);
    expect(receipt).toEqual({ ...RECORDED.body, replayed: false });
    expect(gateway.requests).toHaveLength(3);
    const [first, ...others] = gateway.requests;
    expect(first).toMatchObject({
      method: 'POST',
      path: '/v1/results/task-1',
      headers: { authorization: 'Bearer the-callback-token', 'content-type': 'application/json' },
    });
    for (const other of others) expect(other).toEqual(first);
    expect(waits).toEqual([500, 1_000]);
  });

  test.for(['dpop', 'httpSignature'])(
    'with a fresh proof of %s',
    async (name, { aCallback, gateway, signingProofs }) => {
      const [proof, header] = signingProofs[name] ?? [];
      gateway.answer(UNAVAILABLE, 'lost', RECORDED);
      await aCallback({ ...(proof && { proof }) }).deliver('{}', JSON_TYPE);
      expect(new Set(gateway.requests.map(({ body }) => body))).toEqual(new Set(['{}']));
      expect(new Set(gateway.requests.map(({ headers }) => headers[header ?? '']))).toHaveLength(3);
    },
  );

  test('with the webhook-id that it had, and with another one to another callback', async ({ aCallback, gateway }) => {
    const proof = standardWebhooks({ secret: `whsec_${Buffer.alloc(32, 7).toString('base64')}` });
    gateway.answer(UNAVAILABLE, RECORDED);
    await aCallback({ proof }).deliver('{}', JSON_TYPE);
    await aCallback({ proof }).deliver('{}', JSON_TYPE);
    await aCallback({ proof, token: 'another-token' }).deliver('{}', JSON_TYPE);
    await aCallback({ proof }).deliver('{ }', JSON_TYPE);
    const ids = gateway.requests.map(({ headers }) => headers['webhook-id']);
    expect(ids).toEqual([ids[0], ids[0], ids[0], expect.any(String), expect.any(String)]);
    expect(new Set(ids)).toHaveLength(3);
  });

  test.for(['bytes', 'an ArrayBuffer'])(
    'with %s of the call, although the caller changes them meanwhile',
    async (kind, { aCallback, gateway }) => {
      const bytes = new TextEncoder().encode('{"a":1}');
      gateway.answer(UNAVAILABLE, RECORDED);
      const delivered = aCallback().deliver(kind === 'bytes' ? bytes : bytes.buffer, JSON_TYPE);
      bytes.fill(0x20);
      await delivered;
      expect(gateway.requests.map(({ body }) => body)).toEqual(['{"a":1}', '{"a":1}']);
    },
  );

  test('after the time that Retry-After names', async ({ aCallback, gateway, waits }) => {
    gateway.answer(refusal(503, 'unavailable', { 'retry-after': '7' }), RECORDED);
    await aCallback().deliver('{}', JSON_TYPE);
    expect(waits).toEqual([7_500]);
  });

  test('at most 8 times, and may be tried again later', async ({ aCallback, gateway }) => {
    gateway.answer(UNAVAILABLE);
    const error = await failureOf(aCallback().deliver('{}', JSON_TYPE));
    expect(error).toMatchObject({ code: 'unavailable', status: 503, giveUp: false, requestId: 'request-1' });
    expect(gateway.requests).toHaveLength(8);
    gateway.answer('lost');
    const lost = await failureOf(aCallback().deliver('{}', JSON_TYPE));
    expect(lost).toMatchObject({ code: 'network_error', giveUp: false });
    expect(lost).not.toHaveProperty('status');
  });
});

describe('a delivery is not sent again', () => {
  test.for([
    [401, 'token_expired', true],
    [401, 'token_replayed', true],
    [403, 'source_refused', true],
    [404, 'not_found', true],
    [405, 'method_not_allowed', true],
    [409, 'task_closed', true],
    [410, 'task_gone', true],
    [400, 'token_ambiguous', true],
    [401, 'a_code_of_a_later_version', true],
    [401, 'token_missing', false],
    [401, 'proof_missing', false],
    [401, 'proof_invalid', false],
    [413, 'payload_too_large', false],
    [415, 'content_type_refused', false],
    [422, 'payload_invalid', false],
  ] as const)('after %i %s; giveUp is %j', async ([status, code, giveUp], { aCallback, gateway, waits }) => {
    gateway.answer(refusal(status, code), RECORDED);
    const error = await failureOf(aCallback().deliver('{}', JSON_TYPE));
    expect(error).toMatchObject({ name: 'CallbackError', code, status, giveUp });
    expect(gateway.requests).toHaveLength(1);
    expect(waits).toEqual([]);
  });

  test.for([
    [401, 'answer_invalid', true, 'The load balancer refused the token'],
    [403, 'answer_invalid', true, 'The firewall accepts no requests like this one'],
    [404, 'not_found', true, 'Use the URL exactly as you got it'],
    [413, 'payload_too_large', false, 'Use upload'],
    [200, 'answer_invalid', false, 'Use the URL exactly as you got it'],
  ] as const)(
    'after %i with a page instead of a code: %s',
    async ([status, code, giveUp, remedy], { aCallback, gateway }) => {
      gateway.answer({ status, body: '<html>' }, RECORDED);
      const error = await failureOf(aCallback().deliver('{}', JSON_TYPE));
      expect(error).toMatchObject({ code, status, giveUp, message: expect.stringContaining(remedy) });
      expect(gateway.requests).toHaveLength(1);
    },
  );

  test.for([301, 302, 307, 308])('to the place that a %i names', async (status, { aCallback, gateway }) => {
    gateway.answer({ status, headers: { location: `${gateway.origin}/elsewhere` } });
    const error = await failureOf(aCallback().deliver('{}', JSON_TYPE));
    expect(error).toMatchObject({ code: 'answer_invalid', status, giveUp: true });
    expect(gateway.requests.map(({ path }) => path)).toEqual(['/v1/results/task-1']);
  });

  test('if its result is larger than the load balancer accepts', async ({ aCallback, gateway }) => {
    const callback = aCallback();
    const bytes = { contentType: 'application/octet-stream' };
    await callback.deliver(new Uint8Array(1_048_576), bytes);
    const error = await failureOf(callback.deliver(new Uint8Array(1_048_577), bytes));
    expect(error).toMatchObject({ code: 'payload_too_large', giveUp: false });
    expect(gateway.requests).toHaveLength(1);
  });

  test('after the signal is aborted', async ({ aCallback, gateway }) => {
    const controller = new AbortController();
    const reason = new Error('the deadline of the caller');
    gateway.answer('lost', RECORDED);
    const call = aCallback({
      fetch: async (url, init) => {
        controller.abort(reason);
        return fetch(url, init);
      },
    }).deliver('{}', { ...JSON_TYPE, signal: controller.signal });
    await expect(call).rejects.toBe(reason);
    await expect(aCallback().progress({}, { signal: controller.signal })).rejects.toMatchObject({
      code: 'capability_missing',
    });
    await expect(aCallback().deliver('{}', { ...JSON_TYPE, signal: controller.signal })).rejects.toBe(reason);
    expect(gateway.requests.length).toBeLessThanOrEqual(1);
  });
});

describe('a nonce of DPoP', () => {
  const NONCE = { 'dpop-nonce': 'nonce-1' };
  const CHALLENGE = refusal(401, 'proof_invalid', NONCE);
  const nonces = (requests: readonly { readonly headers: Readonly<Record<string, unknown>> }[]) =>
    requests.map(({ headers }) => decodeJwt(String(headers.dpop)).nonce);

  test('is put into the next proof at once, and into later ones', async ({
    aCallback,
    gateway,
    signingProofs,
    waits,
  }) => {
    const [proof] = signingProofs.dpop ?? [];
    gateway.answer(CHALLENGE, { ...RECORDED, headers: { 'dpop-nonce': 'nonce-2' } }, RECORDED);
    const callback = aCallback({ ...(proof && { proof }) });
    await callback.deliver('{}', JSON_TYPE);
    await callback.deliver('{}', JSON_TYPE);
    expect(nonces(gateway.requests)).toEqual([undefined, 'nonce-1', 'nonce-2']);
    expect(waits).toEqual([]);
  });

  test('is taken once: a second challenge is a refusal', async ({ aCallback, gateway, privateJwk }) => {
    gateway.answer(CHALLENGE);
    const error = await failureOf(
      aCallback({ proof: dpop({ privateJwk: { ...privateJwk } }) }).deliver('{}', JSON_TYPE),
    );
    expect(error).toMatchObject({ code: 'proof_invalid', giveUp: false });
    expect(gateway.requests).toHaveLength(2);
  });
});
