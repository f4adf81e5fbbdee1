import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { PutObjectCommand, type PutObjectCommandInput, S3Client } from '@aws-sdk/client-s3';
import { describe, expect } from 'vitest';
import { createS3PayloadUrls } from '../../../../lambda/shared/tables/payload-urls.ts';
import { test as base } from '../../../support/fixtures.ts';
import '../../../support/matchers.ts';
import { putTask } from '../../../support/receiver.ts';
import { NOW } from '../../../support/tokens.ts';

const test = base
  .extend('tasks', ({ s3, sender }) => sender.tasks({ payloadUrls: createS3PayloadUrls(s3.bucket, s3.connect()) }))
  /** A task whose delivery lies in the bucket, stored as something else than it was sent as. */
  .extend(
    'aLargeDelivery',
    ({ key, s3, sender }) =>
      async (
        capability: 'result' | 'failure',
        contentType: string,
        body: Uint8Array,
        metadata: Partial<PutObjectCommandInput> = {},
      ) => {
        const payloadKey = `results/${randomUUID()}/jti/sha`;
        const object = { Bucket: s3.bucket, Key: payloadKey, Body: body, ContentType: 'text/html', ...metadata };
        await s3.client.send(new PutObjectCommand(object));
        const at = new Date(NOW * 1000).toISOString();
        const payload = { contentType, size: body.length, sha256: '0'.repeat(64), receivedAt: at };
        const status = capability === 'result' ? 'succeeded' : 'failed';
        const { taskId } = await putTask(sender.store, key, {
          status,
          payloadKey,
          ...(capability === 'result' ? { result: payload } : { failure: payload }),
        });
        return taskId;
      },
  )
  .extend(
    'get',
    ({ tasks }) =>
      (taskId: string, capability: string) =>
        tasks.send({ method: 'GET', path: `/v1/tasks/${taskId}/${capability}` }),
  );

describe('a delivery in the bucket', () => {
  test.for(['result', 'failure'] as const)(
    'W3 (%s) is 303 to a URL that gives its bytes as a download of its own content type',
    async (capability, { aLargeDelivery, get }) => {
      const body = Buffer.alloc(100_000, 0xfe);
      const taskId = await aLargeDelivery(capability, 'application/pdf; name="a b.pdf"', body);
      const answer = await get(taskId, capability);
      expect(answer.status).toBe(303);
      expect(answer.body).toHaveLength(0);
      expect(answer.headers).toMatchObject({ 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' });
      const response = await fetch(answer.headers.Location ?? '');
      expect(response.status).toBe(200);
      expect(Buffer.from(await response.arrayBuffer()).equals(body)).toBe(true);
      expect(response.headers.get('content-type')).toBe('application/pdf; name="a b.pdf"');
      expect(response.headers.get('content-disposition')).toBe('attachment');
    },
  );

  test.for(['result', 'failure'] as const)(
    '(%s) is read as the bytes that are stored, whatever lies beside them in the bucket',
    async (capability, { aLargeDelivery, get }) => {
      const body = gzipSync(Buffer.alloc(1_000_000, '0'));
      const taskId = await aLargeDelivery(capability, 'text/plain', body, {
        ContentEncoding: 'gzip',
        ContentDisposition: 'inline',
        CacheControl: 'public, max-age=31536000',
      });
      const response = await fetch((await get(taskId, capability)).headers.Location ?? '');
      // A client that decoded them would see a million.
      expect(Buffer.from(await response.arrayBuffer()).equals(body)).toBe(true);
      expect(response.headers.get('content-encoding')).toBe('identity');
      expect(response.headers.get('content-disposition')).toBe('attachment');
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect(response.headers.get('content-type')).toBe('text/plain');
    },
  );

  test('is good for a minute, and for that object as that type alone', async ({ aLargeDelivery, get }) => {
    const taskId = await aLargeDelivery('result', 'text/plain', Buffer.from('x'));
    const url = new URL((await get(taskId, 'result')).headers.Location ?? '');
    expect(url.searchParams.get('X-Amz-Expires')).toBe('60');
    for (const [name, value] of [
      ['X-Amz-Expires', '3600'],
      ['response-content-type', 'text/html'],
      ['response-content-disposition', 'inline'],
      ['response-content-encoding', 'gzip'],
      ['response-cache-control', 'public'],
    ] as const) {
      const changed = new URL(url);
      changed.searchParams.set(name, value);
      expect((await fetch(changed)).status).toBe(403);
    }
  });

  test('is never in the log', async ({ aLargeDelivery, get, tasks }) => {
    const taskId = await aLargeDelivery('result', 'text/plain', Buffer.from('x'));
    const url = new URL((await get(taskId, 'result')).headers.Location ?? '');
    const signature = url.searchParams.get('X-Amz-Signature') ?? '';
    expect(signature).not.toBe('');
    expect(JSON.stringify(tasks.lines)).not.toContain(signature);
  });

  test('C7 cannot be signed for without credentials: 503', async ({ aLargeDelivery, s3, sender }) => {
    const taskId = await aLargeDelivery('result', 'text/plain', Buffer.from('x'));
    const client = new S3Client({ region: 'eu-west-1', credentials: () => Promise.reject(new Error('none')) });
    const tasks = sender.tasks({ payloadUrls: createS3PayloadUrls(s3.bucket, client) });
    expect(await tasks.send({ method: 'GET', path: `/v1/tasks/${taskId}/result` })).toBeRefusedWith('unavailable');
  });
});
