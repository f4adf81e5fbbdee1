import { describe, expect } from 'vitest';
import { Callback, type CallbackUrls, dpop, type Proof } from '../../../sdk/processor/index.ts';
import { test as base } from '../../local/start/gateway-fixtures.ts';

/** Every method of the package at a gateway of `npm start`. */

const EVERY_CALLBACK = ['result', 'failure', 'progress', 'upload'];

const test = base
  .extend('ask', ({ accessToken, ready }) => async (path: string, init: RequestInit = {}): Promise<Response> => {
    const headers = { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' };
    const response = await fetch(`${ready.gateway}${path}`, { ...init, headers });
    expect(response.status).toBeLessThan(300);
    return response;
  })
  /** Opens a task, and gives its callbacks as the sender passes them on. */
  .extend(
    'open',
    ({ ask }) =>
      async (processor: string, carrier?: string): Promise<{ taskId: string; callbacks: CallbackUrls }> => {
        const task = { processor, resource: 'invoice-1', expiresIn: 600, callbacks: EVERY_CALLBACK, carrier };
        const response = await ask('/v1/tasks', { method: 'POST', body: JSON.stringify(task) });
        return (await response.json()) as { taskId: string; callbacks: CallbackUrls };
      },
  )
  .extend(
    'proofs',
    ({ ready: { clients } }): Readonly<Record<string, Proof>> => ({
      'dpop-ocr': dpop(clients.dpop),
    }),
  );

const CASES = [
  ['path', 'acme-ocr'],
  ['header', 'header-ocr'],
  ['short', 'short-ocr'],
  ['DPoP', 'dpop-ocr'],
] as const;

describe.for(CASES)('by %s', ([, processor]) => {
  test('reports progress, and delivers the result once', async ({ ask, open, proofs }) => {
    const { callbacks, taskId } = await open(processor);
    const callback = new Callback(callbacks, { ...(proofs[processor] && { proof: proofs[processor] }) });
    expect(await callback.progress({ percent: 40, note: 'page 2' })).toMatchObject({ taskId, status: 'pending' });
    const first = await callback.deliver({ text: 'Total 42.00' }, { contentType: 'application/json' });
    expect(first).toEqual({ taskId, status: 'succeeded', receivedAt: expect.any(String), replayed: false });
    const repeat = await callback.deliver('{"text":"Total 42.00"}', { contentType: 'application/json' });
    expect(repeat).toEqual({ ...first, replayed: true });
    expect(await (await ask(`/v1/tasks/${taskId}/result`)).json()).toEqual({ text: 'Total 42.00' });
  });

  test('says that the work failed', async ({ ask, open, proofs }) => {
    const { callbacks, taskId } = await open(processor);
    const callback = new Callback(callbacks, { ...(proofs[processor] && { proof: proofs[processor] }) });
    const report = { code: 'unreadable', message: 'page 3' };
    expect(await callback.fail(report)).toMatchObject({ taskId, status: 'failed', replayed: false });
    expect(await (await ask(`/v1/tasks/${taskId}/failure`)).json()).toEqual(report);
  });

  test('takes one URL with its token', async ({ open, proofs }) => {
    const { callbacks, taskId } = await open(processor);
    const { token, url = '' } = callbacks.result ?? {};
    const callback = new Callback(url, {
      ...(token !== undefined && { token }),
      ...(proofs[processor] && { proof: proofs[processor] }),
    });
    const receipt = await callback.deliver(new Uint8Array([1, 2]), { contentType: 'application/octet-stream' });
    expect(receipt).toMatchObject({ taskId, status: 'succeeded' });
    await expect(callback.deliver('other', { contentType: 'text/plain' })).rejects.toMatchObject({
      code: 'token_replayed',
      status: 401,
      giveUp: true,
    });
  });
});

test('refuses a payload that can be corrected, and takes the correction', async ({ open }) => {
  const { callbacks } = await open('header-ocr');
  const callback = new Callback(callbacks);
  await expect(callback.deliver('{', { contentType: 'application/json' })).rejects.toMatchObject({
    code: 'payload_invalid',
    status: 422,
    giveUp: false,
  });
  expect(await callback.deliver('{}', { contentType: 'application/json' })).toMatchObject({ status: 'succeeded' });
});
