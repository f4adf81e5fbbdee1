import { PutObjectCommand } from '@aws-sdk/client-s3';
import { expect } from 'vitest';
import { createS3PayloadObjects } from '../../../../lambda/functions/resume/s3-payload-objects.ts';
import { test } from '../../../support/fixtures.ts';

test('an object is read byte by byte, and one that does not exist is undefined', async ({ s3 }) => {
  const objects = createS3PayloadObjects(s3.client, s3.bucket);
  const bytes = Buffer.from([0x7b, 0x22, 0xc3, 0xa9, 0x00, 0xff]);
  await s3.client.send(new PutObjectCommand({ Bucket: s3.bucket, Key: 'results/a/b/c', Body: bytes }));
  expect(await objects.read('results/a/b/c')).toEqual(new Uint8Array(bytes));
  expect(await objects.read('results/a/b/other')).toBeUndefined();
});

test('a bucket that is unavailable is an error, so that the outcome is tried again', async ({ s3, s3Proxy }) => {
  s3Proxy.inject(() => ({ kind: 'error', status: 503 }));
  const objects = createS3PayloadObjects(s3.connect({ endpoint: s3Proxy.endpoint, maxAttempts: 1 }), s3.bucket);
  await expect(objects.read('results/a/b/c')).rejects.toThrow();
});
