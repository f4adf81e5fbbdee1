import { createHash } from 'node:crypto';
import { describe, expect } from 'vitest';
import { Callback, dpop, type StreamUploadOptions, type UploadContent } from '../../../sdk/processor/index.ts';
import { PROCESSOR_PLATFORM } from '../../../sdk/processor/platform.ts';
import { test as base } from '../../support/unit-fixtures.ts';
import { openStandInGateway, refusal, type StandInAnswer } from './stand-in-gateway.ts';

const PDF = { contentType: 'application/pdf' } as const;
const BYTES = new TextEncoder().encode('%PDF-1.7');
const SHA256 = createHash('sha256').update(BYTES).digest('hex');
const STORED: StandInAnswer = { status: 200, headers: { date: 'Mon, 30 Nov 2026 12:00:00 GMT' }, body: '' };
const aStream = (): ReadableStream<Uint8Array> => new Blob([BYTES]).stream();

const test = base
  .extend('gateway', async ({}, { onCleanup }) => {
    const gateway = await openStandInGateway();
    onCleanup(gateway.close);
    return gateway;
  })
  .extend('waits', (): number[] => [])
  .extend('platform', ({ waits }) => ({
    ...PROCESSOR_PLATFORM,
    random: () => 0.5,
    wait: async (milliseconds: number) => void waits.push(milliseconds),
  }))
  .extend('callback', ({ gateway, platform }) => {
    return new Callback(`${gateway.origin}/v1/uploads/task-1`, { token: 'the-callback-token' }, platform);
  })
  /** The answer to an announcement. */
  .extend(
    'offer',
    ({ gateway }) =>
      (name: string): StandInAnswer => ({
        status: 200,
        body: {
          method: 'PUT',
          url: `${gateway.origin}/bucket/uploads/task-9/jti/digest?X-Amz-Signature=${name}`,
          headers: { 'Content-Type': 'application/pdf', 'Content-Length': '8', 'If-None-Match': '*', 'x-amz-a': 'b' },
          expiresAt: '2026-11-30T12:15:00.000Z',
        },
      }),
  );

const methods = (requests: readonly { readonly method: string }[]) => requests.map(({ method }) => method);

describe('upload', () => {
  test.for<[string, () => UploadContent, object]>([
    ['bytes', () => BYTES, {}],
    ['an ArrayBuffer', () => BYTES.slice().buffer, {}],
    ['a Blob', () => new Blob([BYTES]), {}],
    ['a File', () => new File([BYTES], 'scan.pdf'), {}],
    ['a stream', aStream, { size: 8, sha256: SHA256 }],
  ])(
    'announces %s, and puts the bytes with every header of the answer',
    async ([, content, more], { callback, gateway, offer }) => {
      gateway.answer(offer('1'), STORED);
      const receipt = await callback.upload(content(), { ...PDF, ...more } as StreamUploadOptions);
      expect(receipt).toEqual({
        taskId: 'task-1',
        status: 'pending',
        receivedAt: '2026-11-30T12:00:00.000Z',
        replayed: false,
      });
      const [announced, put] = gateway.requests;
      expect(announced).toMatchObject({
        method: 'POST',
        path: '/v1/uploads/task-1',
        headers: { 'content-type': 'application/json', authorization: 'Bearer the-callback-token' },
      });
      expect(JSON.parse(announced?.body ?? '')).toEqual({ ...PDF, size: 8, sha256: SHA256 });
      expect(put).toMatchObject({
        method: 'PUT',
        path: '/bucket/uploads/task-9/jti/digest?X-Amz-Signature=1',
        headers: { 'content-type': 'application/pdf', 'content-length': '8', 'if-none-match': '*', 'x-amz-a': 'b' },
        body: '%PDF-1.7',
      });
      expect(put?.headers).not.toHaveProperty('authorization');
      expect(put?.headers).not.toHaveProperty('transfer-encoding');
    },
  );

  test('reads the task of a short URL from the key of the object', async ({ gateway, offer, platform }) => {
    gateway.answer(offer('1'), STORED);
    const callback = new Callback(`${gateway.origin}/c/AAAAAAAAAAAAAAAAAAAAAA`, {}, platform);
    expect(await callback.upload(BYTES, PDF)).toMatchObject({ taskId: 'task-9' });
  });

  test.for([
    ['409 while another PUT is in progress', { status: 409 }],
    ['503', { status: 503 }],
    ['no answer', 'lost'],
  ] as const)('puts the same again after %s', async ([, answer], { callback, gateway, offer, waits }) => {
    gateway.answer(offer('1'), answer, STORED);
    expect(await callback.upload(BYTES, PDF)).toMatchObject({ replayed: false });
    expect(methods(gateway.requests)).toEqual(['POST', 'PUT', 'PUT']);
    expect(gateway.requests[2]).toEqual(gateway.requests[1]);
    expect(waits).toEqual([500]);
  });

  test('takes 412 for an object that is stored already', async ({ callback, gateway, offer }) => {
    gateway.answer(offer('1'), { status: 412 });
    expect(await callback.upload(BYTES, PDF)).toMatchObject({ taskId: 'task-1', replayed: true });
  });

  test('announces again for a fresh URL if the first is too old, twice at most', async ({
    callback,
    gateway,
    offer,
  }) => {
    gateway.answer(offer('1'), { status: 403 }, offer('2'), STORED);
    await callback.upload(BYTES, PDF);
    const paths = gateway.requests.filter(({ method }) => method === 'PUT').map(({ path }) => path);
    expect(paths).toEqual(['1', '2'].map((name) => `/bucket/uploads/task-9/jti/digest?X-Amz-Signature=${name}`));

    gateway.answer(offer('3'), { status: 403 }, offer('4'), { status: 403 }, offer('5'), { status: 403 }, offer('6'));
    const failure = { code: 'upload_refused', status: 403, giveUp: false };
    await expect(callback.upload(BYTES, PDF)).rejects.toMatchObject(failure);
    expect(gateway.requests).toHaveLength(4 + 6);
  });

  test('makes a fresh proof for the announcement, and none for the bytes', async ({ gateway, offer, platform }) => {
    const { privateKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign']);
    const proof = dpop({ privateJwk: { ...(await crypto.subtle.exportKey('jwk', privateKey)) } });
    const callback = new Callback(`${gateway.origin}/v1/uploads/task-1`, { token: 'a-token', proof }, platform);
    gateway.answer(refusal(503, 'unavailable'), offer('1'), STORED);
    await callback.upload(BYTES, PDF);
    const [first, second, put] = gateway.requests.map(({ headers }) => headers.dpop);
    expect(first).toEqual(expect.any(String));
    expect(second).not.toBe(first);
    expect(put).toBeUndefined();
  });

  test.for([400, 404])(
    'is refused for good by the store with %i, and can be corrected',
    async (status, { callback, gateway, offer }) => {
      gateway.answer(offer('1'), { status, body: '<Error>' }, STORED);
      const failure = { code: 'upload_refused', status, giveUp: false };
      await expect(callback.upload(BYTES, PDF)).rejects.toMatchObject(failure);
      expect(methods(gateway.requests)).toEqual(['POST', 'PUT']);
    },
  );

  test.for(['lost', { status: 503 }, { status: 403 }] as const)(
    'sends a stream once: after %j the caller needs another',
    async (answer, { callback, gateway, offer, waits }) => {
      gateway.answer(offer('1'), answer, STORED);
      const call = callback.upload(aStream(), { ...PDF, size: 8, sha256: SHA256 });
      await expect(call).rejects.toMatchObject({ name: 'CallbackError', giveUp: false });
      expect(methods(gateway.requests)).toEqual(['POST', 'PUT']);
      expect(waits).toEqual([]);
    },
  );

  test('needs the size and digest of a stream before it is read', async ({ callback, gateway }) => {
    const message = 'The stream has no size and sha256: both are announced before it is read.';
    await expect(callback.upload(aStream(), { ...PDF, size: 8 } as never)).rejects.toThrow(message);
    await expect(callback.upload(aStream(), { ...PDF, sha256: SHA256 } as never)).rejects.toThrow(message);
    await expect(callback.upload('text' as never, PDF)).rejects.toThrow('The content is string; expected bytes');
    expect(gateway.requests).toEqual([]);
  });

  test.for([
    {},
    { method: 'PUT' },
    { method: 'POST', url: 'https://a.example', headers: {} },
    { method: 'PUT', url: 'a' },
  ])('puts nothing if the answer to the announcement is %j', async (body, { callback, gateway }) => {
    gateway.answer({ status: 200, body });
    await expect(callback.upload(BYTES, PDF)).rejects.toMatchObject({ code: 'answer_invalid', giveUp: false });
    expect(gateway.requests).toHaveLength(1);
  });
});
