import { createHash, randomUUID } from 'node:crypto';
import { test as base, describe, expect } from 'vitest';
import { SYSTEM_CLOCK } from '../../../cli/conformance/clock.ts';
import { inOrder, noFault } from '../../../cli/conformance/gateway/fault.ts';
import { type KitGateway, startKitGateway } from '../../../cli/conformance/gateway/kit-gateway.ts';
import { createS3PayloadStore } from '../../../lambda/functions/receive/store/s3-payload-store.ts';
import { runOptions } from '../../support/conformance/kit.ts';

const { contentTypes } = runOptions({ start: new URL('http://127.0.0.1') });

const test = base.extend('gateway', async ({}, { onCleanup }): Promise<KitGateway> => {
  const gateway = await startKitGateway({
    port: 0,
    carrier: 'header',
    contentTypes,
    proof: { kind: 'none' },
    clock: SYSTEM_CLOCK,
    idleMilliseconds: 60_000,
  });
  onCleanup(() => gateway.stop());
  return gateway;
});

const PENDING = { processor: 'plain', capabilities: ['result', 'upload'], state: 'pending' } as const;

/** Delivers a text as a result. */
const deliver = (
  { token, url }: { readonly token?: string; readonly url: string },
  body: string | Uint8Array<ArrayBuffer> = 'page 1',
) => fetch(url, { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'text/plain' }, body });

interface Offered {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

const offerOf = (bytes: Uint8Array) => ({
  contentType: 'application/pdf',
  size: bytes.length,
  sha256: createHash('sha256').update(bytes).digest('hex'),
});

/** Announces an object. */
const announce = (callback: { readonly token?: string; readonly url: string } | undefined, offer: object) =>
  fetch(`${callback?.url}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${callback?.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(offer),
  });

describe('the gateway that the kit plays', () => {
  test('answers a delivery, its repeat and a replay as a gateway does', async ({ gateway }) => {
    const { callbacks, taskId } = await gateway.open(PENDING, noFault, () => {});
    const result = callbacks.result as NonNullable<typeof callbacks.result>;
    const recorded = await deliver(result);
    expect([recorded.status, await recorded.json()]).toEqual([
      200,
      { taskId, status: 'succeeded', receivedAt: expect.any(String) },
    ]);
    const repeat = await deliver(result);
    expect([repeat.status, repeat.headers.get('idempotency-replayed')]).toEqual([200, 'true']);
    const replay = await deliver(result, 'page 2');
    expect(replay.status).toBe(401);
    expect(replay.headers.get('www-authenticate')).toBe(`Bearer realm="${gateway.origin}", error="invalid_token"`);
    expect(replay.headers.get('content-type')).toBe('application/problem+json');
    expect(await replay.json()).toMatchObject({
      type: `${gateway.origin}/problems/token_replayed`,
      code: 'token_replayed',
      requestId: replay.headers.get('x-request-id'),
    });
  });

  test('answers 503 with the Retry-After of a gateway, and does not use the token up', async ({ gateway }) => {
    const task = await gateway.open(PENDING, inOrder({ kind: 'unavailable' }), () => {});
    const result = task.callbacks.result as NonNullable<typeof task.callbacks.result>;
    const refused = await deliver(result);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '2']);
    expect((await deliver(result)).status).toBe(200);
    expect(task.exchanges.map(({ answer }) => answer.isPlanned)).toEqual([true, false]);
  });

  test('plays no fault on a delivery that a gateway refuses', async ({ gateway }) => {
    const task = await gateway.open(PENDING, inOrder({ kind: 'lost' }), () => {});
    const result = task.callbacks.result as NonNullable<typeof task.callbacks.result>;
    expect((await deliver(result, '')).status).toBe(422);
    await expect(deliver(result)).rejects.toThrow();
    expect((await deliver(result)).headers.get('idempotency-replayed')).toBe('true');
  });

  test.for([
    ['another path', { path: '/v1/nothing' }, 404, 'not_found'],
    ['another method', { method: 'PUT' }, 405, 'method_not_allowed'],
    ['another content type', { type: 'image/x-unknown' }, 415, 'content_type_refused'],
    ['no token', { token: '' }, 401, 'token_missing'],
  ] as const)('refuses %s as a gateway does', async ([, change, status, code], { gateway }) => {
    const { callbacks } = await gateway.open(PENDING, noFault, () => {});
    const given = { method: 'POST', type: 'text/plain', token: callbacks.result?.token, path: undefined, ...change };
    const answer = await fetch(
      given.path === undefined ? `${callbacks.result?.url}` : `${gateway.origin}${given.path}`,
      {
        method: given.method,
        headers: { 'content-type': given.type, ...(given.token && { authorization: `Bearer ${given.token}` }) },
        body: 'page 1',
      },
    );
    expect([answer.status, await answer.json()]).toEqual([status, expect.objectContaining({ code })]);
  });

  test('takes 1,048,576 bytes, and refuses one more as the load balancer does', async ({ gateway }) => {
    const open = async () => (await gateway.open(PENDING, noFault, () => {})).callbacks.result as { url: string };
    expect((await deliver(await open(), Buffer.alloc(1_048_576))).status).toBe(200);
    const refused = await deliver(await open(), Buffer.alloc(1_048_577));
    expect([refused.status, refused.headers.get('content-type')]).toEqual([413, 'text/html']);
  });

  test('offers an upload with the headers and the query of a real presigned URL', async ({ gateway }) => {
    const { callbacks } = await gateway.open(PENDING, noFault, () => {});
    const bytes = Buffer.from('%PDF-1.7');
    const offer = offerOf(bytes);
    const offered = (await (await announce(callbacks.upload, offer)).json()) as Offered;
    const real = await createS3PayloadStore('bucket', {
      region: 'eu-west-1',
      credentials: { accessKeyId: 'id', secretAccessKey: randomUUID() },
    }).presignUpload({ ...offer, jti: 'jti', key: 'key' }, 900);
    expect(offered.headers).toEqual(real.headers);
    const parameters = (url: string) => new URL(url).searchParams;
    expect(parameters(offered.url).get('X-Amz-SignedHeaders')).toBe(parameters(real.url).get('X-Amz-SignedHeaders'));
    const put = () => fetch(offered.url, { method: 'PUT', headers: offered.headers, body: bytes });
    expect([(await put()).status, (await put()).status]).toEqual([200, 412]);
  });

  test('acknowledges an announcement that comes again, and counts others up to three', async ({ gateway }) => {
    const { callbacks } = await gateway.open(PENDING, noFault, () => {});
    const answers = [];
    for (const text of ['1', '1', '2', '3', '4'])
      answers.push(await announce(callbacks.upload, offerOf(Buffer.from(text))));
    expect(answers.map(({ headers }) => headers.get('idempotency-replayed'))).toEqual([null, 'true', null, null, null]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 401]);
    expect(await answers.at(-1)?.json()).toMatchObject({ code: 'token_exhausted' });
  });

  test('takes no object with a header that describes it, and closes the task for the right one', async ({
    gateway,
  }) => {
    const { callbacks } = await gateway.open(PENDING, noFault, () => {});
    const bytes = Buffer.from('%PDF-1.7');
    const again = () => announce(callbacks.upload, offerOf(bytes));
    const { headers, url } = (await (await again()).json()) as Offered;
    const put = (more: Record<string, string>) =>
      fetch(url, { method: 'PUT', headers: { ...headers, ...more }, body: bytes });
    expect((await put({ 'content-disposition': 'inline' })).status).toBe(200);
    expect((await again()).status).toBe(200);
    expect((await put({})).status).toBe(200);
    const closed = await again();
    expect([closed.status, await closed.json()]).toEqual([409, expect.objectContaining({ code: 'task_closed' })]);
  });
});
