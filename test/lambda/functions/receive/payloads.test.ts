import { createHash } from 'node:crypto';
import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect } from 'vitest';
import { INLINE_LIMIT_BYTES, MAX_BODY_BYTES, MAX_UPLOAD_BYTES } from '../../../../lambda/contract/limits.ts';
import { objectKey } from '../../../../lambda/contract/tables.ts';
import type { PayloadStore } from '../../../../lambda/functions/receive/store/payload-store.ts';
import { createS3PayloadStore } from '../../../../lambda/functions/receive/store/s3-payload-store.ts';
import { offerDigest } from '../../../../lambda/shared/tables/hashed-keys.ts';
import { LOCAL_CLIENT } from '../../../support/engine.ts';
import { test as base } from '../../../support/fixtures.ts';
import '../../../support/matchers.ts';
import {
  aReceiver,
  type OpenTask,
  putTask,
  type ReceiverFixture,
  readTask,
  readUse,
} from '../../../support/receiver.ts';
import { NOW } from '../../../support/tokens.ts';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const bytesOf = (size: number, fill = 7) => new Uint8Array(size).fill(fill);

const deliverTo =
  (receiver: ReceiverFixture) =>
  (task: OpenTask, body: Uint8Array, contentType = 'application/pdf') =>
    receiver.deliver({
      path: task.path('result'),
      headers: { 'content-type': contentType, authorization: `Bearer ${task.tokens.result}` },
      body,
    });

/** Bytes of an upload, and a request to offer them. */
const bytes = bytesOf(2_000_000, 9);
const offerOf = (overrides: Record<string, unknown> = {}) => ({
  contentType: 'application/pdf',
  size: bytes.length,
  sha256: sha256(bytes),
  ...overrides,
});

const test = base
  .extend(
    'payloads',
    ({ s3 }): PayloadStore => createS3PayloadStore(s3.bucket, { ...LOCAL_CLIENT, endpoint: s3.endpoint }),
  )
  .extend('receiver', ({ key, payloads, store }) => aReceiver({ store, keys: [key], payloads }))
  .extend('deliver', ({ receiver }) => deliverTo(receiver))
  .extend('object', ({ s3 }) => async (objectKeyOf: string) => {
    const { Body, ContentType } = await s3.client.send(new GetObjectCommand({ Bucket: s3.bucket, Key: objectKeyOf }));
    return { bytes: await Body?.transformToByteArray(), contentType: ContentType };
  })
  .extend(
    'offer',
    ({ receiver }) =>
      (task: OpenTask, body: unknown = offerOf()) =>
        receiver.deliver({
          path: task.path('upload'),
          headers: { 'content-type': 'application/json', authorization: `Bearer ${task.tokens.upload}` },
          body: JSON.stringify(body),
        }),
  );

describe('a payload', () => {
  test.for([1, INLINE_LIMIT_BYTES.default])(
    'stays on the task if it has %i bytes',
    async (size, { deliver, key, store }) => {
      const task = await putTask(store, key);
      expect((await deliver(task, bytesOf(size))).status).toBe(200);
      const kept = await readTask(store, task.taskId);
      expect(Buffer.from(kept?.payload ?? [1]).equals(Buffer.from(bytesOf(size)))).toBe(true);
      expect(kept?.payloadKey).toBeUndefined();
    },
  );

  test.for([INLINE_LIMIT_BYTES.default + 1, MAX_BODY_BYTES])(
    'goes to the bucket if it has %i bytes',
    async (size, { deliver, key, object, store }) => {
      const task = await putTask(store, key);
      const bytes = bytesOf(size);
      expect((await deliver(task, bytes, 'text/plain; charset=latin1')).status).toBe(200);
      const kept = await readTask(store, task.taskId);
      expect(kept?.payload).toBeUndefined();
      expect(kept?.result).toMatchObject({ size, sha256: sha256(bytes), contentType: 'text/plain; charset=latin1' });
      expect(kept?.payloadKey).toBe(
        objectKey('result', { taskId: task.taskId, jti: task.jtis.result, digest: sha256(bytes) }),
      );
      const stored = await object(kept?.payloadKey ?? '');
      expect(Buffer.from(stored.bytes ?? []).equals(Buffer.from(bytes))).toBe(true);
    },
  );

  test('is acknowledged without a second object if it is repeated', async ({ deliver, key, s3, store }) => {
    const task = await putTask(store, key);
    await deliver(task, bytesOf(5_000));
    const again = await deliver(task, bytesOf(5_000));
    expect(again.headers['Idempotency-Replayed']).toBe('true');
    expect(s3.events.filter(({ detail }) => JSON.stringify(detail).includes(task.taskId))).toHaveLength(1);
  });

  test('C6 is a replay with a used token, and the task points to the first payload', async ({
    deliver,
    key,
    store,
  }) => {
    const task = await putTask(store, key);
    await deliver(task, bytesOf(5_000));
    expect(await deliver(task, bytesOf(5_000, 8))).toBeRefusedWith('token_replayed');
    expect((await readTask(store, task.taskId))?.payloadKey).toContain(sha256(bytesOf(5_000)));
  });

  test('has a separate object even if sameBy counts it as the same', async ({ key, object, receiver, store }) => {
    const task = await putTask(store, key, { processor: 'keyed-ocr' });
    const keyed = (fill: number) =>
      receiver.deliver({
        path: task.path('result'),
        headers: { 'idempotency-key': 'one', authorization: `Bearer ${task.tokens.result}` },
        body: bytesOf(5_000, fill),
      });
    await keyed(1);
    expect((await keyed(2)).headers['Idempotency-Replayed']).toBe('true');
    const kept = await readTask(store, task.taskId);
    expect(kept?.result?.sha256).toBe(sha256(bytesOf(5_000, 1)));
    expect(sha256((await object(kept?.payloadKey ?? '')).bytes ?? new Uint8Array())).toBe(kept?.result?.sha256);
  });

  test('H4 answers 503 and leaves token and task unused if the bucket does not answer', async ({
    key,
    payloads,
    store,
  }) => {
    const task = await putTask(store, key);
    const refusing: PayloadStore = { ...payloads, put: () => Promise.reject(new Error('timeout')) };
    const deliver = deliverTo(aReceiver({ store, keys: [key], payloads: refusing }));
    expect(await deliver(task, bytesOf(5_000))).toBeRefusedWith('unavailable');
    expect(await readUse(store, task.jtis.result)).toBeUndefined();
    expect(await readTask(store, task.taskId)).toMatchObject({ status: 'pending', sequence: 1 });
  });
});

describe('an upload', () => {
  interface Presigned {
    readonly method: string;
    readonly url: string;
    readonly headers: Record<string, string>;
    readonly expiresAt: string;
  }

  test('is offered a presigned PUT of exactly these bytes, and S3 takes nothing else', async ({
    key,
    offer,
    s3,
    store,
  }) => {
    const task = await putTask(store, key);
    const answer = await offer(task);
    expect(answer.status).toBe(200);
    const { expiresAt, headers, method, url } = answer.json as Presigned;
    expect(method).toBe('PUT');
    expect(expiresAt).toBe(new Date((NOW + 900) * 1000).toISOString());
    // Sorted by name, as S3 sorts them. A caller with the URL may choose every header that is not in the list.
    expect(new URL(url).searchParams.get('X-Amz-SignedHeaders')).toBe(
      'cache-control;content-encoding;content-length;content-type;host;if-none-match;x-amz-checksum-sha256',
    );
    expect(headers).toEqual({
      'Content-Type': 'application/pdf',
      'Content-Length': '2000000',
      'Content-Encoding': 'identity',
      'Cache-Control': 'no-store',
      'If-None-Match': '*',
      'x-amz-checksum-sha256': Buffer.from(sha256(bytes), 'hex').toString('base64'),
    });
    const { 'Content-Length': _, ...others } = headers;
    const put = async (body: Uint8Array, more: Record<string, string> = {}) => {
      const sent = new Headers({ ...others, ...more });
      for (const [name, value] of Object.entries(more)) if (value === '') sent.delete(name);
      const answer = await fetch(url, { method, headers: sent, body: new Blob([body as Uint8Array<ArrayBuffer>]) });
      return [answer.status, /<Code>(\w+)<\/Code>/.exec(await answer.text())?.[1]];
    };
    const otherRequest = [403, 'SignatureDoesNotMatch'];
    expect(await put(bytesOf(2_000_000, 1))).toEqual([400, 'BadDigest']);
    // Another length is another request, before a byte of it is looked at.
    expect(await put(bytes.subarray(1))).toEqual(otherRequest);
    expect(await put(bytes, { 'Content-Type': 'text/html' })).toEqual(otherRequest);
    for (const encoding of ['gzip', 'identity, gzip', 'br', '']) {
      expect([encoding, ...(await put(bytes, { 'Content-Encoding': encoding }))]).toEqual([encoding, ...otherRequest]);
    }
    for (const caching of ['public', '']) {
      expect([caching, ...(await put(bytes, { 'Cache-Control': caching }))]).toEqual([caching, ...otherRequest]);
    }
    for (const condition of ['"etag"', '']) {
      expect([condition, ...(await put(bytes, { 'If-None-Match': condition }))]).toEqual([condition, ...otherRequest]);
    }
    expect(await put(bytes, { 'x-amz-meta-a': 'b' })).toEqual([403, 'AccessDenied']);
    expect(await put(bytes)).toEqual([200, undefined]);
    expect(await put(bytes)).toEqual([412, 'PreconditionFailed']);
    const head = await s3.client.send(
      new HeadObjectCommand({
        Bucket: s3.bucket,
        Key: objectKey('upload', { taskId: task.taskId, jti: task.jtis.upload, digest: offerDigest(offerOf()) }),
        ChecksumMode: 'ENABLED',
      }),
    );
    expect(head).toMatchObject({ ContentLength: bytes.length, ContentType: 'application/pdf' });
    expect(Buffer.from(head.ChecksumSHA256 ?? '', 'base64').toString('hex')).toBe(sha256(bytes));
  });

  test('is written down on the task, which stays open and says nothing of it', async ({ key, offer, store }) => {
    const task = await putTask(store, key);
    await offer(task);
    expect(await readTask(store, task.taskId)).toMatchObject({
      status: 'pending',
      uploads: { [offerDigest(offerOf())]: { ...offerOf(), jti: task.jtis.upload } },
      change: 'uploadOffered',
      sequence: 1,
      revision: 1,
    });
  });

  test('gets a fresh URL for a repeated offer without counting it, and refuses after the last use', async ({
    key,
    offer,
    store,
  }) => {
    const task = await putTask(store, key);
    const path = (answer: Awaited<ReturnType<typeof offer>>) => new URL((answer.json as Presigned).url).pathname;
    const first = await offer(task);
    const again = await offer(task);
    expect(again.headers['Idempotency-Replayed']).toBe('true');
    expect(path(again)).toBe(path(first));
    for (const size of [2, 3]) expect((await offer(task, offerOf({ size }))).status).toBe(200);
    expect(await offer(task, offerOf({ size: 4 }))).toBeRefusedWith('token_exhausted');
    expect(await readUse(store, task.jtis.upload)).toMatchObject({ uses: 3 });
  });

  test.for(['cancelled', 'succeeded', 'expired'] as const)(
    'gets no fresh URL if it is offered again after the task was %s',
    async (status, { key, offer, store }) => {
      const task = await putTask(store, key);
      await offer(task);
      await store.client.send(
        new UpdateItemCommand({
          TableName: store.tasksTable,
          Key: { taskId: { S: task.taskId } },
          UpdateExpression: 'SET #status = :status',
          ExpressionAttributeNames: { '#status': 'status' },
          ExpressionAttributeValues: { ':status': { S: status } },
        }),
      );
      const codes = { cancelled: 'token_revoked', succeeded: 'task_closed', expired: 'token_expired' } as const;
      expect(await offer(task)).toBeRefusedWith(codes[status]);
    },
  );

  test.for([1, MAX_UPLOAD_BYTES])('may have %i bytes', async (size, { key, offer, store }) => {
    expect((await offer(await putTask(store, key), offerOf({ size }))).status).toBe(200);
  });

  test('gets a signed value for every part of the request', async ({ key, offer, store }) => {
    const answer = await offer(await putTask(store, key), { contentType: 'text/html', size: 0, sha256: '', key: 'x' });
    expect((answer.json as { errors: unknown }).errors).toEqual([
      { pointer: '/contentType', detail: expect.stringContaining('text/plain, application/pdf') },
      { pointer: '/size', detail: `must be a whole number of bytes from 1 to ${MAX_UPLOAD_BYTES}` },
      { pointer: '/sha256', detail: 'must be 64 lower-case hex digits' },
      { pointer: '/key', detail: 'is not a property of this form: take it out' },
    ]);
  });

  test('has a URL that never outlives the token', async ({ key, offer, receiver, store }) => {
    const task = await putTask(store, key);
    receiver.at(NOW + 3_600 - 60);
    const { expiresAt, url } = (await offer(task)).json as Presigned;
    expect(expiresAt).toBe(new Date((NOW + 3_600) * 1000).toISOString());
    expect(new URL(url).searchParams.get('X-Amz-Expires')).toBe('60');
    receiver.at(NOW + 3_600 + 60);
    expect(await offer(task)).toBeRefusedWith('token_expired');
  });

  test.for([
    ['/contentType', { contentType: 'text/html' }],
    ['/contentType', { contentType: 'application/pdf\r\nx: y' }],
    ['/contentType', { contentType: undefined }],
    ['/contentType', { contentType: ' application/pdf' }],
    ['/contentType', { contentType: 'application/pdf ' }],
    ['/size', { size: 0 }],
    ['/size', { size: MAX_UPLOAD_BYTES + 1 }],
    ['/size', { size: 1.5 }],
    ['/sha256', { sha256: 'A'.repeat(64) }],
    ['/sha256', { sha256: 'a'.repeat(63) }],
    ['/sha256', { sha256: 'a'.repeat(65) }],
    ['/sha256', { sha256: `x${'a'.repeat(64)}` }],
    ['/key', { key: 'uploads/elsewhere' }],
  ] as const)('H3 gets 422 for another form of %s', async ([pointer, overrides], { key, offer, store }) => {
    const task = await putTask(store, key);
    const answer = await offer(task, offerOf(overrides));
    expect(answer).toBeRefusedWith('payload_invalid');
    expect((answer.json as { errors: unknown }).errors).toMatchObject([{ pointer }]);
    expect(await readUse(store, task.jtis.upload)).toBeUndefined();
  });
});
