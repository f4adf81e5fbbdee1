import { inspect } from 'node:util';
import { exportJWK, generateKeyPair } from 'jose';
import { describe, expect, vi } from 'vitest';
import {
  Callback,
  type CallbackPayload,
  type CallbackUrls,
  dpop,
  httpSignature,
  mtls,
  privateKeyJwt,
  standardWebhooks,
} from '../../../sdk/processor/index.ts';
import { PROCESSOR_PLATFORM } from '../../../sdk/processor/platform.ts';
import { EVENTUALLY } from '../../support/patience.ts';
import { test as base } from '../../support/unit-fixtures.ts';
import { openStandInGateway, RECORDED, refusal } from './stand-in-gateway.ts';

const JSON_TYPE = { contentType: 'application/json' } as const;
const SECRET = 'eyJhbGciOiJFUzI1NiJ9.eyJyZXNfaWQiOiJ0YXNrLTEifQ.c2lnbmF0dXJl';

const test = base
  .extend('gateway', async ({}, { onCleanup }) => {
    const gateway = await openStandInGateway();
    onCleanup(gateway.close);
    return gateway;
  })
  .extend(
    'url',
    ({ gateway }) =>
      (path: string) =>
        `${gateway.origin}${path}`,
  )
  .extend('privateJwk', { scope: 'file' }, async () => ({
    ...(await exportJWK((await generateKeyPair('ES256', { extractable: true })).privateKey)),
  }));

describe('the methods of a callback', () => {
  const calls = (callback: Callback): Readonly<Record<string, () => Promise<unknown>>> => ({
    result: () => callback.deliver('{}', JSON_TYPE),
    failure: () => callback.fail({ code: 'unreadable' }),
    progress: () => callback.progress({}),
    heartbeat: async () => callback.heartbeat({ everySeconds: 60 }),
    upload: () => callback.upload(new Uint8Array(1), JSON_TYPE),
  });
  const missing = (name: string) => ({
    code: 'capability_missing',
    giveUp: true,
    message: expect.stringContaining(name),
  });

  test.for([
    ['/v1/results/task-1', ['result']],
    [`/v1/failures/task-1/${SECRET}`, ['failure']],
    ['/v1/progress/task-1', ['progress', 'heartbeat']],
    ['/v1/uploads/task-1', ['upload']],
  ] as const)('of %s are those of its capability; others send nothing', async ([path, own], { gateway, url }) => {
    const callback = new Callback(url(path), { token: SECRET });
    for (const [name, call] of Object.entries(calls(callback))) {
      if (own.some((each) => each === name)) continue;
      const capability = name === 'heartbeat' ? 'progress' : name;
      await expect(call()).rejects.toMatchObject(missing(capability));
    }
    expect(gateway.requests).toEqual([]);
  });

  test('of an object are those that the task was opened with', async ({ gateway, url }) => {
    const callback = new Callback({ result: { url: url('/v1/results/task-1'), token: SECRET } });
    for (const name of ['failure', 'progress', 'upload']) {
      await expect(calls(callback)[name]?.()).rejects.toMatchObject(missing(name));
    }
    expect(gateway.requests).toEqual([]);
    await expect(callback.deliver('{}', JSON_TYPE)).resolves.toMatchObject({ taskId: 'task-1' });
  });

  test('of a short URL are all, because its path does not tell', async ({ gateway, url }) => {
    const callback = new Callback(url('/c/AAAAAAAAAAAAAAAAAAAAAA'));
    for (const name of ['result', 'failure', 'progress']) await calls(callback)[name]?.();
    expect(gateway.requests.map(({ path }) => path)).toEqual(Array(3).fill('/c/AAAAAAAAAAAAAAAAAAAAAA'));
    expect(gateway.requests.every(({ headers }) => headers.authorization === undefined)).toBe(true);
  });
});

describe('a payload', () => {
  const bytes = Uint8Array.of(0xc3, 0xa4, 0x21);
  test.for<[string, CallbackPayload, string]>([
    ['bytes', bytes, 'Ã¤!'],
    ['a part of a buffer', bytes.subarray(1), '¤!'],
    ['an ArrayBuffer', bytes.buffer, 'Ã¤!'],
    ['a view of other numbers', new Uint16Array([0x2121]), '!!'],
    ['a Blob', new Blob([bytes]), 'Ã¤!'],
    ['a text', 'ä!', 'Ã¤!'],
    ['an object', { text: 'ä' }, '{"text":"Ã¤"}'],
    ['an array', [1, null], '[1,null]'],
    ['null', null, 'null'],
    ['a number', 7, '7'],
    ['false', false, 'false'],
  ])('is sent as it is, and values as JSON: %s', async ([, payload, sent], { gateway, url }) => {
    await new Callback(url('/v1/results/task-1')).deliver(payload, JSON_TYPE);
    expect(gateway.requests).toMatchObject([{ body: sent, headers: { 'content-type': 'application/json' } }]);
  });

  test('of JSON needs a content type of JSON, and a value', async ({ gateway, url }) => {
    const callback = new Callback(url('/v1/results/task-1'));
    await callback.deliver({}, { contentType: 'application/HAL+json; charset=utf-8' });
    await expect(callback.deliver({}, { contentType: 'text/plain' })).rejects.toThrow(
      'The payload is a value of JSON and its contentType is "text/plain"; expected application/json',
    );
    await expect(callback.deliver(undefined as never, JSON_TYPE)).rejects.toThrow('The payload is undefined; expected');
    expect(gateway.requests).toHaveLength(1);
  });
});

describe('new Callback', () => {
  test.for<[string, string | CallbackUrls]>([
    ['no URL', SECRET],
    ['an empty text', ''],
    ['another scheme', `ftp://callbacks.example.com/${SECRET}`],
    ['http, which others can read', `http://callbacks.example.com/v1/results/task-1/${SECRET}`],
    ['a space in it', `https://callbacks.example.com/v1/results/task-1/${SECRET} `],
    ['an object without callbacks', {}],
    ['an object without a URL', { result: { token: SECRET } as never }],
    ['nothing', undefined as never],
    ['null', null as never],
    ['the whole answer that opened the task', { callbacks: { result: { url: SECRET } } } as never],
    [
      'a token of two words',
      { result: { url: 'https://callbacks.example.com/v1/results/1', token: `Bearer ${SECRET}` } },
    ],
  ])('refuses %s, and quotes nothing of it', ([, given]) => {
    let error: unknown;
    try {
      new Callback(given);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toMatch(/ Give the /);
    expect(inspect(error)).not.toContain(SECRET);
  });

  test('names the callback whose token is not one word', () => {
    const url = 'https://callbacks.example.com/v1/results/1';
    const token = 'Bearer a.b.c';
    expect(() => new Callback(url, { token })).toThrow(
      'The token of the callback is not one word. Give the token alone',
    );
    expect(() => new Callback({ result: { url, token } })).toThrow('The token of callbacks.result is not one word.');
  });

  test('takes an empty token for none', async ({ gateway, url }) => {
    const short = url(`/c/${SECRET}`);
    for (const callback of [new Callback(short, { token: '' }), new Callback({ result: { url: short, token: '' } })]) {
      await callback.deliver('{}', JSON_TYPE);
    }
    expect(gateway.requests.map(({ headers }) => headers.authorization)).toEqual([undefined, undefined]);
    const proof = standardWebhooks({ secret: `whsec_${btoa('x'.repeat(24))}` });
    expect(() => new Callback(short, { token: '', proof })).toThrow('This proof needs a token');
  });

  test('refuses one token for the callbacks of a task', () => {
    const callbacks = { result: { url: 'https://callbacks.example.com/v1/results/1' } };
    expect(() => new Callback(callbacks, { token: SECRET })).toThrow('The option token goes with one URL.');
  });

  test('refuses a proof that needs a token for a URL that has it', ({ privateJwk }) => {
    const url = `https://callbacks.example.com/v1/results/task-1/${SECRET}`;
    const proofs = [
      dpop({ privateJwk }),
      httpSignature({ privateJwk, keyId: 'key-1' }),
      standardWebhooks({ secret: `whsec_${btoa('x'.repeat(24))}` }),
      privateKeyJwt({
        privateJwk,
        clientId: 'c',
        issuer: 'https://idp.example',
        tokenEndpoint: 'https://idp.example/t',
      }),
    ];
    for (const proof of proofs) {
      expect(() => new Callback(url, { proof })).toThrow(
        'This proof needs a token, and the callback result came without',
      );
    }
    expect(() => new Callback(url, { proof: mtls({ cert: 'PEM', key: 'PEM' }) })).not.toThrow();
  });
});

describe('a proof', () => {
  test.for<[string, () => unknown, string]>([
    ['a secret of 23 bytes', () => standardWebhooks({ secret: `whsec_${btoa('x'.repeat(23))}` }), 'The secret is not'],
    ['a secret of 65 bytes', () => standardWebhooks({ secret: `whsec_${btoa('x'.repeat(65))}` }), 'The secret is not'],
    ['a secret without its beginning', () => standardWebhooks({ secret: btoa('x'.repeat(32)) }), 'The secret is not'],
    ['a secret that is no base64', () => standardWebhooks({ secret: `whsec_${'?'.repeat(44)}` }), 'The secret is not'],
    ['a public key', () => dpop({ privateJwk: { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' } }), 'has no member d'],
    ['a key of another kind', () => dpop({ privateJwk: { kty: 'oct', k: 'secret' } }), 'has kty "oct"'],
  ])('refuses %s', ([, make, message]) => {
    expect(make).toThrow(TypeError);
    expect(make).toThrow(message);
  });

  test.for(['', 'key\n1', 'kéy'])('of HTTP message signatures refuses the key id %j', (keyId, { privateJwk }) => {
    expect(() => httpSignature({ privateJwk, keyId })).toThrow('keyId has other than printable ASCII characters.');
  });
});

describe('an access token', () => {
  const token = (value: string) => ({
    status: 200,
    body: { access_token: value, token_type: 'Bearer', expires_in: 3600 },
  });

  test('is kept, and replaced once if the gateway refuses it', async ({ gateway, privateJwk, url }) => {
    const proof = privateKeyJwt({
      privateJwk,
      clientId: 'acme',
      issuer: gateway.origin,
      tokenEndpoint: url('/token'),
    });
    const callback = new Callback(url('/v1/results/task-1'), { token: SECRET, proof });
    const refused = refusal(401, 'proof_invalid');
    gateway.answer(token('access-1'), RECORDED, RECORDED, refused, token('access-2'), RECORDED);
    for (const _ of [1, 2, 3]) await callback.deliver('{}', JSON_TYPE);
    const used = gateway.requests.filter(({ path }) => path !== '/token').map(({ headers }) => headers);
    expect(used.map(({ authorization }) => authorization)).toEqual(
      ['access-1', 'access-1', 'access-1', 'access-2'].map((value) => `Bearer ${value}`),
    );
    expect(used.every((headers) => headers['callback-token'] === SECRET)).toBe(true);

    gateway.answer(refused, token('access-3'), refused);
    await expect(callback.deliver('{}', JSON_TYPE)).rejects.toMatchObject({ code: 'proof_invalid', giveUp: false });
  });

  test('that the provider refuses is an error without a secret, and nothing is delivered', async ({
    gateway,
    privateJwk,
    url,
  }) => {
    const options = { privateJwk, clientId: 'acme', issuer: gateway.origin, tokenEndpoint: url('/token') };
    const callback = new Callback(url('/v1/results/task-1'), { token: SECRET, proof: privateKeyJwt(options) });
    gateway.answer({ status: 400, body: { error: 'invalid_client' } });
    const error: unknown = await callback.deliver('{}', JSON_TYPE).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'CallbackError', code: 'access_token_refused', giveUp: false });
    expect(inspect(error)).not.toContain(SECRET);
    expect(gateway.requests.map(({ path }) => path)).toEqual(['/token']);
  });
});

describe('an error', () => {
  test.for([
    ['the token of a header', '/v1/results/task-1', { token: SECRET }],
    ['the token of a path', `/v1/results/task-1/${SECRET}`, {}],
    ['a short code', '/c/c2hvcnQtY29kZS1hYmNkZQ', {}],
  ] as const)('has no secret, although the server repeats it: %s', async ([, path, options], { gateway, url }) => {
    const secrets = [url(path), 'token' in options ? options.token : (path.split('/').at(-1) ?? '')];
    const told = secrets.join(' ');
    gateway.answer({
      status: 422,
      headers: { 'content-type': 'application/problem+json', 'x-request-id': told },
      body: {
        ...{ type: told, title: told, status: 422, code: 'payload_invalid', detail: told, requestId: told },
        errors: [{ pointer: told, detail: told }],
      },
    });
    const error = await new Callback(url(path), options).deliver('{}', JSON_TYPE).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'payload_invalid', problem: { detail: '[redacted] [redacted]' } });
    const shown = [
      inspect(error, { depth: 9, showHidden: true }),
      JSON.stringify(error),
      String((error as Error).stack),
    ];
    for (const secret of secrets) expect(shown.join('\n')).not.toContain(secret);
  });

  test('of the network has no secret, although the run time quotes the URL', async ({ url }) => {
    const path = `/v1/results/task-1/${SECRET}`;
    const fetch = async (target: string) => {
      throw new TypeError(`error sending request for url (${target})`);
    };
    const platform = { ...PROCESSOR_PLATFORM, wait: async () => {} };
    const call = new Callback(url(path), { fetch }, platform).deliver('{}', JSON_TYPE);
    const error: unknown = await call.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'network_error' });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(SECRET);
  });

  test('tells an answer that is none of a gateway', async ({ gateway, url }) => {
    for (const body of [{}, { ...RECORDED.body, taskId: 7 }, { ...RECORDED.body, status: 'done' }, [RECORDED.body]]) {
      gateway.answer({ status: 200, body });
      await expect(new Callback(url('/v1/results/task-1')).deliver('{}', JSON_TYPE)).rejects.toMatchObject({
        code: 'answer_invalid',
        giveUp: false,
      });
    }
  });
});

describe('a heartbeat', () => {
  /** Holds each interval until the test ends it. */
  const aBeat = (url: string, everySeconds = 60, reportMilliseconds = 0) => {
    const intervals: (() => void)[] = [];
    const waits: number[] = [];
    const errors: unknown[] = [];
    let now = 0;
    const platform = {
      ...PROCESSOR_PLATFORM,
      now: () => now,
      fetch: (target: string, init?: RequestInit) => {
        now += reportMilliseconds;
        return fetch(target, init);
      },
      wait: async () => {},
      waitIdly: (milliseconds: number) => {
        waits.push(milliseconds);
        return new Promise<void>((resolve) => intervals.push(resolve));
      },
    };
    const callback = new Callback(url, { token: SECRET }, platform);
    const beat = callback.heartbeat({ everySeconds, onError: (error) => errors.push(error) });
    return {
      beat,
      errors,
      waits,
      /** Waits until so many reports are answered. */
      untilReported: (count: number) => vi.waitFor(() => expect(intervals).toHaveLength(count), EVENTUALLY),
      endInterval: () => intervals.at(-1)?.(),
    };
  };

  test('reports at once and after each interval, with other bytes than before', async ({ gateway, url }) => {
    const { beat, endInterval, untilReported, waits } = aBeat(url('/v1/progress/task-1'), 20);
    for (const count of [1, 2, 3]) {
      await untilReported(count);
      endInterval();
    }
    await untilReported(4);
    beat.stop();
    const bodies = gateway.requests.map(({ body }) => body);
    expect(bodies.map((body) => JSON.parse(body))).toEqual([{}, {}, {}, {}]);
    for (const [index, body] of bodies.entries()) expect(body).not.toBe(bodies[index - 1]);
    expect(waits).toEqual([20_000, 20_000, 20_000, 20_000]);
  });

  test.for([
    [7_000, 13_000],
    [25_000, 0],
  ])('keeps its interval although a report takes %i ms: waits %i ms', async ([took, wait], { url }) => {
    const { beat, untilReported, waits } = aBeat(url('/v1/progress/task-1'), 20, took);
    await untilReported(1);
    beat.stop();
    expect(waits).toEqual([wait]);
  });

  test.for([401, 403, 404, 409, 410])('stops by itself after %i', async (status, { gateway, url }) => {
    gateway.answer(refusal(status, 'proof_invalid'));
    const { errors, waits } = aBeat(url('/v1/progress/task-1'));
    await vi.waitFor(() => expect(errors).toMatchObject([{ status }]), EVENTUALLY);
    // Whatever the loop would do next comes before a further answer.
    await new Callback(url('/v1/results/task-1')).deliver('{}', JSON_TYPE).catch(() => {});
    expect(waits).toEqual([]);
    expect(gateway.requests.filter(({ path }) => path === '/v1/progress/task-1')).toHaveLength(1);
  });

  test.for([
    ['an unavailable gateway', refusal(503, 'unavailable'), 'unavailable'],
    ['a lost answer', 'lost', 'network_error'],
    ['a report that is not understood', refusal(422, 'payload_invalid'), 'payload_invalid'],
  ] as const)('goes on after %s', async ([, answer, code], { gateway, url }) => {
    gateway.answer(answer);
    const { beat, endInterval, errors, untilReported } = aBeat(url('/v1/progress/task-1'));
    await untilReported(1);
    expect(errors).toMatchObject([{ code }]);
    gateway.answer({ ...RECORDED, body: { ...RECORDED.body, status: 'pending' } });
    endInterval();
    await untilReported(2);
    beat.stop();
    expect(errors).toHaveLength(1);
  });

  test('sends no further report after stop', async ({ gateway, url }) => {
    const { beat, endInterval, untilReported } = aBeat(url('/v1/progress/task-1'));
    await untilReported(1);
    beat.stop();
    endInterval();
    await new Callback(url('/v1/results/task-1')).deliver('{}', JSON_TYPE);
    expect(gateway.requests.map(({ path }) => path)).toEqual(['/v1/progress/task-1', '/v1/results/task-1']);
  });

  test.for([0.999, 0, -1, Number.NaN, Number.POSITIVE_INFINITY])(
    'refuses an interval of %d seconds',
    (everySeconds, { url }) => {
      expect(() => aBeat(url('/v1/progress/task-1'), everySeconds)).toThrow(
        `everySeconds is ${everySeconds}; expected a number of seconds, at least 1.`,
      );
    },
  );
});
